import { mkdir, readdir, readFile, rename, rm, symlink, truncate } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { folder } from "#server/storage/folder/index.ts";
import type { StorageIo } from "#server/storage/provider.ts";
import type { WriteTarget } from "#server/storage/writing.ts";
import { describeRemoving } from "#tests/storage/removing.ts";
import { createTestIo, onDisk } from "#tests/storage/worlds.ts";
import { beginFile, bodyOf, describeWriting, writingOf } from "#tests/storage/writing.ts";
import { createTestFolder } from "#tests/support/deps.ts";
import { filesIn } from "#tests/uploads/uploading.ts";
import { annasDisk } from "./disk.ts";

const startFolder = async () => {
  const music = await createTestFolder();
  return {
    put: onDisk(music).put,
    attach: (io: StorageIo) => folder.attach({ FOLDER_ROOTS: [music] }, { folder: music }, io),
    everything: () => filesIn(music),
    stop: async () => {},
  };
};

describeWriting("a folder", startFolder);
describeRemoving("a folder", startFolder);

const target = (more: Partial<WriteTarget> = {}): WriteTarget => ({
  ...{ root: null, folders: [], name: "take.mp3", sizeBytes: 3 },
  ...more,
});

test("a link that leads out of the folder takes nothing there, whenever it is made", async () => {
  const { disk, music, storage, refusal } = await annasDisk();
  const writing = writingOf(storage);
  const before = await filesIn(join(disk, "secret"));
  await symlink(join(disk, "secret"), join(music, "2026"));
  const outside = beginFile(writing, target({ folders: ["2026"] }));
  expect((await refusal(outside)).code).toBe("not_found");
  const above = beginFile(writing, target({ folders: ["2026", "05"] }));
  expect((await refusal(above)).code).toBe("not_found");
  for (const folders of [[".."], ["..", "secret"], ["a/b"], [".hidden"], [""]]) {
    const begun = (async () => beginFile(writing, target({ folders })))();
    expect((await refusal(begun)).code).toBe("not_found");
  }

  const session = await beginFile(writing, target({ folders: ["Takes"] }));
  await rename(join(music, "Takes"), join(disk, "moved"));
  await symlink(join(disk, "secret"), join(music, "Takes"));
  const part = { index: 0, startByte: 0, bytes: 3 };
  const put = writing.writePart(session, part, bodyOf(Buffer.from("new"), part));
  expect((await refusal(put)).code).toBe("gone");
  const finish = { receipts: [null], name: "diary.mp3", isRepeated: true };
  expect((await refusal(writing.finish(session, finish))).code).toBe("gone");
  await writing.discard(session);
  expect(await filesIn(join(disk, "secret"))).toEqual(before);
});

test("a hidden file that was swapped for a link, or shortened, is not what was uploaded", async () => {
  const { disk, music, storage, refusal } = await annasDisk();
  const writing = writingOf(storage);
  const part = { index: 0, startByte: 0, bytes: 3 };
  for (const spoil of [
    (hidden: string) => truncate(hidden, 1),
    async (hidden: string) => {
      await rm(hidden);
      await symlink(join(disk, "secret/diary.mp3"), hidden);
    },
  ]) {
    const session = await beginFile(writing, target());
    await writing.writePart(session, part, bodyOf(Buffer.from("new"), part));
    const hidden = (await filesIn(music)).find((path) => path.startsWith(".backline-")) ?? "";
    await spoil(join(music, hidden));
    const finish = { receipts: [null], name: "take.mp3", isRepeated: true };
    expect((await refusal(writing.finish(session, finish))).code).toBe("gone");
    await writing.discard(session);
  }
  expect((await readFile(join(disk, "secret/diary.mp3"))).toString()).toBe("secret");
});

test("folders that were made for what is given up go with it, and no others", async () => {
  const { music, storage } = await annasDisk();
  const writing = writingOf(storage);
  await mkdir(join(music, "2025"));
  for (const folders of [
    ["2025", "05"],
    ["2026", "05"],
    ["Live", "New"],
  ]) {
    const before = await readdir(music, { recursive: true });
    await writing.discard(await beginFile(writing, target({ folders })));
    expect((await readdir(music, { recursive: true })).toSorted()).toEqual(before.toSorted());
  }
});

test("the demo takes nothing", () => {
  const demo = folder.attach({ FOLDER_ROOTS: [] }, { demo: true }, createTestIo());
  expect(demo.writing).toBeUndefined();
});
