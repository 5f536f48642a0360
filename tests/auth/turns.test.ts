import { expect, test } from "vitest";
import { createTurns } from "#server/auth/turns.ts";

test("two work, three wait their turn in order, and the sixth is sent away at once", async () => {
  const turns = createTurns({ atOnce: 2, waiting: 3 });
  const started: number[] = [];
  const doors = Array.from({ length: 6 }, () => Promise.withResolvers<void>());
  const work = (index: number) =>
    turns.take(async () => {
      started.push(index);
      await doors[index]?.promise;
      return index;
    });
  const [zero, one, two, three, four] = [0, 1, 2, 3, 4].map(work);

  await expect(work(5)).rejects.toMatchObject({ code: "busy" });
  expect(started).toEqual([0, 1]);
  doors[1]?.resolve();
  await one;
  await expect.poll(() => started).toEqual([0, 1, 2]);
  for (const door of doors) door.resolve();
  expect(await Promise.all([zero, two, three, four])).toEqual([0, 2, 3, 4]);
  expect(started).toEqual([0, 1, 2, 3, 4]);
});

test("work that fails gives its place back", async () => {
  const turns = createTurns({ atOnce: 1, waiting: 1 });
  const failing = turns.take(() => Promise.reject(new Error("no")));
  const next = turns.take(async () => "yes");
  await expect(failing).rejects.toThrow("no");
  expect(await next).toBe("yes");
  expect(await turns.take(async () => "again")).toBe("again");
});
