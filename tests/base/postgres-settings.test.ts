import { expect, test } from "vitest";
import { toSharedMegabytes } from "#server/base/postgres/settings.ts";

const GIGABYTE = 1024 ** 3;

test.each([
  [0.5, 64],
  [2, 64],
  [4, 128],
  [16, 512],
  [256, 512],
])("of %d GB of memory the database gets %d MB for what it reads", (gigabytes, megabytes) => {
  expect(toSharedMegabytes(gigabytes * GIGABYTE)).toBe(megabytes);
});
