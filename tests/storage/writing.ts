import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { nameFailure } from "#server/base/failures.ts";
import type { Storage, StorageIo } from "#server/storage/provider.ts";
import type { StoredFile } from "#server/storage/stored.ts";
import { isNameTaken, type Part, type WriteTarget, type Writing } from "#server/storage/writing.ts";
import { toFileName } from "#server/uploads/names.ts";
import { generatedBytes } from "#tests/support/fault-tree.ts";
import { awkwardNames } from "./awkward-names.ts";
import { createTestIo, listAll, readRange, type StorageWorld } from "./worlds.ts";

/** A storage that can be written to, and looked at behind its back. */
export interface WritableWorld extends Pick<StorageWorld, "put" | "stop"> {
  attach(io: StorageIo): Storage;
  /** Paths of every file, hidden ones and what is not yet a file too. */
  everything(): Promise<string[]>;
}

export interface WritingShortcomings {
  readonly losesNames?: readonly string[];
  /** It says that they are deleted, and they are still there. */
  readonly keepsNames?: readonly string[];
  /** Of two that reach for a name in the same moment both get it, and one file is lost. */
  readonly hasRaces?: true;
}

const failsWith = (code: string) => expect.objectContaining({ name: "AppError", code });

/** Other bytes for each seed. */
const recording = (sizeBytes: number, seed: number): Buffer =>
  generatedBytes(seed * 1000, seed * 1000 + sizeBytes - 1);

export function partsOf(writing: Writing, sizeBytes: number): Part[] {
  const partBytes = writing.partBytes(sizeBytes);
  return Array.from({ length: Math.ceil(sizeBytes / partBytes) }, (_, index) => ({
    index,
    startByte: index * partBytes,
    bytes: Math.min(partBytes, sizeBytes - index * partBytes),
  }));
}

export const bodyOf = (bytes: Buffer, { startByte, bytes: length }: Part): Readable => {
  const part = bytes.subarray(startByte, startByte + length);
  const pieces = Array.from({ length: Math.ceil(part.length / 65_536) }, (_, index) =>
    part.subarray(index * 65_536, (index + 1) * 65_536),
  );
  return Readable.from(pieces, { objectMode: false });
};

/** Some say at first that a name is just being given away, and to try again in a while. */
async function finishAtLast(
  writing: Writing,
  session: unknown,
  receipts: readonly unknown[],
  name: string,
): Promise<StoredFile> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await writing.finish(session, { receipts, name, isRepeated: tries > 0 });
    } catch (error) {
      if (nameFailure(error).code !== "storage_unavailable" || tries === 20) throw error;
      await sleep(100);
    }
  }
}

export function writingOf(storage: Storage): Writing {
  if (!storage.writing) throw new Error("It cannot be written to.");
  return storage.writing;
}

/** @returns what came of every part. */
export async function sendParts(
  writing: Writing,
  session: unknown,
  bytes: Buffer,
): Promise<unknown[]> {
  const receipts: unknown[] = [];
  for (const part of partsOf(writing, bytes.length)) {
    receipts.push(asJson(await writing.writePart(session, part, bodyOf(bytes, part))));
  }
  return receipts;
}

export const beginFile = async (writing: Writing, target: WriteTarget): Promise<unknown> =>
  asJson(await writing.begin(asJson(writing.plan(target, randomUUID()))));

