import { execFileSync } from "node:child_process";
import { rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { nameFileFailure, nameTopFailure } from "#server/storage/folder/failures.ts";
import { folder } from "#server/storage/folder/index.ts";
import { refusalOf } from "#tests/storage/refusals.ts";
import { createTestIo, listAll } from "#tests/storage/worlds.ts";
import { annasDisk } from "./disk.ts";

const never = new AbortController().signal;
const whole = { start: 0, end: 1_000_000_000 };

describe("a folder that cannot be read", () => {
  test("because its disk is not there is unavailable and not empty", async () => {
    const { music, storage, refusal } = await annasDisk();
    await rename(music, `${music}.gone`);
    for (const work of [
      () => storage.list(null, null),
      () => storage.list("Live", null),
      () => storage.stat("take 2.mp3"),
      () => storage.openRange("take 2.mp3", whole, never),
    ]) {
      expect((await refusal(work())).code).toBe("storage_unavailable");
    }
  });

  test("because a file has taken its place is unavailable", async () => {
    const { music, storage, refusal } = await annasDisk();
    await rename(music, `${music}.gone`);
    await writeFile(music, "");
    expect((await refusal(storage.list(null, null))).code).toBe("storage_unavailable");
  });

  test("because the administrator has withdrawn it is refused", async () => {
    const { music, refusal } = await annasDisk();
    for (const roots of [[], ["/elsewhere"], [join(music, "Live")]]) {
      const settings = { FOLDER_ROOTS: roots };
      const storage = folder.attach(settings, { folder: music }, createTestIo());
      expect((await refusal(storage.list(null, null))).code).toBe("storage_refused");
    }
  });

  test("because it has become a link to elsewhere is refused", async () => {
    const { disk, music, secret, refusal } = await annasDisk();
    const settings = { FOLDER_ROOTS: [join(disk, "music")] };
    const storage = folder.attach(settings, { folder: join(music, "Live") }, createTestIo());
    await rm(join(music, "Live"), { recursive: true });
    await symlink(secret, join(music, "Live"));
    expect((await refusal(storage.list(null, null))).code).toBe("storage_refused");
  });

  test("because of its permissions is refused and not empty", async () => {
    const { disk, music, storage, refusal } = await annasDisk();
    for (const path of [disk, music]) execFileSync("chmod", ["755", path]);
    execFileSync("chmod", ["000", join(music, "Live"), join(music, "take 2.mp3")]);
    await asNobody(async () => {
      expect((await refusal(storage.list("Live", null))).code).toBe("storage_refused");
      const opening = storage.openRange("take 2.mp3", whole, never);
      expect((await refusal(opening)).code).toBe("storage_refused");
      expect(await listAll(storage, null)).toHaveLength(2);
    });
    execFileSync("chmod", ["444", join(music, "Live")]);
    await asNobody(async () => {
      expect((await refusal(storage.list("Live", null))).code).toBe("storage_refused");
    });
    execFileSync("chmod", ["755", join(music, "Live")]);
  });

  test.each([
    ["EIO", "storage_unavailable", "storage_unavailable"],
    ["ENOTCONN", "storage_unavailable", "storage_unavailable"],
    ["ESTALE", "storage_unavailable", "storage_unavailable"],
    ["ETIMEDOUT", "storage_unavailable", "storage_unavailable"],
    ["EMFILE", "busy", "busy"],
    ["EACCES", "storage_refused", "storage_refused"],
    ["EPERM", "storage_refused", "storage_refused"],
    ["ENOENT", "not_found", "storage_unavailable"],
    ["ENOTDIR", "not_found", "storage_unavailable"],
    ["ENAMETOOLONG", "not_found", "storage_unavailable"],
  ])("because of %s is %s, and %s when it is the top", async (code, below, top) => {
    const error = () => Object.assign(new Error(code), { code, syscall: "open" });
    expect((await refusalOf(Promise.reject(nameFileFailure(error())))).code).toBe(below);
    expect((await refusalOf(Promise.reject(nameTopFailure(error())))).code).toBe(top);
  });

  test("because of a mistake of ours is not blamed on the disk", () => {
    const mistake = new TypeError("x is not a function");
    expect(nameFileFailure(mistake)).toBe(mistake);
    expect(nameTopFailure(mistake)).toBe(mistake);
  });
});

/** Root may read everything, so permissions are tried as somebody who may not. */
async function asNobody(work: () => Promise<void>): Promise<void> {
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    await work();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}
