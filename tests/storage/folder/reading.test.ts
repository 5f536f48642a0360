import { once } from "node:events";
import { readdir, rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { LONG_BYTES, readAll, readRange } from "#tests/storage/worlds.ts";
import { generatedBytes } from "#tests/support/fault-tree.ts";
import { annasDisk } from "./disk.ts";

const never = new AbortController().signal;
const whole = { start: 0, end: 1_000_000_000 };

describe("a file that is changed while it is read", () => {
  const withLongTake = async () => {
    const disk = await annasDisk();
    await disk.put("music/long.flac", generatedBytes(0, LONG_BYTES - 1));
    const { body } = await disk.storage.openRange("long.flac", whole, never);
    body.once("readable", () => body.read(1000));
    await expect.poll(() => body.readableLength).toBeGreaterThan(0);
    return { ...disk, path: join(disk.music, "long.flac"), body };
  };

  test("and is shorter now fails instead of ending early", async () => {
    const { path, body, refusal } = await withLongTake();
    await truncate(path, 1_000_000);
    expect((await refusal(readAll(body))).code).toBe("storage_unavailable");
  });

  test("and has other bytes now fails instead of mixing two versions", async () => {
    const { path, body, refusal } = await withLongTake();
    await writeFile(path, generatedBytes(7, LONG_BYTES + 6));
    expect((await refusal(readAll(body))).code).toBe("storage_unavailable");
  });

  test("or renamed or deleted is read to its end all the same", async () => {
    const { path, body } = await withLongTake();
    await rename(path, `${path}.old`);
    await rm(`${path}.old`);
    const rest = await readAll(body);
    expect(rest.equals(generatedBytes(LONG_BYTES - rest.length, LONG_BYTES - 1))).toBe(true);
  });

  test("a link that takes its place never shows what lies outside", async () => {
    const { music, secret, storage } = await annasDisk();
    const path = join(music, "Live");
    await symlink(secret, join(music, "out"));
    await writeFile(join(secret, "take 1.mp3"), "secret");
    let isSwapping = true;
    const swap = async () => {
      while (isSwapping) {
        await rename(path, join(music, "aside"));
        await rename(join(music, "out"), path);
        await rename(path, join(music, "out"));
        await rename(join(music, "aside"), path);
        await delay(Math.random() * 3);
      }
    };
    const swapping = swap();
    const seen = new Set<string>();
    for (let round = 0; round < 400; round += 1) {
      const outcome = await readRange(storage, "Live/take 1.mp3", whole).then(
        (bytes) => bytes.toString(),
        (error: { code: string }) => error.code,
      );
      seen.add(outcome);
    }
    isSwapping = false;
    await swapping;
    expect([...seen]).not.toContain("secret");
    expect([...seen]).toContain("one");
    expect(
      [...seen].every((each) => ["one", "not_found", "storage_unavailable"].includes(each)),
    ).toBe(true);
  });
});

test("whoever leaves gives the file back at once", async () => {
  const { storage, refusal } = await annasDisk();
  const openFiles = async () => (await readdir("/proc/self/fd")).length;
  const before = await openFiles();
  const seen: number[] = [];
  for (let round = 0; round < 50; round += 1) {
    const { body } = await storage.openRange("take 2.mp3", whole, never);
    const closed = once(body, "close");
    body.destroy();
    await closed;
    await refusal(storage.openRange("take 2.mp3", { start: 99, end: 100 }, never));
    await readRange(storage, "take 2.mp3", whole);
    const left = AbortSignal.abort(new Error("gone"));
    await expect(storage.openRange("take 2.mp3", whole, left)).rejects.toThrow("gone");
    seen.push(await openFiles());
  }
  expect(Math.max(...seen)).toBeLessThan(before + 10);
});
