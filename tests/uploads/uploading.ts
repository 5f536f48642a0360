import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ConnectForm, Connection } from "#contract/connections.ts";
import type { BandId } from "#contract/ids.ts";
import type { Upload, UploadTarget } from "#contract/uploads.ts";
import { handlers } from "#server/worker.ts";
import type { Answer, Browser } from "#tests/auth/browser.ts";
import { annasServer, signIn, type World } from "#tests/auth/people.ts";
import { createTestFolder, type TestDeps, type TestDepsOptions } from "#tests/support/deps.ts";
import { generatedBytes } from "#tests/support/fault-tree.ts";

export const BYTES = "application/offset+octet-stream";

export interface Uploading extends World {
  readonly bandId: BandId;
  readonly tus: Tus;
}

export interface OnDisk extends Uploading {
  /** What is connected. */
  readonly folder: string;
  readonly connection: Connection;
}

/** Anna is signed in, and has no storage yet. */
export async function annasBand(
  options: TestDepsOptions = {},
  replicaCount = 1,
): Promise<Uploading> {
  const world = await annasServer(replicaCount, options);
  await signIn(world.browser, world.anna);
  const { data } = await world.browser.query("auth.me");
  const { personalBandId: bandId } = data as { personalBandId: BandId };
  return { ...world, bandId, tus: createTus(world.browser, world.replicas[0].baseUrl) };
}

/** Anna's band keeps its recordings in a folder of the server. */
export async function annasFolder(
  options: TestDepsOptions = {},
  replicaCount = 1,
): Promise<OnDisk> {
  const folder = await createTestFolder();
  const environment = { FOLDER_ROOTS: folder, ...options.environment };
  const world = await annasBand({ ...options, environment }, replicaCount);
  const connection = await connect(world, { provider: "folder", folder });
  return { ...world, folder, connection };
}

/** Connects a storage at its top, and scans it. */
export async function connect(
  { browser, bandId, deps }: Pick<Uploading, "browser" | "bandId" | "deps">,
  form: ConnectForm,
): Promise<Connection> {
  const made = dataOf(await browser.mutate("connections.create", { bandId, form })) as Connection;
  const choice = { connectionId: made.id, folder: null };
  const chosen = dataOf(await browser.mutate("connections.setRoot", choice)) as Connection;
  await runJobs(deps);
  return chosen;
}

export async function runJobs(deps: TestDeps): Promise<void> {
  while (await deps.jobs.runNext(deps, handlers, AbortSignal.timeout(60_000)));
}

export function dataOf({ status, data, text }: Answer): unknown {
  if (status !== 200) throw new Error(`${status} ${text}`);
  return data;
}

export interface Created {
  readonly bandId: BandId;
  readonly filename: string;
  readonly modified?: string;
  readonly sizeBytes: number;
}

/** A client of uploads, as a browser would be one. */
export interface Tus {
  create(wanted: Created, headers?: Record<string, string>): Promise<Answer>;
  head(path: string): Promise<Answer>;
  patch(
    path: string,
    offset: number,
    body: Buffer | ReadableStream<Uint8Array>,
    init?: RequestInit,
  ): Promise<Answer>;
  remove(path: string): Promise<Answer>;
  /** Everything at once. @returns the upload's path, and what the last byte was answered with. */
  send(wanted: Omit<Created, "sizeBytes">, bytes: Buffer): Promise<{ path: string; last: Answer }>;
  list(bandId: BandId): Promise<Upload[]>;
  target(bandId: BandId): Promise<UploadTarget>;
  /** The same person in front of another server. */
  at(baseUrl: string): Tus;
}

const encode = (text: string): string => Buffer.from(text).toString("base64");

export const metadataOf = ({ bandId, filename, modified }: Omit<Created, "sizeBytes">): string =>
  [
    `bandId ${encode(bandId)}`,
    `filename ${encode(filename)}`,
    ...(modified === undefined ? [] : [`modified ${encode(modified)}`]),
  ].join(",");

export function createTus(browser: Browser, baseUrl: string): Tus {
  let csrf: Promise<string> | undefined;
  const ask = async (method: string, path: string, init: RequestInit = {}): Promise<Answer> => {
    csrf ??= browser.csrfToken();
    return browser.fetch(path, {
      ...init,
      method,
      headers: {
        "tus-resumable": "1.0.0",
        "x-csrf-token": await csrf,
        origin: baseUrl,
        ...(init.headers as Record<string, string> | undefined),
      },
    });
  };
  const tus: Tus = {
    create: ({ sizeBytes, ...wanted }, headers) =>
      ask("POST", "/uploads", {
        headers: {
          "upload-length": String(sizeBytes),
          "upload-metadata": metadataOf(wanted),
          ...headers,
        },
      }),
    head: (path) => ask("HEAD", path),
    patch: (path, offset, body, { headers, ...init } = {}) =>
      ask("PATCH", path, {
        ...init,
        body: body as RequestInit["body"],
        headers: {
          "content-type": BYTES,
          "upload-offset": String(offset),
          ...(headers as Record<string, string> | undefined),
        },
        ...(body instanceof ReadableStream ? { duplex: "half" } : {}),
      } as RequestInit),
    remove: (path) => ask("DELETE", path),
    async send(wanted, bytes) {
      const path = pathOf(await tus.create({ ...wanted, sizeBytes: bytes.length }));
      return { path, last: await tus.patch(path, 0, bytes) };
    },
    list: async (bandId) => dataOf(await browser.query("uploads.list", { bandId })) as Upload[],
    target: async (bandId) =>
      dataOf(await browser.query("uploads.target", { bandId })) as UploadTarget,
    at: (other) => createTus(browser.at(other), other),
  };
  return tus;
}

/** @throws Error when it was not created. */
export function pathOf({ status, headers, text }: Answer): string {
  const path = headers.get("location");
  if (status !== 201 || path === null) throw new Error(`${status} ${text}`);
  return path;
}

export const offsetOf = ({ headers }: Answer): number =>
  Number(headers.get("upload-offset") ?? Number.NaN);

/** Other bytes for each seed. */
export const recording = (sizeBytes: number, seed = 0): Buffer =>
  sizeBytes === 0 ? Buffer.alloc(0) : Buffer.from(generatedBytes(seed, seed + sizeBytes - 1));

export const hashOf = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

/** Every file below a folder, hidden ones too, by path. */
export async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}

export const fileHash = async (folder: string, path: string): Promise<string> =>
  hashOf(await readFile(join(folder, path)));
