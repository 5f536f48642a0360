import { createHash, randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect } from "vitest";
import { BandId, ConnectionId } from "#contract/ids.ts";
import { BLOCK_BYTES, type FileVersion } from "#server/playback/block-name.ts";
import type { Source } from "#server/playback/fill.ts";
import { createRangeCache, type RangeCacheOptions } from "#server/playback/range-cache.ts";
import type { ByteRange, OpenedRange } from "#server/storage/stored.ts";
import { readAll } from "#tests/storage/worlds.ts";
import { createTestFolder } from "#tests/support/deps.ts";
import { silentLog } from "#tests/support/log.ts";

export const MEGABYTE = 1024 * 1024;
export { BLOCK_BYTES };

const uuid = (digit: number): string =>
  `0190aaaa-0000-7000-8000-${String(digit).padStart(12, "0")}`;

export const anId = {
  band: (digit: number) => BandId.parse(uuid(digit)),
  connection: (digit: number) => ConnectionId.parse(uuid(digit)),
};

export const digest = (bytes: Uint8Array): string =>
  createHash("sha256").update(bytes).digest("hex");

/** One recording in a storage that counts what is asked of it. */
export function aFile(bytes: Buffer, version: Partial<FileVersion> = {}) {
  const asked: ByteRange[] = [];
  const signals: AbortSignal[] = [];
  let open = 0;
  const file: FileVersion = {
    ...{ bandId: anId.band(1), connectionId: anId.connection(1), ref: "take.mp3", etag: '"1"' },
    sizeBytes: bytes.length,
    ...version,
  };
  /** What its storage does next time; what it does by itself when there is nothing. */
  const next: ((range: ByteRange) => Partial<OpenedRange>)[] = [];
  const source: Source = async (range, signal) => {
    asked.push(range);
    signals.push(signal);
    signal.throwIfAborted();
    const answer = {
      ...{ range, sizeBytes: file.sizeBytes, etag: file.etag, modifiedAt: null },
      body: Readable.from(pieces(bytes.subarray(range.start, range.end + 1))),
      ...next.shift()?.(range),
    };
    open += 1;
    answer.body.once("close", () => {
      open -= 1;
    });
    signal.addEventListener("abort", () => answer.body.destroy(new Error("aborted")), {
      once: true,
    });
    return answer;
  };
  return { file, bytes, asked, signals, next, source, open: () => open };
}

export type AFile = ReturnType<typeof aFile>;

function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

export const randomFile = (sizeBytes: number, version: Partial<FileVersion> = {}): AFile =>
  aFile(randomBytes(sizeBytes), version);

/** A cache in a folder of the test's own. */
export async function aCache(options: Partial<RangeCacheOptions> = {}) {
  const folder = options.folder ?? (await createTestFolder());
  const cache = createRangeCache({
    folder,
    sizeBytes: 1e9,
    key: Buffer.alloc(32, 7),
    log: silentLog,
    now: () => new Date(),
    ...options,
  });
  await cache.settled();
  const play = async (
    { file, source }: AFile,
    range: ByteRange = { start: 0, end: file.sizeBytes - 1 },
  ): Promise<Buffer> => {
    const opened = await cache.open(file, range, source, new AbortController().signal);
    return readAll(opened.body);
  };
  return { cache, folder, play };
}

/** The files on the disk, by their paths. */
export async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

export function expectPart({ bytes }: AFile, got: Buffer, { start, end }: ByteRange): void {
  expect(got.length).toBe(end - start + 1);
  expect(got.equals(bytes.subarray(start, end + 1))).toBe(true);
}

export const expectWhole = (file: AFile, got: Buffer): void =>
  expectPart(file, got, { start: 0, end: file.bytes.length - 1 });
