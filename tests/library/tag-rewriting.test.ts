import { open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startTagReader } from "#server/library/tag-reader.ts";
import { rewriteCopy } from "#server/library/tag-rewriting.ts";
import { writeTags } from "#server/library/tag-writer.ts";
import { createTestFolder } from "#tests/support/deps.ts";
import { mp3 } from "./made-audio.ts";

/** A writer that does as it is told, and then changes one bit of the last frame. */
const careless: typeof writeTags = async (order) => {
  const isWritten = await writeTags(order);
  const file = await open(order.path, "r+");
  const { size } = await file.stat();
  const last = Buffer.alloc(1);
  await file.read(last, 0, 1, size - 1);
  last[0] = (last[0] ?? 0) ^ 1;
  await file.write(last, 0, 1, size - 1);
  await file.close();
  return isWritten;
};

test("a writer that changes a bit of the sound is not believed", async () => {
  const path = join(await createTestFolder(), "copy");
  const reader = startTagReader();
  onTestFinished(() => reader.close());
  const rewrite = async (write: typeof writeTags) => {
    await writeFile(path, mp3({ TIT2: "Foam" }));
    return rewriteCopy(reader, { path, name: "foam.mp3", wanted: { title: "Zebra" } }, write);
  };

  expect(await rewrite(writeTags)).toMatchObject({ tags: { title: "Zebra" } });
  await expect(rewrite(careless)).rejects.toMatchObject({ code: "unsupported_media_type" });
});
