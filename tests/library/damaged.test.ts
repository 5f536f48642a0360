import { readFileSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { expect, onTestFinished, test } from "vitest";
import { startTagReader } from "#server/library/tag-reader.ts";
import { isStorable } from "#server/library/tags.ts";
import { damage, toTagFile } from "#tests/support/damage.ts";
import { demoFolder, demoRecordings } from "#tests/support/demo.ts";
import { createRandom } from "./disturbances.ts";

const FILES = 10_000;
const AT_ONCE = 16;

test("of 10,000 damaged recordings each is read or given up, and what is read can be stored", async () => {
  const random = createRandom(20_261_128);
  const files = demoRecordings.map(({ path }) => ({
    path,
    bytes: readFileSync(join(demoFolder, path)),
  }));
  const reader = startTagReader();
  onTestFinished(() => reader.close());
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const texts = new Set<string>();
  const numbers = new Set<number>();
  const note = (value: unknown): void => {
    if (typeof value === "string") texts.add(value);
    if (typeof value === "number") numbers.add(value);
  };
  const counts = { read: 0, givenUp: 0 };
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < FILES; index = next++) {
      const { path, bytes } = files[index % files.length] ?? expect.unreachable();
      const broken = damage(bytes, random);
      const parsed = await reader.read(toTagFile(path, broken), async (start, end) =>
        broken.subarray(start, end + 1),
      );
      counts[parsed ? "read" : "givenUp"] += 1;
      for (const value of Object.values(parsed?.tags ?? {})) note(value);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  delays.disable();
  process.stdout.write(
    `${counts.read} read, ${counts.givenUp} given up; event loop late by ${(delays.percentile(99) / 1e6).toFixed(1)} ms (p99)\n`,
  );

  expect(counts.read + counts.givenUp).toBe(FILES);
  expect(counts.read).toBeGreaterThan(FILES / 4);
  expect(counts.givenUp).toBeGreaterThan(FILES / 100);
  expect([...numbers].filter((number) => !Number.isSafeInteger(number))).toEqual([]);
  expect([...texts].filter((text) => !isStorable(text))).toEqual([]);
}, 240_000);
