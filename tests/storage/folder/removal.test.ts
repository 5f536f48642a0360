import { link, mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { removeFile } from "#server/storage/folder/removal.ts";
import { requireKnown } from "#server/storage/removal.ts";
import { filesIn } from "#tests/uploads/uploading.ts";
import { annasDisk } from "./disk.ts";

test("what a link leads to is left alone, inside the folder and outside", async () => {
  const { disk, music, storage, refusal } = await annasDisk();
  await mkdir(join(music, "Real"));
  await writeFile(join(music, "Real", "take.mp3"), "one");
  await symlink(join(music, "Real"), join(music, "Linked"));
  await symlink(join(music, "Real", "take.mp3"), join(music, "linked.mp3"));
  await symlink(join(disk, "secret"), join(music, "Out"));
  const before = [await filesIn(music), await filesIn(join(disk, "secret"))];
  for (const [ref, code] of [
    ["Linked/take.mp3", "storage_refused"],
    ["linked.mp3", "storage_refused"],
  ] as const) {
    const known = await storage.stat(ref);
    const refused = await refusal((async () => storage.remove?.(known))());
    expect(refused).toMatchObject({ code });
    expect(refused.message).toContain("link");
  }
  const [secret = ""] = before[1] ?? [];
  const known = { ref: `Out/${secret}`, sizeBytes: 1, etag: null, modifiedAt: null };
  expect(await refusal((async () => storage.remove?.(known))())).toMatchObject({
    code: "not_found",
  });
  expect([await filesIn(music), await filesIn(join(disk, "secret"))]).toEqual(before);
});

test("a folder that is swapped for a link again and again never leads out", async () => {
  const { disk, music, storage } = await annasDisk();
  const outside = join(disk, "elsewhere");
  // Below what is swapped, so that it is no link itself.
  await mkdir(join(outside, "Inner"), { recursive: true });
  await mkdir(join(music, "Swapped", "Inner"), { recursive: true });
  let deleted = 0;
  for (let round = 0; round < 400; round += 1) {
    const file = join(music, "Swapped", "Inner", "take.mp3");
    await writeFile(file, "one");
    // The same file under both names, so that only where it lies tells them apart.
    await rm(join(outside, "Inner", "take.mp3"), { force: true });
    await link(file, join(outside, "Inner", "take.mp3"));
    const known = await storage.stat("Swapped/Inner/take.mp3");
    const removing = removeFile(music, known).then(
      () => (deleted += 1),
      () => {},
    );
    // Sometimes it is over before, mostly it is in the middle.
    if (round % 10 === 0) await removing;
    else for (let turn = 0; turn < round % 10; turn += 1) await setImmediate();
    await rename(join(music, "Swapped"), join(music, ".aside"));
    await symlink(outside, join(music, "Swapped"));
    await removing;
    await rename(join(music, "Swapped"), join(disk, `link ${round}`));
    await rename(join(music, ".aside"), join(music, "Swapped"));
    expect(await readFile(join(outside, "Inner", "take.mp3"), "utf8")).toBe("one");
  }
  expect(deleted).toBeGreaterThanOrEqual(40);
  console.log(`${deleted} of 400 were deleted where they lie, none elsewhere`);
});

test.each([
  [{ sizeBytes: 4 }, false],
  [{ etag: '"2"' }, false],
  [{ etag: 'W/"1"' }, true],
  [{ etag: null }, true],
  [{ etag: null, modifiedAt: new Date(1) }, false],
  [{ modifiedAt: new Date(1) }, true],
])("a file of which another version is known as %j goes: %j", (other, isKnown) => {
  const known = { ref: "take.mp3", sizeBytes: 3, etag: '"1"', modifiedAt: new Date(0) };
  const compare = () => requireKnown({ ...known, ...other }, known);
  if (isKnown) expect(compare).not.toThrow();
  else expect(compare).toThrow("another version");
});

test("a size that changed is another version where there is no validator", () => {
  const known = { ref: "take.mp3", sizeBytes: 3, etag: null, modifiedAt: null };
  expect(() => requireKnown({ ...known, sizeBytes: 4 }, known)).toThrow("another version");
  expect(() => requireKnown(known, known)).not.toThrow();
});