/** What is remembered between two requests goes through JSON. */
export const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** Holds a provider to what `Writing` promises, over a storage that `start` makes for each test. */
export function describeWriting(
  name: string,
  start: () => Promise<WritableWorld>,
  { losesNames = [], hasRaces }: WritingShortcomings = {},
): void {
  const begin = async () => {
    const world = await start();
    onTestFinished(() => world.stop());
    const storage = world.attach(createTestIo());
    const again = (io: StorageIo = createTestIo()) => writingOf(world.attach(io));
    const writing = writingOf(storage);
    const write = async (target: Partial<WriteTarget>, bytes: Buffer): Promise<StoredFile> => {
      const whole = targetOf({ ...target, sizeBytes: bytes.length });
      const session = await beginFile(writing, whole);
      const receipts = await sendParts(writing, session, bytes);
      return writing.finish(session, { receipts, name: whole.name, isRepeated: false });
    };
    const contentOf = (ref: string, end = 100_000_000) =>
      readRange(storage, ref, { start: 0, end });
    return { world, storage, writing, again, write, contentOf };
  };

  const targetOf = (target: Partial<WriteTarget>): WriteTarget => ({
    ...{ root: null, folders: [], name: "take 1.mp3", sizeBytes: 0 },
    ...target,
  });
  /** More than one part, where there are parts. */
  const lengthFor = (writing: Writing): number =>
    Math.min(writing.partBytes(1_000_000) + 70_000, 12_000_000);

  describe(`${name} as a storage that takes files`, () => {
    test("has every byte of a file in its place, and nothing before it is whole", async () => {
      const { world, storage, writing, contentOf } = await begin();
      await world.put("Music/old.mp3", Buffer.from("old"));
      const bytes = recording(lengthFor(writing), 1);
      const folders = ["2026", "Öl & more #1"];
      const target = targetOf({ root: "Music", folders, sizeBytes: bytes.length });
      const session = await beginFile(writing, target);
      const receipts = await sendParts(writing, session, bytes);
      const path = "Music/2026/Öl & more #1/take 1.mp3";
      await expect(storage.stat(path)).rejects.toEqual(failsWith("not_found"));
      const made = await writing.finish(session, {
        receipts,
        name: "take 1.mp3",
        isRepeated: false,
      });
      expect(made).toEqual(await storage.stat(made.ref));
      expect(made).toMatchObject({ path, sizeBytes: bytes.length });
      expect(bytes.equals(await contentOf(made.ref))).toBe(true);
      expect(await world.everything()).toEqual([path, "Music/old.mp3"]);
    });

    test("takes names of all kinds, and files without bytes", async () => {
      const { storage, write, contentOf } = await begin();
      const names = [...new Set(awkwardNames.map(toFileName))].filter(
        (each) => !losesNames.includes(each),
      );
      for (const each of names) await write({ name: each, folders: ["Live"] }, Buffer.from(each));
      await write({ name: "silence.mp3", folders: ["Live"] }, Buffer.alloc(0));
      const listed = await listAll(storage, "Live");
      expect(listed.map((entry) => entry.name).sort()).toEqual([...names, "silence.mp3"].sort());
      for (const entry of listed) {
        if (entry.name === "silence.mp3") expect(entry).toMatchObject({ sizeBytes: 0 });
        else expect((await contentOf(entry.ref)).toString()).toBe(entry.name);
      }
    });

    test("never overwrites, and gives another name instead", async () => {
      const { world, writing, write, contentOf } = await begin();
      const bytes = Buffer.from("new");
      if (writing.bindsName) {
        await world.put("take 1.mp3", Buffer.from("old"));
        await expect(beginFile(writing, targetOf({ sizeBytes: 3 }))).rejects.toSatisfy(isNameTaken);
      } else {
        const session = await beginFile(writing, targetOf({ sizeBytes: 3 }));
        const receipts = await sendParts(writing, session, bytes);
        await world.put("take 1.mp3", Buffer.from("old"));
        for (const isRepeated of [false, true]) {
          const finish = { receipts, name: "take 1.mp3", isRepeated };
          await expect(writing.finish(session, finish)).rejects.toSatisfy(isNameTaken);
        }
        await writing.finish(session, { receipts, name: "take 2.mp3", isRepeated: false });
      }
      await write({ name: "take 3.mp3" }, bytes);
      expect((await contentOf("take 1.mp3")).toString()).toBe("old");
      expect((await contentOf("take 3.mp3")).toString()).toBe("new");
    });

    if (!hasRaces)
      test("gives a name to one of two that reach for it at once", async () => {
        const { world, writing, again, contentOf } = await begin();
        const contents = ["first", "other"].map((text) => Buffer.from(text));
        const open = await Promise.all(
          contents.map(async (bytes) => {
            const mine = again();
            const session = await beginFile(mine, targetOf({ sizeBytes: 5 }));
            return { mine, session, receipts: await sendParts(mine, session, bytes) };
          }),
        );
        const ends = await Promise.allSettled(
          open.map(({ mine, session, receipts }) =>
            finishAtLast(mine, session, receipts, "take 1.mp3"),
          ),
        );
        const winner = ends.findIndex(({ status }) => status === "fulfilled");
        expect(ends.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
        const [loser] = ends.filter((each) => each.status === "rejected");
        expect(loser?.reason).toSatisfy(isNameTaken);
        expect(await contentOf("take 1.mp3")).toEqual(contents[winner]);
        for (const { session } of open) await writing.discard(session);
        expect(await world.everything()).toEqual(["take 1.mp3"]);
      });

    test("goes on after a part that broke off, also in another process", async () => {
      const { world, writing, again, contentOf } = await begin();
      const bytes = recording(lengthFor(writing), 2);
      const target = targetOf({ sizeBytes: bytes.length });
      const session = await beginFile(writing, target);
      for (const part of partsOf(writing, bytes.length)) {
        const body = breakingOff(bytes.subarray(part.startByte, part.startByte + part.bytes));
        await expect(writing.writePart(session, part, body)).rejects.toThrow();
        expect(body.destroyed).toBe(true);
      }
      const later = again();
      // Some hold on to what broke off for a moment, and say so.
      const receipts = await vi.waitFor(() => sendParts(later, session, bytes), 10_000);
      const made = await later.finish(session, { receipts, name: "take 1.mp3", isRepeated: false });
      expect(bytes.equals(await contentOf(made.ref))).toBe(true);
      expect(await world.everything()).toEqual(["take 1.mp3"]);
    });

    test("leaves nothing of what is discarded, however far it came", async () => {
      const { world, writing } = await begin();
      await world.put("old.mp3", Buffer.from("old"));
      const bytes = recording(lengthFor(writing), 3);
      const [first] = partsOf(writing, bytes.length);
      for (const hasBytes of [false, true]) {
        const target = targetOf({ folders: ["A", "B"], sizeBytes: bytes.length });
        const session = await beginFile(writing, target);
        if (hasBytes && first) await writing.writePart(session, first, bodyOf(bytes, first));
        await writing.discard(session);
        await writing.discard(session);
        expect(await world.everything()).toEqual(["old.mp3"]);
        const finish = { receipts: [], name: "take 1.mp3", isRepeated: true };
        await expect(writing.finish(session, finish)).rejects.toEqual(failsWith("gone"));
      }
    });

    test("leaves nothing of what was begun and not heard of", async () => {
      const { world, writing } = await begin();
      const plan = asJson(writing.plan(targetOf({ folders: ["A"], sizeBytes: 5 }), randomUUID()));
      await writing.discard(plan);
      if (!writing.bindsName) await writing.begin(plan);
      await writing.discard(plan);
      expect(await world.everything()).toEqual([]);
    });

    test("answers the repetition of a last step as it was answered before", async () => {
      const { world, writing, again } = await begin();
      const bytes = recording(70_000, 4);
      const session = await beginFile(writing, targetOf({ sizeBytes: bytes.length }));
      const receipts = await sendParts(writing, session, bytes);
      const finish = { receipts, name: "take 1.mp3", isRepeated: false };
      const made = await writing.finish(session, finish);
      expect(await again().finish(session, { ...finish, isRepeated: true })).toEqual(made);
      // Where the name is settled, nothing but a repetition is ever asked.
      const others = [finish, { ...finish, name: "take 2.mp3", isRepeated: true }];
      for (const other of writing.bindsName ? [] : others) {
        await expect(again().finish(session, other)).rejects.toEqual(failsWith("gone"));
      }
      expect(await world.everything()).toEqual(["take 1.mp3"]);
    });

    test("lets go within moments of who leaves", async () => {
      const { writing, again } = await begin();
      const leaving = new AbortController();
      const mine = again(createTestIo(leaving.signal));
      const sizeBytes = lengthFor(writing);
      const session = await beginFile(mine, targetOf({ sizeBytes }));
      const [part] = partsOf(writing, sizeBytes);
      if (!part) throw new Error("There is no part.");
      const body = new Readable({ read() {} });
      body.push(Buffer.alloc(65_536));
      const written = mine.writePart(session, part, body);
      setTimeout(() => leaving.abort(new Error("left")), 50);
      const startedMs = performance.now();
      await expect(written).rejects.toThrow("left");
      expect(performance.now() - startedMs).toBeLessThan(2_000);
      expect(body.destroyed).toBe(true);
      await vi.waitFor(() => writing.discard(session), 10_000);
    });
  });
}

/** Half of it, and then no more. */
function breakingOff(bytes: Buffer): Readable {
  async function* half() {
    yield bytes.subarray(0, Math.floor(bytes.length / 2));
    throw new Error("Whoever sends it has hung up.");
  }
  return Readable.from(half(), { objectMode: false });
}
