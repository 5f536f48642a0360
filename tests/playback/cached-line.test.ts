import { expect, test } from "vitest";
import { createCachedLine } from "#server/playback/cached-line.ts";
import { createRooms } from "#server/playback/rooms.ts";

const range = { start: 0, end: 9 };
const bring = () => undefined;

/** @returns what has been heard. */
function createWaiter() {
  const heard: string[] = [];
  const begin = () => void heard.push("begin");
  return { heard, begin, giveUp: () => void heard.push("give up") };
}

const settle = (): Promise<void> => new Promise((done) => setImmediate(done));

test("a block that is gone when it is read is had elsewhere", async () => {
  const line = createCachedLine(
    { find: () => undefined, read: async () => undefined, bring },
    () => true,
  );
  const waiter = createWaiter();
  expect(line.ask(range, waiter)).toBeTypeOf("function");
  expect(waiter.heard).toEqual([]);
  await settle();
  expect(waiter.heard).toEqual(["give up"]);
});

test.each(["in memory", "on the disk"])(
  "who leaves before a block %s has come hears nothing, and its memory is free",
  async (where) => {
    const rooms = createRooms(1);
    const find = () => (where === "in memory" ? rooms.take() : undefined);
    const line = createCachedLine({ find, read: async () => rooms.take(), bring }, () => true);
    const waiter = createWaiter();
    line.ask(range, waiter)?.();
    await settle();
    expect(waiter.heard).toEqual([]);
    expect(rooms.take()).toBeDefined();
  },
);

test("where nothing may be taken from here nothing is asked", () => {
  const line = createCachedLine(
    { find: () => undefined, read: async () => undefined, bring },
    () => false,
  );
  expect(line.ask(range, createWaiter())).toBeUndefined();
});
