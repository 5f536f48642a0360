import {
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  stat,
  utimes,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";

/** What was made, on disk: as much as is allowed, and what was asked for last. */
export interface SegmentCache {
  has(name: string): boolean;
  /** @returns `undefined` when it is not there, or not any more. */
  read(name: string): Promise<Buffer | undefined>;
  /** It is there from now on, and on disk a moment later. */
  put(name: string, bytes: Buffer): void;
  /** Waits for what is being written. */
  close(): Promise<void>;
}

export interface CacheOptions {
  readonly folder: string;
  readonly mostBytes: number;
  readonly now: () => Date;
  readonly noteTrouble: (error: unknown) => void;
  /** How often it looks for what nobody asks for any more; an hour when left out. */
  readonly tidyEveryMs?: number;
}

/** What nobody has asked for so long may be of a recording that is no longer there. */
const LONGEST_MS = 7 * 24 * 60 * 60 * 1000;
const TIDY_EVERY_MS = 60 * 60 * 1000;
const UNFINISHED = ".part";

interface Entry {
  readonly sizeBytes: number;
  /** Until it is written. */
  bytes: Buffer | null;
  usedAtMs: number;
}

/**
 * A name is `folder/file`.
 *
 * @throws what the file system says, when the folder cannot be used.
 */
export async function openSegmentCache(options: CacheOptions): Promise<SegmentCache> {
  const { folder, mostBytes, now, noteTrouble, tidyEveryMs = TIDY_EVERY_MS } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await tryOut(folder);
  // The longest unused first.
  const entries = await readEntries(folder);
  let total = [...entries.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const writing = new Set<Promise<void>>();

  const later = (work: Promise<void>): void => {
    const done = work.catch(noteTrouble).finally(() => writing.delete(done));
    writing.add(done);
  };
  const drop = (name: string): void => {
    const entry = entries.get(name);
    if (!entry) return;
    entries.delete(name);
    total -= entry.sizeBytes;
    if (entry.bytes === null) later(rm(join(folder, name), { force: true }));
  };
  const tidy = (): void => {
    const oldest = now().getTime() - LONGEST_MS;
    for (const [name, { usedAtMs }] of entries) {
      if (total <= mostBytes && usedAtMs >= oldest) return;
      drop(name);
    }
  };
  const write = async (name: string, entry: Entry, bytes: Buffer): Promise<void> => {
    const path = join(folder, name);
    try {
      await mkdir(join(path, ".."), { recursive: true, mode: 0o700 });
      await writeFile(`${path}${UNFINISHED}`, bytes, { mode: 0o600 });
      await rename(`${path}${UNFINISHED}`, path);
      entry.bytes = null;
      if (entries.get(name) !== entry) await rm(path, { force: true });
    } catch (error) {
      if (entries.get(name) === entry) drop(name);
      throw error;
    }
  };
  const noteUse = (name: string, entry: Entry): void => {
    entry.usedAtMs = now().getTime();
    entries.delete(name);
    entries.set(name, entry);
  };
  tidy();
  const timer = setInterval(tidy, tidyEveryMs).unref();

  return {
    has: (name) => entries.has(name),
    async read(name) {
      const entry = entries.get(name);
      if (!entry) return undefined;
      noteUse(name, entry);
      if (entry.bytes !== null) return entry.bytes;
      const path = join(folder, name);
      const bytes = await readFile(path).catch(() => undefined);
      if (bytes?.length === entry.sizeBytes) {
        later(utimes(path, now(), now()));
        return bytes;
      }
      drop(name);
      return undefined;
    },
    put(name, bytes) {
      drop(name);
      const entry: Entry = { sizeBytes: bytes.length, bytes, usedAtMs: now().getTime() };
      entries.set(name, entry);
      total += bytes.length;
      later(write(name, entry, bytes));
      tidy();
    },
    async close() {
      clearInterval(timer);
      await Promise.all(writing);
    },
  };
}

async function tryOut(folder: string): Promise<void> {
  const path = join(folder, `try${UNFINISHED}`);
  await writeFile(path, "");
  await rm(path);
}

async function readEntries(folder: string): Promise<Map<string, Entry>> {
  const found: [string, Entry][] = [];
  for (const each of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(each.parentPath, each.name);
    // What its recording was made into has gone one by one.
    if (each.isDirectory()) await rmdir(path).catch(() => {});
    if (!each.isFile()) continue;
    if (each.name.endsWith(UNFINISHED)) {
      await rm(path, { force: true });
      continue;
    }
    const { size, mtimeMs } = await stat(path);
    const name = path.slice(folder.length + 1).replaceAll("\\", "/");
    found.push([name, { sizeBytes: size, bytes: null, usedAtMs: mtimeMs }]);
  }
  return new Map(found.toSorted(([, one], [, other]) => one.usedAtMs - other.usedAtMs));
}
