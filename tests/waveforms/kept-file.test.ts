import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type KeptFile, openKeptFile } from "#server/waveforms/kept-file.ts";
import { createRandom } from "#tests/library/disturbances.ts";
import { createTestFolder } from "#tests/support/deps.ts";

const recording = randomBytes(200_000);
const whole = [[0, recording.length - 1]];

async function openIn(folder: string, version = "first"): Promise<KeptFile> {
  const noteTrouble = (error: unknown): void => {
    throw error;
  };
  const path = join(folder, "kept");
  return openKeptFile({ path, version, hasRoom: async () => true, noteTrouble });
}

/** Which bytes can be read, each as a range; and that all of them are right. */
async function readAll(kept: KeptFile): Promise<[number, number][]> {
  const ranges: [number, number][] = [];
  for (let at = 0; at < recording.length; ) {
    const bytes = await kept.read(at, recording.length - 1);
    const next = bytes ? at + bytes.length : kept.nextAfter(at);
    if (bytes) {
      expect(bytes.equals(recording.subarray(at, next))).toBe(true);
      const [last] = ranges.slice(-1);
      if (last?.[1] === at - 1) last[1] = next - 1;
      else ranges.push([at, next - 1]);
    }
    at = next;
  }
  return ranges;
}

const put = (kept: KeptFile, start: number, end: number): Promise<void> =>
  kept.write(start, recording.subarray(start, end + 1));

test("what was written is there, whoever wrote it and in whichever order", async () => {
  const folder = await createTestFolder();
  const [one, other] = [await openIn(folder), await openIn(folder)];
  expect(one.hasBytes).toBe(false);
  await Promise.all([put(one, 100, 199), put(other, 50_000, 50_999), put(one, 200, 4_999)]);
  await Promise.all([put(other, 150, 249), put(other, 0, 99), put(one, 51_000, 120_000)]);
  await Promise.all([one.close(), other.close()]);
  const kept = await openIn(folder);
  expect(kept.hasBytes).toBe(true);
  expect(await readAll(kept)).toEqual([
    [0, 4_999],
    [50_000, 120_000],
  ]);
  expect(await kept.read(120, 130)).toEqual(recording.subarray(120, 131));
  await kept.close();
  const ofAnother = await openIn(folder, "second");
  expect(await readAll(ofAnother)).toEqual([]);
  await ofAnother.close();
});

/** Puts what is not there, in other pieces than before. */
async function mend(kept: KeptFile): Promise<void> {
  for (let at = 0; at < recording.length; ) {
    const known = await kept.read(at, recording.length - 1);
    const next = Math.min(recording.length, kept.nextAfter(at), at + 7_000);
    if (!known) await put(kept, at, next - 1);
    at = known ? at + known.length : next;
  }
}

test.for([{ harm: "cut off" }, { harm: "damaged" }])(
  "what is $harm is not there, wherever that is, and all else can be written again",
  async ({ harm }) => {
    const random = createRandom(20_261_128);
    const folder = await createTestFolder();
    const path = join(folder, "kept");
    for (let round = 0; round < 40; round += 1) {
      await writeFile(path, "");
      const kept = await openIn(folder);
      for (let at = 0; at < recording.length; at += 10_000) await put(kept, at, at + 9_999);
      await kept.close();
      const bytes = await readFile(path);
      const at = Math.floor(random() * bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
      await writeFile(path, harm === "damaged" ? bytes : bytes.subarray(0, at));
      const damaged = await openIn(folder);
      expect(await readAll(damaged)).not.toEqual(whole);
      await mend(damaged);
      await damaged.close();
      const mended = await openIn(folder);
      const ranges = await readAll(mended);
      // A piece that is damaged stands before what was put in its place.
      if (harm === "cut off") expect(ranges).toEqual(whole);
      await mended.close();
    }
  },
);

test("a disk that has little room left gets no more, and what it has can be read", async () => {
  const path = join(await createTestFolder(), "kept");
  const troubles: unknown[] = [];
  let looks = 0;
  const hasRoom = async (): Promise<boolean> => {
    looks += 1;
    return looks < 2;
  };
  const noteTrouble = (error: unknown): void => void troubles.push(error);
  const kept = await openKeptFile({ path, version: "first", hasRoom, noteTrouble });
  const piece = Buffer.alloc(4 * 1024 * 1024, 7);
  for (let count = 0; count < 40; count += 1) await kept.write(count * piece.length, piece);
  await kept.close();
  expect([looks, troubles.length]).toEqual([2, 1]);
  const again = await openKeptFile({ path, version: "first", hasRoom, noteTrouble });
  expect(await again.read(30 * piece.length, 30 * piece.length + 9)).toEqual(piece.subarray(0, 10));
  expect(await again.read(31 * piece.length, 31 * piece.length + 9)).toBeUndefined();
  await again.close();
});
