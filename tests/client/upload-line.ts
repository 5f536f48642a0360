import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { setTimeout } from "node:timers/promises";
import { expect } from "vitest";
import type { Upload, UploadState } from "#contract/uploads.ts";
import { type Backline, createBackline } from "#sdk/index.ts";
import { createTestFolder } from "#tests/support/deps.ts";
import { ADMIN, type TestServerOptions } from "#tests/support/server.ts";
import { annasServer, type World } from "#tests/support/world.ts";

/** What the folder of a server takes at once. */
export const PART_BYTES = 4 * 1024 * 1024;

/** What becomes of the next request of this method; the server's own answer when it returns `null`. */
export type Mishap = (input: string, init: RequestInit) => Promise<Response | null>;

export interface Tape {
  readonly bytes: Buffer;
  readonly file: Blob;
  readonly name: string;
}

export const tape = (sizeBytes: number, name = "Take 1.wav"): Tape => {
  const bytes = randomBytes(sizeBytes);
  return { bytes, file: new Blob([bytes]), name };
};

/** Anna's band in a folder of the server, and her program, whose line breaks where a test says. */
export async function annasLine(options: TestServerOptions = {}) {
  const folder = await createTestFolder();
  const world = await annasServer({ ...options, environment: { FOLDER_ROOTS: folder } });
  const { anna, bandId } = world;
  const form = { provider: "folder", folder } as const;
  const { id: connectionId } = await anna.api.connections.create.mutate({ bandId, form });
  await anna.api.connections.setRoot.mutate({ connectionId, folder: null });
  await anna.api.uploads.setPattern.mutate({ bandId, pattern: "" });

  const asked: string[] = [];
  const mishaps = new Map<string, Mishap[]>();
  const waits: number[] = [];
  const program = createBackline({
    baseUrl: world.server.baseUrl,
    async fetch(input, init = {}) {
      const { method = "GET" } = init;
      const { pathname } = new URL(String(input));
      const offset = new Headers(init.headers).get("upload-offset");
      if (pathname.startsWith("/uploads")) asked.push([method, offset].join(" ").trim());
      else if (!pathname.endsWith("/auth.csrf")) asked.push(pathname.replace("/trpc/", ""));
      const mishap = mishaps.get(method)?.shift();
      return (await mishap?.(String(input), init)) ?? fetch(input, init);
    },
  });
  const { email, password } = ADMIN;
  await program.api.auth.signIn.mutate({ email, password, rememberMe: false });
  asked.length = 0;
  return {
    ...{ world, folder, program, asked, waits, bandId },
    /** One after the other, to as many requests. */
    meet: (method: string, ...some: Mishap[]) => void mishaps.set(method, some),
    upload: (what: Tape, more: Partial<Parameters<Backline["uploadFile"]>[0]> = {}) =>
      program.uploadFile({
        ...{ bandId, file: what.file, name: what.name },
        async wait(delayMs) {
          waits.push(delayMs);
          await setTimeout(20);
        },
        ...more,
      }),
  };
}

export const asUsual: Mishap = async () => null;

export const noNetwork: Mishap = async () => {
  throw new TypeError("There is no network.");
};

/** The server does what it is asked, and nobody hears of it. */
export const answerLost: Mishap = async (input, init) => {
  await fetch(input, init);
  throw new TypeError("The line is dead.");
};

/** The server says of every upload that it is so. */
export const listedAs =
  (state: UploadState, message: string | null): Mishap =>
  async (input, init) => {
    const [answer] = await (await fetch(input, init)).json();
    const data = answer.result.data.map((each: Upload) => ({ ...each, state, message }));
    return Response.json([{ result: { data } }]);
  };

export const busyFor =
  (retryAfterSeconds: number): Mishap =>
  async () =>
    Response.json({ code: "busy", message: "Not now.", retryAfterSeconds }, { status: 503 });

export const odd =
  (status: number): Mishap =>
  async () =>
    new Response("<h1>It is the proxy that speaks.</h1>", { status });

/** How long the bodies of requests are. */
export const measure =
  (sent: number[]): Mishap =>
  async (_, { body }) => {
    sent.push((body as Blob).size);
    return null;
  };

/** Something in between takes no more than that. */
export const narrow =
  (mostBytes: number, sent: number[]): Mishap =>
  async (input, init) => {
    await measure(sent)(input, init);
    return (init.body as Blob).size > mostBytes ? odd(413)(input, init) : null;
  };

/** A PATCH whose body is sent by hand. */
async function openPatch(input: string, init: RequestInit) {
  const body = Buffer.from(await (init.body as Blob).arrayBuffer());
  const headers = Object.fromEntries(new Headers(init.headers));
  const sending = request(input, {
    method: "PATCH",
    headers: { ...headers, "content-length": body.length },
  });
  return { body, sending };
}

/** Takes so long over the body. */
export const slowly =
  (durationMs: number): Mishap =>
  async (input, init) => {
    const { body, sending } = await openPatch(input, init);
    const half = Math.floor(body.length / 2);
    sending.write(body.subarray(0, half));
    await setTimeout(durationMs);
    sending.end(body.subarray(half));
    const [answer]: IncomingMessage[] = await once(sending, "response");
    answer?.resume();
    const offset = String(answer?.headers["upload-offset"]);
    return new Response(null, {
      status: answer?.statusCode ?? 0,
      headers: { "upload-offset": offset },
    });
  };

/** Sends so many bytes, and hangs up once the server has put all whole parts of them away. */
export const cutAfter =
  ({ anna, bandId }: World, bytes: number): Mishap =>
  async (input, init) => {
    const { body, sending } = await openPatch(input, init);
    sending.on("error", () => {});
    sending.write(body.subarray(0, bytes));
    const whole = bytes - (bytes % PART_BYTES);
    await expect
      .poll(async () => (await anna.api.uploads.list.query({ bandId }))[0]?.offsetBytes, {
        timeout: 20_000,
      })
      .toBe(whole);
    sending.destroy();
    throw new TypeError("The line is dead.");
  };
