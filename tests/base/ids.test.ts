import { expect, test } from "vitest";
import { createId } from "#server/base/ids.ts";

test("ids are of version 7, and in the order in which they were made", () => {
  const now = new Date("2026-03-14T19:30:00.123Z");
  const later = new Date(now.getTime() + 1);
  const ids = [
    ...Array.from({ length: 5_000 }, () => createId<string>(now)),
    ...Array.from({ length: 5_000 }, () => createId<string>(later)),
  ];
  const form = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;
  expect(ids.every((id) => form.test(id))).toBe(true);
  const moments = new Set(ids.map((id) => Number.parseInt(id.replace("-", "").slice(0, 12), 16)));
  expect([...moments]).toEqual([now.getTime(), later.getTime()]);
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
});

test("an id does not tell the next", () => {
  const now = new Date();
  const steps = Array.from({ length: 50 }, () => {
    const [one, other] = [createId<string>(now), createId<string>(now)];
    return Number(BigInt(`0x${other.slice(24)}`) - BigInt(`0x${one.slice(24)}`));
  });
  expect(new Set(steps).size).toBe(steps.length);
});
