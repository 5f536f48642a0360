import { mkdir, rename, rm, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { onTestFinished } from "vitest";
import { createEgress, type Egress } from "#server/base/egress/client.ts";
import type { Storage, StorageIo } from "#server/storage/provider.ts";
import type { ByteRange, StoredFile, StoredFolder } from "#server/storage/stored.ts";

/** One storage with somebody's files, and the hands to change them behind our back. */
export interface StorageWorld {
  attach(io: StorageIo): Storage | Promise<Storage>;
  put(path: string, bytes: Buffer): Promise<void>;
  mkdir(path: string): Promise<void>;
  remove(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Makes a file look as if it was written an hour ago, so that nothing depends on fine clocks. */
  age(path: string): Promise<void>;
  /** Bytes that are on their way; left out where the storage cannot tell. */
  openDownloads?(): number;
  stop(): Promise<void>;
}

/** A storage over a folder of this machine is changed by changing the folder. */
export const onDisk = (folder: string): Omit<StorageWorld, "attach" | "stop"> => ({
  put: async (path, bytes) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  },
  mkdir: async (path) => {
    await mkdir(join(folder, path), { recursive: true });
  },
  remove: (path) => rm(join(folder, path), { recursive: true }),
  age: async (path) => {
    const hourAgo = new Date(Date.now() - 3_600_000);
    await utimes(join(folder, path), hourAgo, hourAgo);
  },
  rename: async (from, to) => {
    await mkdir(dirname(join(folder, to)), { recursive: true });
    await rename(join(folder, from), join(folder, to));
  },
});

/** The world as a test gives it to a provider: real network, loopback only. */
export function createTestIo(signal: AbortSignal = new AbortController().signal): StorageIo & {
  readonly egress: Egress;
} {
  const egress = createEgress({ allow: [], allowLoopback: true });
  onTestFinished(() => egress.close());
  return { egress, now: () => new Date(), signal };
}

/** Every page of a folder, as one list. */
export async function listAll(
  storage: Storage,
  folder: string | null,
): Promise<(StoredFolder | StoredFile)[]> {
  const pages = [await storage.list(folder, null)];
  for (let next = pages[0]?.next ?? null; next !== null; ) {
    const page = await storage.list(folder, next);
    pages.push(page);
    next = page.next;
  }
  return pages.flatMap(({ entries }) => entries);
}

export async function readRange(
  storage: Storage,
  ref: string,
  range: ByteRange,
  signal: AbortSignal = new AbortController().signal,
): Promise<Buffer> {
  return readAll((await storage.openRange(ref, range, signal)).body);
}

export async function readAll(body: Readable): Promise<Buffer> {
  return Buffer.concat(await body.toArray());
}

/** Longer than any buffer on the way, so that a transfer is still going on when it is looked at. */
export const LONG_BYTES = 24 * 1024 * 1024;
