import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { folder } from "#server/storage/folder/index.ts";
import { refusalOf } from "#tests/storage/refusals.ts";
import { createTestIo, listAll, onDisk } from "#tests/storage/worlds.ts";
import { createTestFolder } from "#tests/support/deps.ts";

/** `music` is connected; `secret` lies beside it and must never be reached. */
export async function annasDisk() {
  const disk = await createTestFolder();
  const music = join(disk, "music");
  const secret = join(disk, "secret");
  const { put } = onDisk(disk);
  await put("music/Live/take 1.mp3", Buffer.from("one"));
  await put("music/take 2.mp3", Buffer.from("two"));
  await put("secret/diary.mp3", Buffer.from("secret"));
  const settings = { FOLDER_ROOTS: [music] };
  const storage = folder.attach(settings, { folder: music }, createTestIo());
  const refusal = async (work: Promise<unknown>) => {
    const failure = await refusalOf(work);
    expect(failure.message).not.toContain(disk);
    return failure;
  };
  const names = async (ref: string | null = null) =>
    (await listAll(storage, ref)).map(({ name }) => name);
  return { disk, music, secret, settings, storage, put, refusal, names };
}

/** Whether this process holds a watch on a folder, by what the kernel says. */
export const isHeld = (path: string): boolean =>
  heldWatches().some((watch) => watch.includes(` ino:${statSync(path).ino.toString(16)} `));

/** All watches of this process, a line each. */
export const heldWatches = (): string[] =>
  readdirSync("/proc/self/fdinfo").flatMap((fd) => {
    try {
      const lines = readFileSync(`/proc/self/fdinfo/${fd}`, "utf8").split("\n");
      return lines.filter((line) => line.startsWith("inotify "));
    } catch {
      // Closed since.
      return [];
    }
  });
