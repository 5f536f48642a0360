import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Storage } from "#server/storage/provider.ts";
import type { ByteRange } from "#server/storage/stored.ts";
import { generatedBytes } from "#tests/support/fault-tree.ts";
import { awkwardNames } from "./awkward-names.ts";
import { watching } from "./watching.ts";
import {
  createTestIo,
  LONG_BYTES,
  listAll,
  readAll,
  readRange,
  type StorageWorld,
} from "./worlds.ts";

/** What a kind of storage cannot do, so that the suite says so instead of being silent. */
export interface Shortcomings {
  /** Names that it loses or turns into others. */
  readonly losesNames?: readonly string[];
  /** It has no validators at all. */
  readonly hasNoEtags?: true;
  /** Its validators come with bytes only, or with listings only. */
  readonly hasNoEtagsWithBytes?: true;
  readonly hasNoFileIds?: true;
  /** A folder is moved by moving what lies in it. */
  readonly hasNoFolders?: true;
  /** How many files fit into one folder while a test waits; 3,000 where it is not said. */
  readonly crowd?: number;
}

const failsWith = (code: string) => expect.objectContaining({ name: "AppError", code });

/** Holds a provider to what `Storage` promises, over a storage that `start` makes for each test. */
export function describeStorage(
  name: string,
  start: () => Promise<StorageWorld>,
  shortcomings: Shortcomings = {},
): void {
  const begin = async (signal?: AbortSignal) => {
    const world = await start();
    onTestFinished(() => world.stop());
    return { world, storage: await world.attach(createTestIo(signal)) };
  };
  describe(`${name} as a storage`, () => {
    listing(begin, shortcomings);
    reading(begin, shortcomings);
    watching(begin, shortcomings);
    leaving(begin);
  });
}

export type Begin = (
  signal?: AbortSignal,
) => Promise<{ readonly world: StorageWorld; readonly storage: Storage }>;

