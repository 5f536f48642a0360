import { createHash } from "node:crypto";
import { AppError } from "#server/base/errors.ts";
import type { Changes } from "./changes.ts";
import type { Storage } from "./provider.ts";
import type { StoredFile, StoredFolder } from "./stored.ts";

type Entry = StoredFile | StoredFolder;

/** Asked at once: a look should disturb nobody. */
const AT_ONCE = 4;
const MAX_FOLDERS = 200_000;
const DIGEST_BYTES = 32;

/** A sum over entries that does not depend on their order. */
export interface ListingDigest {
  add(entry: Entry): void;
  /** Something that is no entry, such as a folder that cannot be listed. */
  note(text: string): void;
  toText(): string;
}

export function createListingDigest(): ListingDigest {
  const sum = new Uint8Array(DIGEST_BYTES);
  const note = (text: string): void => {
    let carry = 0;
    for (const [index, byte] of createHash("sha256").update(text).digest().entries()) {
      const added = (sum[index] ?? 0) + byte + carry;
      sum[index] = added & 0xff;
      carry = added >> 8;
    }
  };
  return {
    add: (entry) => note(describe(entry)),
    note,
    toText: () => Buffer.from(sum).toString("base64url"),
  };
}

/**
 * What `Storage.changes` says, for a storage that has only listings: all of it is listed, and the
 * cursor is a digest of that.
 *
 * @param counts - which entries matter; of hidden or foreign ones nobody wants to know.
 * @throws AppError as `Storage.list` does for the root, and whatever says that the storage is away.
 */
export async function compareListings(
  storage: Storage,
  root: string | null,
  cursor: string | null,
  counts: (entry: Entry) => boolean,
): Promise<Changes> {
  const digest = createListingDigest();
  const queue = [root];
  const seen = new Set(queue);
  let requests = 0;

  const askForPage: Storage["list"] = storage.listDeep ?? storage.list;
  const takePage = async (folder: string | null, at: string | null): Promise<string | null> => {
    requests += 1;
    const { entries, next } = await askForPage(folder, at);
    for (const entry of entries.filter(counts)) {
      digest.add(entry);
      if (entry.kind === "file" || seen.has(entry.ref)) continue;
      seen.add(entry.ref);
      queue.push(entry.ref);
    }
    if (seen.size > MAX_FOLDERS || (next !== null && next === at)) throw nameEndless();
    return next;
  };
  const list = async (folder: string | null): Promise<void> => {
    try {
      for (let at = await takePage(folder, null); at !== null; ) at = await takePage(folder, at);
    } catch (error) {
      if (folder === root || !isOfOneFolder(error)) throw error;
      digest.note(`${folder} ${error.code}`);
    }
  };
  while (queue.length > 0) await Promise.all(queue.splice(0, AT_ONCE).map(list));
  const now = digest.toText();
  return { kind: now === cursor ? "none" : "any", cursor: now, requests };
}

/** Of one folder alone; everything else says that the storage does not answer as it should. */
const isOfOneFolder = (error: unknown): error is AppError =>
  error instanceof AppError && (error.code === "not_found" || error.code === "storage_refused");

/** A validator is weak while a file is young, at some servers. */
function describe(entry: Entry): string {
  if (entry.kind === "folder") return JSON.stringify([entry.ref]);
  const { ref, sizeBytes, etag, modifiedAt } = entry;
  return JSON.stringify([ref, sizeBytes, etag?.replace(/^W\//, "") ?? modifiedAt]);
}

const nameEndless = (): AppError =>
  new AppError(
    "storage_refused",
    `There are more than ${MAX_FOLDERS.toLocaleString("en")} folders below the chosen one, or a folder without end, so it cannot be watched. Your library is kept; choose a smaller part of the storage.`,
  );
