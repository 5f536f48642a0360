import { execFileSync } from "node:child_process";
import { readdir, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { createDemoCredential, demoFolder } from "#server/storage/folder/demo.ts";
import { folder } from "#server/storage/folder/index.ts";
import { describeStorage } from "#tests/storage/conformance.ts";
import { createTestIo, listAll, onDisk, readRange } from "#tests/storage/worlds.ts";
import { createTestFolder } from "#tests/support/deps.ts";
import { annasDisk } from "./disk.ts";

const never = new AbortController().signal;
const whole = { start: 0, end: 1_000_000_000 };

describeStorage("a folder", async () => {
  const path = await createTestFolder();
  return {
    ...onDisk(path),
    attach: (io) => folder.attach({ FOLDER_ROOTS: [path] }, { folder: path }, io),
    stop: async () => {},
  };
});

describe("a folder shows what belongs to it and nothing else", () => {
  test("hidden files and folders are not part of it", async () => {
    const { put, storage, names, refusal } = await annasDisk();
    await put("music/.hidden.mp3", Buffer.from("x"));
    await put("music/.git/take.mp3", Buffer.from("x"));
    expect(await names()).toEqual(["Live", "take 2.mp3"]);
    for (const ref of [".hidden.mp3", ".git/take.mp3"]) {
      expect((await refusal(storage.stat(ref))).code).toBe("not_found");
      expect((await refusal(storage.openRange(ref, whole, never))).code).toBe("not_found");
    }
    expect((await refusal(storage.list(".git", null))).code).toBe("not_found");
  });

  test("links that lead out are not part of it, nor is what lies behind them", async () => {
    const { music, secret, storage, names, refusal } = await annasDisk();
    await symlink(secret, join(music, "out"));
    await symlink(join(secret, "diary.mp3"), join(music, "diary.mp3"));
    await symlink("../secret/diary.mp3", join(music, "relative.mp3"));
    await symlink("/dev/zero", join(music, "endless.mp3"));
    await symlink(join(music, "nowhere"), join(music, "broken.mp3"));
    expect(await names()).toEqual(["Live", "take 2.mp3"]);
    for (const ref of ["diary.mp3", "relative.mp3", "out/diary.mp3", "endless.mp3", "broken.mp3"]) {
      expect((await refusal(storage.stat(ref))).code).toBe("not_found");
      expect((await refusal(storage.openRange(ref, whole, never))).code).toBe("not_found");
    }
    expect((await refusal(storage.list("out", null))).code).toBe("not_found");
  });

  test("links inside are followed once, and what they lead to has no id of its own", async () => {
    const { music, storage, names } = await annasDisk();
    await symlink(join(music, "Live"), join(music, "Best"));
    await symlink(join(music, "take 2.mp3"), join(music, "take 3.mp3"));
    expect(await names()).toEqual(["Best", "Live", "take 2.mp3", "take 3.mp3"]);
    expect(await names("Best")).toEqual(["take 1.mp3"]);
    expect((await readRange(storage, "Best/take 1.mp3", whole)).toString()).toBe("one");
    expect((await storage.stat("Best/take 1.mp3")).fileId).toBeNull();
    expect((await storage.stat("take 3.mp3")).fileId).toBeNull();
    expect((await storage.stat("Live/take 1.mp3")).fileId).toMatch(/^\d+-\d+$/);
  });

  test("a walk through links that form a circle comes to an end", async () => {
    const { music, storage, put } = await annasDisk();
    await put("music/Other/take 4.mp3", Buffer.from("x"));
    await symlink(music, join(music, "Live", "up"));
    await symlink(join(music, "Other"), join(music, "Live", "other"));
    await symlink(join(music, "Live"), join(music, "Other", "live"));
    await symlink(join(music, "loop"), join(music, "loop"));
    const found: string[] = [];
    const waiting: (string | null)[] = [null];
    for (let next = waiting.pop(); next !== undefined && found.length < 100; next = waiting.pop()) {
      for (const { kind, ref } of await listAll(storage, next)) {
        if (kind === "folder") waiting.push(ref);
        else found.push(ref);
      }
    }
    expect(found.sort()).toEqual([
      "Live/other/take 4.mp3",
      "Live/take 1.mp3",
      "Other/live/take 1.mp3",
      "Other/take 4.mp3",
      "take 2.mp3",
    ]);
  });

  test("pipes and sockets are no files, and nobody waits for them", async () => {
    const { music, storage, names, refusal } = await annasDisk();
    execFileSync("mkfifo", [join(music, "pipe.mp3")]);
    const socket = createServer().listen(join(music, "socket.mp3"));
    onTestFinished(() => void socket.close());
    expect(await names()).toEqual(["Live", "take 2.mp3"]);
    for (const ref of ["pipe.mp3", "socket.mp3"]) {
      expect((await refusal(storage.stat(ref))).code).toBe("not_found");
      expect((await refusal(storage.openRange(ref, whole, never))).code).toBe("not_found");
    }
  });

  test("a name that is no UTF-8 is left out, and the others stay", async () => {
    const { music, names } = await annasDisk();
    await writeFile(Buffer.concat([Buffer.from(join(music, "caf")), Buffer.from([0xe9])]), "x");
    await writeFile(join(music, "caf\ufffd"), "x");
    expect(await names()).toEqual(["Live", "caf\ufffd", "take 2.mp3"]);
  });

  test("a file with two names has no id, for it would be the id of both", async () => {
    const { music, storage } = await annasDisk();
    execFileSync("ln", [join(music, "take 2.mp3"), join(music, "same.mp3")]);
    expect((await storage.stat("take 2.mp3")).fileId).toBeNull();
  });

  test("a new file in the place of an old one has another id and another etag", async () => {
    const { music, storage } = await annasDisk();
    const path = join(music, "take 2.mp3");
    const before = await storage.stat("take 2.mp3");
    const { mtime } = await stat(path);
    await rm(path);
    await writeFile(path, "owt");
    await utimes(path, mtime, mtime);
    const after = await storage.stat("take 2.mp3");
    expect(after.fileId).not.toBe(before.fileId);
    expect(after.etag).not.toBe(before.etag);
  });
});

describe("pages of a big folder", () => {
  const withTakes = async (count: number) => {
    const { put, storage } = await annasDisk();
    const names = Array.from(
      { length: count },
      (_, index) => `${String(index).padStart(5, "0")}.mp3`,
    );
    for (const name of names) await put(`music/big/${name}`, Buffer.alloc(0));
    return { put, storage, names };
  };

  test("have each of 12,000 files once, in order", async () => {
    const { storage, names } = await withTakes(12_000);
    const listed = await listAll(storage, "big");
    expect(listed.map(({ name }) => name)).toEqual(names);
    const first = await storage.list("big", null);
    expect(first.entries).toHaveLength(5000);
  });

  test("lose nothing that stays when files come and go between them", async () => {
    const { put, storage, names } = await withTakes(6000);
    const first = await storage.list("big", null);
    await put("music/big/00000a.mp3", Buffer.alloc(0));
    const second = await storage.list("big", first.next);
    expect(second.entries.map(({ name }) => name)).toEqual(names.slice(5000));
    expect(second.next).toBeNull();
  });

  test("go on from any cursor, whoever made it up", async () => {
    const { storage } = await annasDisk();
    expect((await storage.list(null, "M")).entries.map(({ name }) => name)).toEqual(["take 2.mp3"]);
    expect(await storage.list(null, "zzz")).toEqual({ entries: [], next: null });
    expect((await storage.list(null, "../..")).entries).toHaveLength(2);
  });
});

describe("the demo recordings", () => {
  test("can be played on every server, whatever the administrator allows", async () => {
    const storage = folder.attach({ FOLDER_ROOTS: [] }, createDemoCredential(), createTestIo());
    const entries = await listAll(storage, null);
    expect(entries.map(({ name }) => name).sort()).toEqual(
      (await readdir(demoFolder)).filter((name) => !name.startsWith(".")).sort(),
    );
    const album = entries.find(({ kind }) => kind === "folder");
    const [track] = await listAll(storage, album?.ref ?? "?");
    expect(await readRange(storage, track?.ref ?? "?", { start: 0, end: 99 })).toHaveLength(100);
  });

  test("need no path, so that moving the program breaks no connection", () => {
    expect(JSON.stringify(createDemoCredential())).not.toContain("/");
    expect(folder.credential.parse(createDemoCredential())).toEqual(createDemoCredential());
    expect(folder.credential.safeParse({ demo: true, folder: "/" }).success).toBe(false);
  });
});