function listing(begin: Begin, { losesNames = [], ...shortcomings }: Shortcomings): void {
  test("shows the files and folders of the top, with sizes", async () => {
    const { world, storage } = await begin();
    await world.put("take 1.mp3", Buffer.from("hello"));
    await world.put("Live/Berlin/take 2.flac", Buffer.from("hi"));
    const entries = await listAll(storage, null);
    expect(entries.map(({ kind, name, path }) => ({ kind, name, path }))).toEqual(
      expect.arrayContaining([
        { kind: "folder", name: "Live", path: "Live" },
        { kind: "file", name: "take 1.mp3", path: "take 1.mp3" },
      ]),
    );
    expect(entries).toHaveLength(2);
    expect(entries.find(({ kind }) => kind === "file")).toMatchObject({ sizeBytes: 5 });
  });

  test("leads from folder to folder by the refs it gives", async () => {
    const { world, storage } = await begin();
    await world.put("Live & more/50% off #1/take 2.flac", Buffer.from("hi"));
    const [live] = await listAll(storage, null);
    const [berlin] = await listAll(storage, live?.ref ?? "?");
    const inside = await listAll(storage, berlin?.ref ?? "?");
    expect(inside).toMatchObject([
      { kind: "file", name: "take 2.flac", path: "Live & more/50% off #1/take 2.flac" },
    ]);
  });

  test("an empty folder is empty, and a folder is not in its own list", async () => {
    const { world, storage } = await begin();
    await world.mkdir("Empty");
    expect(await listAll(storage, "Empty")).toEqual([]);
    expect(await listAll(storage, null)).toMatchObject([{ kind: "folder", name: "Empty" }]);
  });

  test("every file can be found again by what its listing said", async () => {
    const { world, storage } = await begin();
    const names = awkwardNames.filter((name) => !losesNames.includes(name));
    for (const name of names) await world.put(`Live/${name}`, Buffer.from(name));
    const entries = await listAll(storage, "Live");
    expect(entries.map(({ name }) => name).sort()).toEqual([...names].sort());
    for (const entry of entries) {
      expect(await storage.stat(entry.ref)).toEqual(entry);
      const bytes = await readRange(storage, entry.ref, { start: 0, end: 4095 });
      expect(bytes.toString()).toBe(entry.name);
    }
  });

  const { crowd = 3000 } = shortcomings;
  test(`${crowd.toLocaleString("en")} files in one folder are each there once`, {
    timeout: 120_000,
  }, async () => {
    const { world, storage } = await begin();
    const names = Array.from({ length: crowd }, (_, index) => `take ${index}.mp3`);
    for (const name of names) await world.put(`Live/${name}`, Buffer.from("x"));
    const entries = await listAll(storage, "Live");
    expect(entries.map(({ name }) => name).sort()).toEqual(names.sort());
  });

  test("what is not there is not found", async () => {
    const { world, storage } = await begin();
    await world.put("Live/take 1.mp3", Buffer.from("x"));
    await expect(storage.list("Lost", null)).rejects.toEqual(failsWith("not_found"));
    await expect(storage.stat("Live/lost.mp3")).rejects.toEqual(failsWith("not_found"));
    await expect(readRange(storage, "Live/lost.mp3", { start: 0, end: 9 })).rejects.toEqual(
      failsWith("not_found"),
    );
  });

  test("a folder is no file and a file is no folder", async () => {
    const { world, storage } = await begin();
    await world.put("Live/take 1.mp3", Buffer.from("x"));
    await expect(storage.stat("Live")).rejects.toEqual(failsWith("not_found"));
    await expect(storage.list("Live/take 1.mp3", null)).rejects.toEqual(failsWith("not_found"));
  });

  test.each([
    "..",
    "../secret.mp3",
    "Live/../../secret.mp3",
    "Live/./take 1.mp3",
    "/etc/passwd",
    "Live//take 1.mp3",
    "Live/",
    "%2e%2e/secret.mp3",
    "take\0.mp3",
  ])("the ref %j leads nowhere", async (ref) => {
    const { world, storage } = await begin();
    await world.put("Live/take 1.mp3", Buffer.from("x"));
    await expect(storage.list(ref, null)).rejects.toEqual(failsWith("not_found"));
    await expect(storage.stat(ref)).rejects.toEqual(failsWith("not_found"));
    await expect(readRange(storage, ref, { start: 0, end: 9 })).rejects.toEqual(
      failsWith("not_found"),
    );
  });

  test("a file that was written anew has another etag", async () => {
    const { world, storage } = await begin();
    await world.put("take 1.mp3", Buffer.from("one"));
    await world.age("take 1.mp3");
    const before = await storage.stat("take 1.mp3");
    await world.put("take 1.mp3", Buffer.from("two"));
    const after = await storage.stat("take 1.mp3");
    if (shortcomings.hasNoEtags) expect([before.etag, after.etag]).toEqual([null, null]);
    else expect(after.etag).not.toBe(before.etag);
    for (const { etag } of [before, after]) expect(etag ?? '""').toMatch(/^(W\/)?"[^"]*"$/);
  });

  test("a file keeps its id when it is renamed and moved, and no other file has it", async () => {
    const { world, storage } = await begin();
    await world.put("Live/take 1.mp3", Buffer.from("one"));
    await world.put("Live/take 2.mp3", Buffer.from("two"));
    const before = await storage.stat("Live/take 1.mp3");
    const other = await storage.stat("Live/take 2.mp3");
    await world.rename("Live/take 1.mp3", "Best/the one.mp3");
    const after = await storage.stat("Best/the one.mp3");
    expect(after.fileId).toBe(before.fileId);
    expect(after.fileId === null).toBe(shortcomings.hasNoFileIds === true);
    expect(other.fileId === null || other.fileId !== before.fileId).toBe(true);
  });
}

