import { randomBytes } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import { stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Flow, type Taken, takeFlow } from "#server/base/egress/flow.ts";
import { HEAD_BYTES, writeBlock } from "#server/playback/block-file.ts";
import type { Block } from "#server/playback/block-name.ts";
import { OutsideOfFile, parseRange } from "#server/playback/range.ts";
import { createRooms, type Room } from "#server/playback/rooms.ts";
import { createShelves } from "#server/playback/shelves.ts";
import { createTestFolder } from "#tests/support/deps.ts";
import { silentLog } from "#tests/support/log.ts";
import {
  type AFile,
  aCache,
  aFile,
  BLOCK_BYTES,
  expectPart,
  listFiles,
  randomFile,
} from "./range-cache-world.ts";

const never = new AbortController().signal;

describe("a Range header", () => {
  const size = fc.nat({ max: 5_000 });
  const position = fc.nat({ max: 6_000 });

  /** RFC 9110 §14.1.2, byte by byte. */
  const bytesOf = (sizeBytes: number, isIn: (at: number) => boolean): number[] =>
    Array.from({ length: sizeBytes }, (_, at) => at).filter(isIn);

  const parsed = (header: string, sizeBytes: number): number[] => {
    try {
      const range = parseRange(header, sizeBytes);
      return range ? bytesOf(sizeBytes, (at) => at >= range.start && at <= range.end) : [-1];
    } catch (error) {
      expect(error).toBeInstanceOf(OutsideOfFile);
      return [];
    }
  };

  test("of any first and last byte means exactly those between", () => {
    fc.assert(
      fc.property(size, position, position, (sizeBytes, first, last) => {
        fc.pre(first <= last);
        const between = bytesOf(sizeBytes, (at) => at >= first && at <= last);
        expect(parsed(`bytes=${first}-${last}`, sizeBytes)).toEqual(between);
        const rest = bytesOf(sizeBytes, (at) => at >= first);
        expect(parsed(`bytes=${first}-`, sizeBytes)).toEqual(rest);
      }),
    );
  });

  test("of any number of last bytes means exactly those", () => {
    fc.assert(
      fc.property(size, position, (sizeBytes, count) => {
        fc.pre(sizeBytes > 0);
        const suffix = bytesOf(sizeBytes, (at) => at >= sizeBytes - count);
        expect(parsed(`bytes=-${count}`, sizeBytes)).toEqual(suffix);
      }),
    );
  });

  test("of any text is a range of the file, or none", () => {
    const text = fc.stringMatching(/^(bytes|items)?=?[0-9,\- ]{0,20}$/);
    fc.assert(
      fc.property(text, size, (header, sizeBytes) => {
        const got = parsed(header, sizeBytes);
        expect(got.length).toBeLessThanOrEqual(Math.max(1, sizeBytes));
      }),
    );
  });
});

