import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createEgress } from "#server/base/egress/client.ts";
import { createPace } from "#server/library/pace.ts";
import type { Storage, StorageIo } from "#server/storage/provider.ts";
import { s3 } from "#server/storage/s3/index.ts";
import type { Page } from "#server/storage/stored.ts";
import { webdav } from "#server/storage/webdav/index.ts";
import { hasSwift, type SwiftBucket, startSwift } from "#tests/support/swift.ts";
import { startApache } from "#tests/support/webdav-servers.ts";
import { type Figure, ms, ratio } from "./table.ts";

const FILES_A_FOLDER = 20;
const ROUNDS = 3;
/** As a scan asks. */
const PACE = { start: 6, most: 32, tries: 3, patienceMs: 0, firstWaitMs: 500 };
const TARGETS: Readonly<Record<number, number>> = { 10000: 15, 100000: 25 };

/**
 * Whole trees listed as a scan lists them, without writing anything down, beside rclone at the same
 * servers. Debian's rclone 1.60 asks 100 times a second at most: that, and not work, holds it up.
 */
export async function benchListing(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const files of [10_000, 100_000]) figures.push(...(await benchWebdav(files)));
  return [...figures, ...(await benchS3(10_000))];
}

async function benchWebdav(files: number): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), "backline-bench-listing-"));
  await fill(folder, files);
  const apache = await startApache(folder);
  try {
    const { url, username, password } = apache;
    const pass = await obscure(password);
    const remote = `:webdav,url="${url}",vendor=other,user=${username},pass=${pass}:`;
    const rcloneMs = await timeRclone(remote, files);
    const credential = { url, username, password, dialect: "plain", product: null } as const;
    const ours = await timeBest((io) => webdav.attach({}, credential, io), files, walk);
    return compare(`WebDAV, Apache, ${files} files`, rcloneMs, ours, TARGETS[files]);
  } finally {
    await apache.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** OpenStack Swift by its S3 interface, which both ask for a thousand keys at a time. */
async function benchS3(files: number): Promise<Figure[]> {
  if (!hasSwift) return [{ what: "S3", measured: "OpenStack Swift is not installed" }];
  const swift = await startSwift();
  try {
    const { endpoint, accessKeyId, secretAccessKey } = swift;
    const bucket = await swift.createBucket();
    await fillBucket(bucket, files);
    const keys = `access_key_id="${accessKeyId}",secret_access_key="${secretAccessKey}"`;
    const how = "provider=Other,region=us-east-1,force_path_style=true,list_version=2";
    const remote = `:s3,${how},${keys},endpoint="${endpoint}":${bucket.name}`;
    const rcloneMs = await timeRclone(remote, files);
    const credential = {
      ...{ endpoint: `${endpoint}/`, region: "us-east-1", bucket: bucket.name },
      ...{ accessKeyId, secretAccessKey, isPathStyle: true, product: null },
    };
    const ours = await timeBest((io) => s3.attach({}, credential, io), files, listAtOnce);
    return compare(`S3, OpenStack Swift, ${files} files`, rcloneMs, ours);
  } finally {
    await swift.stop();
  }
}

async function fillBucket(bucket: SwiftBucket, files: number): Promise<void> {
  let next = 0;
  const fillOn = async (): Promise<void> => {
    while (next < files) {
      const n = next++;
      const album = Math.floor(n / FILES_A_FOLDER);
      const key = `Artist ${album % 50}/Album ${album}/${(n % FILES_A_FOLDER) + 1} Take.mp3`;
      await bucket.put(key, Buffer.from("x"));
    }
  };
  await Promise.all(Array.from({ length: 8 }, fillOn));
}

const compare = (what: string, rcloneMs: number, ours: Walk, target?: number): Figure[] => {
  const against = rcloneMs / ours.tookMs;
  return [
    { what: `${what}: rclone lsjson -R --fast-list`, measured: ms(rcloneMs) },
    {
      what: `${what}: ours, ${ours.requests} requests`,
      measured: `${ms(ours.tookMs)} = ${ratio(against)} as fast`,
      ...(target === undefined ? {} : { target: `≥ ${target} ×`, isMet: against >= target }),
    },
  ];
};

/** Small files under many names: what is in them does not change a listing. */
async function fill(folder: string, files: number): Promise<void> {
  for (let album = 0; album < files / FILES_A_FOLDER; album += 1) {
    const at = join(folder, `Artist ${album % 50}`, `Album ${album}`);
    await mkdir(at, { recursive: true });
    await Promise.all(
      Array.from({ length: FILES_A_FOLDER }, (_, n) =>
        writeFile(join(at, `${n + 1} Take.mp3`), "x"),
      ),
    );
  }
}

interface Walk {
  readonly tookMs: number;
  readonly requests: number;
}

type Attach = (io: StorageIo) => Storage;

/** How a scan lists it. @returns how many files it found. */
type Way = (storage: Storage, signal: AbortSignal) => Promise<number>;

/** A server that has run for a while: the best of some, as whoever is the peer is compiled already. */
async function timeBest(attach: Attach, files: number, way: Way): Promise<Walk> {
  const walks: Walk[] = [];
  for (let round = 0; round < ROUNDS; round += 1) walks.push(await timeWalk(attach, files, way));
  return walks.reduce((best, each) => (each.tookMs < best.tookMs ? each : best));
}

async function timeWalk(attach: Attach, files: number, way: Way): Promise<Walk> {
  const egress = createEgress({ allow: [], allowLoopback: true });
  let requests = 0;
  const counting = {
    ...egress,
    request: (...asked: Parameters<typeof egress.request>) => {
      requests += 1;
      return egress.request(...asked);
    },
  };
  const { signal } = new AbortController();
  const storage = attach({ egress: counting, now: () => new Date(), signal });
  const startedMs = performance.now();
  const found = await way(storage, signal);
  const tookMs = performance.now() - startedMs;
  await egress.close();
  if (found !== files) throw new Error(`Found ${found} of ${files} files.`);
  return { tookMs, requests };
}

async function walk(storage: Storage, signal: AbortSignal): Promise<number> {
  const pace = createPace({ ...PACE, signal });
  let found = 0;
  const list = async (folder: string | null, cursor: string | null): Promise<void> => {
    const { entries, next } = await pace.ask(() => storage.list(folder, cursor));
    const below = entries.filter(({ kind }) => kind === "folder");
    found += entries.length - below.length;
    await Promise.all([
      ...below.map(({ ref }) => list(ref, null)),
      ...(next === null ? [] : [list(folder, next)]),
    ]);
  };
  await list(null, null);
  return found;
}

/** Where a storage lists all that lies below a folder. */
async function listAtOnce(storage: Storage): Promise<number> {
  let found = 0;
  for (let cursor: string | null = null; ; ) {
    const page: Page | undefined = await storage.listDeep?.(null, cursor);
    if (!page) throw new Error("This storage does not.");
    found += page.entries.filter(({ kind }) => kind === "file").length;
    if (page.next === null) return found;
    cursor = page.next;
  }
}

const run = promisify(execFile);

async function obscure(password: string): Promise<string> {
  return (await run("rclone", ["obscure", password])).stdout.trim();
}

async function timeRclone(remote: string, files: number): Promise<number> {
  const startedMs = performance.now();
  const { stdout } = await run(
    "rclone",
    ["lsjson", "-R", "--fast-list", "--files-only", "--config", "/dev/null", remote],
    // Nothing of AWS's variables: rclone would take them for its own.
    { maxBuffer: 1024 * 1024 * 1024, timeout: 300_000, env: { PATH: process.env.PATH } },
  );
  const tookMs = performance.now() - startedMs;
  const found = (JSON.parse(stdout) as unknown[]).length;
  if (found !== files) throw new Error(`rclone found ${found} of ${files} files.`);
  return tookMs;
}