function reading(begin: Begin, shortcomings: Shortcomings): void {
  const SIZE = 700_000;
  const withTake = async () => {
    const { world, storage } = await begin();
    await world.put("take 1.mp3", generatedBytes(0, SIZE - 1));
    return storage;
  };

  test.each<[string, ByteRange]>([
    ["the whole file", { start: 0, end: SIZE - 1 }],
    ["the first byte", { start: 0, end: 0 }],
    ["the last byte", { start: SIZE - 1, end: SIZE - 1 }],
    ["a part in the middle", { start: 65_535, end: 131_072 }],
  ])("gives %s", async (_, range) => {
    const storage = await withTake();
    const opened = await storage.openRange("take 1.mp3", range, new AbortController().signal);
    expect({ range: opened.range, sizeBytes: opened.sizeBytes }).toEqual({
      range,
      sizeBytes: SIZE,
    });
    expect((await readAll(opened.body)).equals(generatedBytes(range.start, range.end))).toBe(true);
  });

  test("gives what there is when more is asked for", async () => {
    const storage = await withTake();
    const range = { start: SIZE - 10, end: SIZE + 1_000_000 };
    const opened = await storage.openRange("take 1.mp3", range, new AbortController().signal);
    expect(opened.range).toEqual({ start: SIZE - 10, end: SIZE - 1 });
    expect((await readAll(opened.body)).equals(generatedBytes(SIZE - 10, SIZE - 1))).toBe(true);
  });

  test("gives any range, byte by byte what is in the file", async () => {
    const storage = await withTake();
    const range = fc.tuple(fc.nat(SIZE - 1), fc.nat(SIZE)).map(([start, length]) => ({
      start,
      end: Math.min(start + length, SIZE - 1),
    }));
    const isRight = async (asked: ByteRange): Promise<boolean> => {
      const bytes = await readRange(storage, "take 1.mp3", asked);
      return bytes.equals(generatedBytes(asked.start, asked.end));
    };
    await fc.assert(fc.asyncProperty(range, isRight), { numRuns: 40 });
  });

  test("says so when a range begins behind the end", async () => {
    const storage = await withTake();
    const beyond = { start: SIZE, end: SIZE + 9 };
    await expect(readRange(storage, "take 1.mp3", beyond)).rejects.toEqual(
      failsWith("range_not_satisfiable"),
    );
  });

  test("an empty file has no byte to begin with", async () => {
    const { world, storage } = await begin();
    await world.put("silence.mp3", Buffer.alloc(0));
    expect((await storage.stat("silence.mp3")).sizeBytes).toBe(0);
    await expect(readRange(storage, "silence.mp3", { start: 0, end: 9 })).rejects.toEqual(
      failsWith("range_not_satisfiable"),
    );
  });

  test("the validator that comes with bytes is the one of the listing", async () => {
    const { world, storage } = await begin();
    await world.put("take 1.mp3", Buffer.from("hello, hello"));
    // Apache's are weak while the file is younger than a second.
    await world.age("take 1.mp3");
    const { etag } = await storage.stat("take 1.mp3");
    const never = new AbortController().signal;
    const opened = await storage.openRange("take 1.mp3", { start: 5, end: 9 }, never);
    await readAll(opened.body);
    const isMissing = shortcomings.hasNoEtags ?? shortcomings.hasNoEtagsWithBytes ?? false;
    expect(opened.etag).toBe(isMissing ? null : etag);
  });
}

function leaving(begin: Begin): void {
  const long = { start: 0, end: LONG_BYTES - 1 };
  const withLongTake = async (signal?: AbortSignal) => {
    const { world, storage } = await begin(signal);
    await world.put("long.mp3", generatedBytes(0, LONG_BYTES - 1));
    const isFree = () => expect.poll(() => world.openDownloads?.() ?? 0).toBe(0);
    return { storage, isFree };
  };

  test("whoever has left before asking gets their own reason back", async () => {
    const { storage, isFree } = await withLongTake();
    const reason = new Error("gone");
    const left = AbortSignal.abort(reason);
    await expect(storage.openRange("long.mp3", long, left)).rejects.toBe(reason);
    await isFree();
  });

  test("whoever leaves in the middle ends the transfer", async () => {
    const { storage, isFree } = await withLongTake();
    const leave = new AbortController();
    const { body } = await storage.openRange("long.mp3", long, leave.signal);
    const reading = readAll(body);
    setTimeout(() => leave.abort(new Error("gone")), 5);
    await expect(reading).rejects.toThrow("gone");
    await isFree();
  });

  test("a body that is destroyed unread ends the transfer, and the storage goes on", async () => {
    const { storage, isFree } = await withLongTake();
    const { body } = await storage.openRange("long.mp3", long, new AbortController().signal);
    body.destroy();
    await isFree();
    const bytes = await readRange(storage, "long.mp3", { start: 7, end: 12 });
    expect(bytes.equals(generatedBytes(7, 12))).toBe(true);
  });

  test("the end of the storage's own work ends everything", async () => {
    const end = new AbortController();
    const { storage, isFree } = await withLongTake(end.signal);
    const { body } = await storage.openRange("long.mp3", long, new AbortController().signal);
    const reading = readAll(body);
    const reason = new Error("closing");
    end.abort(reason);
    await expect(reading).rejects.toThrow("closing");
    await isFree();
    await expect(storage.list(null, null)).rejects.toBe(reason);
    await expect(storage.stat("long.mp3")).rejects.toBe(reason);
  });
}
