import { execFile } from "node:child_process";
import { appendFile, mkdir, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test, vi } from "vitest";
import { createDemoCredential } from "#server/storage/folder/demo.ts";
import { folder } from "#server/storage/folder/index.ts";
import type { News } from "#server/storage/provider.ts";
import { createTestIo } from "#tests/storage/worlds.ts";
import { createTestFolder } from "#tests/support/deps.ts";
import { annasDisk, heldWatches, isHeld } from "./disk.ts";

const SOON = { timeout: 10_000, interval: 20 };

type Told = readonly [kind: News["kind"], name: string, isBytes: boolean];

/** What is told of a folder, as it comes. Begun when all of it is watched. */
async function watched(root: string | null = null) {
  const disk = await annasDisk();
  await disk.put("music/Live/.old/take.mp3", Buffer.from("old"));
  const ending = new AbortController();
  onTestFinished(() => ending.abort());
  const storage = folder.attach(disk.settings, { folder: disk.music }, createTestIo(ending.signal));
  const news: Told[] = [];
  const ended = storage.watch?.(root, ({ kind, name, writtenAt }) =>
    news.push([kind, name, isNow(writtenAt)]),
  );
  await expect.poll(() => news.length, SOON).toBe(1);
  /** What an act is told as, from the first news to the last. */
  const told = async (act: Promise<unknown>): Promise<readonly Told[]> => {
    news.length = 0;
    await act;
    await expect.poll(() => news.length, SOON).toBeGreaterThan(0);
    return quiet();
  };
  const quiet = async (): Promise<readonly Told[]> => {
    for (let before = -1; before !== news.length; await sleep(150)) before = news.length;
    return [...news];
  };
  return { ...disk, news, ended: ended ?? expect.unreachable(), told, quiet, end: ending };
}

const isNow = (moment: Date | null): boolean =>
  moment !== null && Math.abs(Date.now() - moment.getTime()) < 2_000;

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test("a new file is told of, and that bytes came", async () => {
  const { music, told } = await watched();
  const news = await told(writeFile(join(music, "Live", "take 3.mp3"), "three"));
  expect(news).toContainEqual(["file", "take 3.mp3", true]);
  const more = await told(appendFile(join(music, "Live", "take 3.mp3"), "three"));
  expect(more.at(-1)).toEqual(["file", "take 3.mp3", true]);
});

test("a file that is gone, or comes from elsewhere whole, is told of, and when its bytes came", async () => {
  const { disk, music, told } = await watched();
  const gone = await told(rm(join(music, "Live", "take 1.mp3")));
  expect(gone).toEqual([["file", "take 1.mp3", false]]);
  await writeFile(join(disk, "done.mp3"), "done");
  await utimes(join(disk, "done.mp3"), 1_700_000_000, 1_700_000_000);
  const moved = await told(rename(join(disk, "done.mp3"), join(music, "Live", "done.mp3")));
  expect(moved).toEqual([["file", "done.mp3", false]]);
  await writeFile(join(disk, "new.mp3"), "new");
  const young = await told(rename(join(disk, "new.mp3"), join(music, "Live", "new.mp3")));
  expect(young).toEqual([["file", "new.mp3", true]]);
});

test("a folder that is gone is told of as one", async () => {
  const { music, told } = await watched();
  const gone = await told(rm(join(music, "Live"), { recursive: true }));
  expect(gone).toContainEqual(["folder", "Live", false]);
});

test("a folder that comes into being is watched, with all that is made in it at once", async () => {
  const { music, told } = await watched();
  await told(mkdir(join(music, "Tour/Berlin/Set 1"), { recursive: true }));
  await told(writeFile(join(music, "Tour/Berlin/Set 1/take.mp3"), "one"));
  await told(mkdir(join(music, "Tour/Berlin/Set 2")));
  await told(writeFile(join(music, "Tour/Berlin/Set 2/take.mp3"), "two"));
});

test("what was written into a new folder before it was watched is told as being written", async () => {
  const { disk, music, told } = await watched();
  await mkdir(join(disk, "Tour/Berlin"), { recursive: true });
  const news = await told(rename(join(disk, "Tour"), join(music, "Tour")));
  expect(news).toEqual([
    ["folder", "Tour", false],
    ["folder", "Tour", true],
  ]);
});