describe("the shelves", () => {
  const PAGE = 4096;
  const NAMES = 8;
  const block = (index: number, pages: number): Block => ({
    shelf: `${index % 2}`.repeat(32),
    name: `${index}`.repeat(32),
    lengthBytes: pages * PAGE - HEAD_BYTES - (index % 3),
    seed: index,
  });
  const roomOf = ({ lengthBytes, seed }: Block): Room => {
    const room = createRooms(1).take() as Room;
    room.bytes.fill(seed + 1, 0, lengthBytes);
    room.filled = lengthBytes;
    return room;
  };
  const step = fc.record({
    what: fc.constantFrom("write", "write", "read", "read", "restart"),
    index: fc.nat({ max: NAMES - 1 }),
  });

  /** What the shelves should hold, in pages. */
  function createModel(sizes: readonly number[], pages: number) {
    /** The one that was used last comes last. */
    let held: number[] = [];
    let written: number[] = [];
    const pagesOf = (index: number): number => sizes[index] ?? 0;
    const used = (): number => held.reduce((sum, each) => sum + pagesOf(each), 0);
    const without = (from: readonly number[], index: number) =>
      from.filter((each) => each !== index);
    return {
      held: () => held,
      used,
      restart() {
        held = written.filter((each) => held.includes(each));
      },
      read(index: number) {
        if (held.includes(index)) held = [...without(held, index), index];
      },
      write(index: number) {
        if (held.includes(index)) return;
        while (held.length > 0 && used() + pagesOf(index) > pages) held.shift();
        if (pagesOf(index) > pages) return;
        held.push(index);
        written = [...without(written, index), index];
      },
    };
  }

  const shelvesSteps = fc.tuple(
    fc.integer({ min: 1, max: 12 }),
    fc.array(fc.integer({ min: 1, max: 4 }), { minLength: NAMES, maxLength: NAMES }),
    fc.array(step, { maxLength: 30 }),
  );

  test("hold what was used last, and never more than their size", async () => {
    await fc.assert(
      fc.asyncProperty(shelvesSteps, async ([pages, sizes, steps]) => {
        const folder = await createTestFolder();
        const options = { folder, sizeBytes: pages * PAGE, log: silentLog, now: () => new Date() };
        const blocks = sizes.map((size, index) => block(index, size));
        const model = createModel(sizes, pages);
        let shelves = createShelves(options);
        await shelves.settled();

        let seconds = Date.now() / 1000 - 3_000;
        /** File systems tell times by the tick, and two writes fit into one; the order is kept by them. */
        const putApart = async (path: string): Promise<void> => {
          seconds += 1;
          await utimes(path, seconds, seconds).catch(() => {});
        };
        const read = async (index: number, it: Block): Promise<void> => {
          const room = createRooms(1).take() as Room;
          const isThere = model.held().includes(index);
          expect(await shelves.read(it, room)).toBe(isThere);
          const wanted = Buffer.alloc(isThere ? it.lengthBytes : 0, index + 1);
          expect(room.bytes.subarray(0, room.filled).equals(wanted)).toBe(true);
          model.read(index);
        };
        const put = async (index: number, it: Block): Promise<void> => {
          const isNew = !shelves.has(it);
          shelves.write(it, roomOf(it));
          model.write(index);
          await shelves.settled();
          if (isNew) await putApart(join(folder, it.shelf, it.name));
        };
        const take = async ({ what, index }: (typeof steps)[number]): Promise<void> => {
          const it = blocks[index] as Block;
          if (what === "restart") {
            shelves = createShelves(options);
            model.restart();
          } else if (what === "write") {
            await put(index, it);
          } else await read(index, it);
          await shelves.settled();
        };
        for (const each of steps) {
          await take(each);
          const there = blocks.flatMap((one, at) => (shelves.has(one) ? [at] : []));
          expect(there).toEqual(model.held().toSorted());
          expect(shelves.usedBytes()).toBe(PAGE * model.used());
          expect(shelves.usedBytes()).toBeLessThanOrEqual(options.sizeBytes);
          const onDisk = async () => (await listFiles(folder)).length;
          await expect.poll(onDisk, { interval: 1 }).toBe(there.length);
        }
      }),
      { numRuns: 40 },
    );
  }, 120_000);

  test("have a block under its name only when it is whole", async () => {
    const folder = await createTestFolder();
    const one = { ...block(1, 1), lengthBytes: BLOCK_BYTES };
    const room = roomOf(one);
    const sizes = new Set<number>();
    for (let round = 0; round < 40; round += 1) {
      let isWritten = false;
      const name = `${round}`.padStart(32, "x");
      const done = writeBlock(folder, { ...one, name }, room).then(() => {
        isWritten = true;
      });
      while (!isWritten) {
        if (readdirSync(folder).includes(name)) sizes.add(statSync(join(folder, name)).size);
        await new Promise((next) => setImmediate(next));
      }
      await done;
      sizes.add((await stat(join(folder, name))).size);
    }
    expect([...sizes]).toEqual([HEAD_BYTES + BLOCK_BYTES]);
  });
});

describe("the rooms", () => {
  const step = fc.record({
    what: fc.constantFrom("take", "take", "find", "name", "release", "release", "abandon"),
    at: fc.nat({ max: 50 }),
  });

  /** Uses rooms, and knows who may do what. */
  function createUser(most: number) {
    const rooms = createRooms(most);
    /** One entry a user. */
    const used: Room[] = [];
    const lost = new Set<Buffer>();
    const named = new Map<Room, string>();
    const leave = (at: number): Room | undefined =>
      used.splice(at % Math.max(1, used.length), 1)[0];
    return {
      take() {
        const room = rooms.take();
        const inUse = new Set(used.map(({ memory }) => memory));
        if (!room) {
          expect(new Set([...inUse, ...lost]).size).toBeGreaterThanOrEqual(most);
          return;
        }
        expect(inUse.has(room.memory), "somebody uses it").toBe(false);
        expect(lost.has(room.memory), "somebody may still use it").toBe(false);
        expect(room.filled).toBe(0);
        used.push(room);
      },
      find(at: number) {
        const room = rooms.find(`${at % 6}`);
        if (!room) return;
        expect(named.get(room)).toBe(`${at % 6}`);
        used.push(room);
      },
      name(at: number) {
        const room = used[at % Math.max(1, used.length)];
        if (!room || named.has(room) || rooms.has(`${at % 6}`)) return;
        named.set(room, `${at % 6}`);
        rooms.name(`${at % 6}`, room);
      },
      release: (at: number) => leave(at)?.release(),
      abandon(at: number) {
        const room = leave(at);
        if (!room) return;
        lost.add(room.memory);
        room.abandon();
      },
    };
  }

  test("never share memory, and none is used again that was lent and not given back", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.array(step, { maxLength: 60 }),
        (most, steps) => {
          const user = createUser(most);
          for (const { what, at } of steps) user[what](at);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  /** Takes the first piece and holds it, and remembers what it was. */
  function hold(flow: Flow, taken: Taken = "hold"): { lent: Buffer; before: Buffer } {
    const held: Buffer[] = [];
    flow.open({
      take(piece) {
        held.push(piece);
        return taken;
      },
      end() {},
      fail() {},
    });
    const lent = held[0] as Buffer;
    return { lent, before: Buffer.from(lent) };
  }

  async function churn(play: (file: AFile) => Promise<Buffer>): Promise<void> {
    for (let round = 0; round < 6; round += 1) {
      await play(randomFile(20 * BLOCK_BYTES, { ref: `${round}.mp3` }));
    }
  }

  test.each([
    ["while the listener still sends it", false],
    ["when the listener has left in the middle of it", true],
  ])("what was lent stays as it is %s", async (_, leaves) => {
    const { cache, play } = await aCache({ rooms: 30 });
    const take = randomFile(3 * BLOCK_BYTES);
    await play(take);
    await cache.settled();
    const range = { start: 0, end: take.bytes.length - 1 };
    const flow = takeFlow((await cache.open(take.file, range, take.source, never)).body);
    const { lent, before } = hold(flow);
    if (leaves) flow.stop();
    await churn(play);
    await cache.settled();

    expect(before.equals(take.bytes.subarray(0, before.length))).toBe(true);
    expect(lent.equals(before)).toBe(true);
    flow.stop();
  });
});

test("what is in memory alone need not be fetched again", async () => {
  const { play } = await aCache({ sizeBytes: 1 });
  const take = randomFile(5 * BLOCK_BYTES);
  await play(take, { start: 2 * BLOCK_BYTES, end: 3 * BLOCK_BYTES - 1 });
  take.asked.length = 0;
  await play(take);

  expect(take.asked).toEqual([
    { start: 0, end: 2 * BLOCK_BYTES - 1 },
    { start: 3 * BLOCK_BYTES, end: 5 * BLOCK_BYTES - 1 },
  ]);
});

test("listeners of any ranges at any time hear exactly these, whoever leaves and however little memory there is", async () => {
  const SIZE = 7 * BLOCK_BYTES + 999;
  const listener = fc.record({
    file: fc.nat({ max: 2 }),
    start: fc.nat({ max: SIZE - 1 }),
    length: fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: SIZE })),
    delayMs: fc.nat({ max: 20 }),
    leaves: fc.boolean(),
  });
  const files = [0, 1, 2].map((each) => ({ ref: `${each}.mp3`, bytes: randomBytes(SIZE) }));
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 20 }),
      fc.array(listener, { minLength: 1, maxLength: 12 }),
      async (rooms, blocks, listeners) => {
        const { play, cache } = await aCache({ rooms, sizeBytes: blocks * BLOCK_BYTES });
        await Promise.all(
          listeners.map(async ({ file, start, length, delayMs, leaves }) => {
            const { ref, bytes } = files[file] ?? { ref: "", bytes: Buffer.alloc(0) };
            const take = aFile(bytes, { ref });
            const range = { start, end: Math.min(SIZE, start + length) - 1 };
            await new Promise((wake) => setTimeout(wake, delayMs));
            if (leaves) {
              const { body } = await cache.open(take.file, range, take.source, never);
              body.once("readable", () => body.destroy());
              body.read(0);
              return;
            }
            const got = await play(take, range).catch((error: Error) => error);
            // With no memory left in the middle it is told so; who resumes is given it directly.
            if (got instanceof Error) expect(got.message).toMatch(/at once/);
            else expectPart(take, got, range);
          }),
        );
        await cache.settled();
        expect(cache.usedBytes()).toBeLessThanOrEqual(blocks * BLOCK_BYTES);
      },
    ),
    { numRuns: 60 },
  );
}, 120_000);