test("a folder with another name is watched under that, and under its old one no more", async () => {
  const { disk, music, told, quiet, news } = await watched();
  await told(mkdir(join(music, "Live/Berlin")));
  await told(rename(join(music, "Live"), join(music, "Gigs")));
  await told(writeFile(join(music, "Gigs/Berlin/take.mp3"), "one"));
  await told(rename(join(music, "Gigs"), join(disk, "elsewhere")));
  news.length = 0;
  await writeFile(join(disk, "elsewhere/Berlin/take.mp3"), "not ours");
  expect(await quiet()).toEqual([]);
  expect(isHeld(join(disk, "elsewhere/Berlin"))).toBe(false);
});

test("of hidden files, of what is behind links and of what is beside the root nothing is told", async () => {
  const { music, secret, put, quiet, news } = await watched("Live");
  await symlink(secret, join(music, "Live", ".out"));
  await put("music/Live/.git/take.mp3", Buffer.from("x"));
  await put("music/Live/.take.mp3", Buffer.from("x"));
  await put("music/Other/take.mp3", Buffer.from("x"));
  await symlink(secret, join(music, "Live", "out"));
  await expect.poll(() => news.length, SOON).toBe(2);
  await put("secret/more.mp3", Buffer.from("x"));
  await put("music/Live/.git/more.mp3", Buffer.from("x"));
  await put("music/Live/.old/more.mp3", Buffer.from("x"));
  expect(await quiet()).toEqual([
    ["folder", "Live", true],
    ["folder", "out", false],
  ]);
});

test("nothing is left of a watch that was ended, not even one that had only begun", async () => {
  const { music, settings, ended, end } = await watched();
  expect(isHeld(music)).toBe(true);
  expect(isHeld(join(music, "Live"))).toBe(true);
  end.abort();
  await ended;
  const again = new AbortController();
  const io = createTestIo(again.signal);
  const begun = folder.attach(settings, { folder: music }, io).watch?.(null, () => again.abort());
  await begun;
  const hasty = new AbortController();
  const late = folder.attach(settings, { folder: music }, createTestIo(hasty.signal));
  const lost = late.watch?.(null, () => expect.unreachable());
  setImmediate(() => hasty.abort());
  await lost;
  await sleep(100);
  expect(isHeld(music)).toBe(false);
  expect(isHeld(join(music, "Live"))).toBe(false);
});

test("nothing is watched any more once a watch was ended on its way through a large tree", async () => {
  const { music, settings } = await annasDisk();
  for (let index = 0; index < 2_000; index += 1) await mkdir(join(music, `Live/${index}`));
  const ending = new AbortController();
  const storage = folder.attach(settings, { folder: music }, createTestIo(ending.signal));
  const ended = storage.watch?.(null, () => {});
  while (heldWatches().length < 10) await new Promise((resolve) => setImmediate(resolve));
  const onItsWay = heldWatches().length;
  ending.abort();
  await ended;
  expect(onItsWay).toBeLessThan(2_000);
  await sleep(500);
  expect(heldWatches()).toEqual([]);
});

test("a folder that is another one by now is not watched any more", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  onTestFinished(() => void vi.useRealTimers());
  const { disk, music, ended } = await watched();
  vi.advanceTimersByTime(60_000);
  await sleep(100);
  expect(isHeld(music)).toBe(true);
  await rename(music, join(disk, "old"));
  await mkdir(music);
  vi.advanceTimersByTime(60_000);
  await expect(ended).rejects.toThrow("another one");
  expect(isHeld(join(disk, "old/Live"))).toBe(false);
});

test("without a watch to be had it fails, and holds nothing back from other programs", async () => {
  const top = await createTestFolder();
  const { stdout } = await promisify(execFile)("sh", [
    "-c",
    `ulimit -n 64; exec ${process.execPath} ${join(import.meta.dirname, "hungry-watch.ts")} ${top}`,
  ]);
  expect(stdout).toBe("EMFILE");
});

test("the demo, which stays as it is, is not watched", async () => {
  const storage = folder.attach({ FOLDER_ROOTS: [] }, createDemoCredential(), createTestIo());
  expect(storage.watch).toBeUndefined();
});
