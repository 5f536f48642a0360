import { expect, test } from "vitest";
import type { Changes } from "#server/storage/changes.ts";
import { compareListings } from "#server/storage/listing-digest.ts";
import type { Storage } from "#server/storage/provider.ts";
import type { Begin, Shortcomings } from "./conformance.ts";
import { listAll, type StorageWorld } from "./worlds.ts";

const POLL = { timeout: 10_000, interval: 50 };

/** As the library asks: what a storage does not tell is seen in its listings. */
export const askForChanges = async (
  storage: Storage,
  root: string | null,
  cursor: string | null,
): Promise<Changes> =>
  (await storage.changes?.(root, cursor)) ?? compareListings(storage, root, cursor, () => true);

/** Asks until a storage has nothing new to say. @returns the cursor then. */
async function untilQuiet(storage: Storage, root: string | null = null): Promise<string> {
  let cursor: string | null = null;
  const kindOf = async (): Promise<string> => {
    const changes: Changes = await askForChanges(storage, root, cursor);
    cursor = changes.cursor;
    return changes.kind;
  };
  expect(await kindOf()).toBe("any");
  await expect.poll(kindOf, POLL).toBe("none");
  return cursor ?? expect.unreachable();
}

const deeds: Readonly<Record<string, (world: StorageWorld) => Promise<void>>> = {
  "a new recording": (world) => world.put("Live/Berlin/take 3.mp3", Buffer.from("three")),
  "other bytes": (world) => world.put("Live/Berlin/take 2.mp3", Buffer.from("another two")),
  "a new name": (world) => world.rename("Live/Berlin/take 2.mp3", "Live/Berlin/second.mp3"),
  "a recording that is gone": (world) => world.remove("Live/Berlin/take 2.mp3"),
};

const lastPart = (ref: string): string => ref.slice(ref.lastIndexOf("/") + 1);

/** Whether a change somewhere in the folder would be listed. */
const names = (changes: Changes, ref: string): boolean =>
  changes.kind === "any" ||
  (changes.kind === "some" && changes.parts.some((part) => lastPart(ref).includes(part)));

async function begun(begin: Begin) {
  const { world, storage } = await begin();
  await world.put("Live/take 1.mp3", Buffer.from("one"));
  await world.put("Live/Berlin/take 2.mp3", Buffer.from("two"));
  await world.put("Other/take 9.mp3", Buffer.from("nine"));
  const refOf = async (path: string): Promise<string> => {
    let [at, ref]: [string | null, string] = [null, ""];
    for (const name of path.split("/")) {
      const entries: Awaited<ReturnType<typeof listAll>> = await listAll(storage, at);
      const found = entries.find((each) => each.name === name);
      [at, ref] = [found?.path ?? null, found?.ref ?? expect.unreachable()];
    }
    return ref;
  };
  return { world, storage, refOf };
}

/** What `Storage.changes` promises, be it told or seen. */
export function watching(begin: Begin, { hasNoFolders }: Shortcomings): void {
  test("says that nothing has changed for as long as nothing does", async () => {
    const { storage } = await begun(begin);
    const cursor = await untilQuiet(storage);
    const again = await askForChanges(storage, null, cursor);
    expect(again.kind).toBe("none");
    expect((await askForChanges(storage, null, again.cursor)).kind).toBe("none");
  });

  test.each(Object.entries(deeds))("tells of %s, and where", async (_, change) => {
    const { world, storage, refOf } = await begun(begin);
    const folder = await refOf("Live/Berlin");
    const cursor = await untilQuiet(storage);
    await change(world);
    await expect
      .poll(async () => names(await askForChanges(storage, null, cursor), folder), POLL)
      .toBe(true);
  });

  test("tells of a folder that is somewhere else now", async () => {
    const { world, storage, refOf } = await begun(begin);
    const [moved, target] = [await refOf("Live/Berlin"), await refOf("Other")];
    const cursor = await untilQuiet(storage);
    const what = hasNoFolders ? "Berlin/take 2.mp3" : "Berlin";
    await world.rename(`Live/${what}`, `Other/${what}`);
    await expect
      .poll(async () => names(await askForChanges(storage, null, cursor), target), POLL)
      .toBe(true);
    expect(names(await askForChanges(storage, null, cursor), moved)).toBe(true);
  });

  test("of what is beside the root nothing is told, or nothing that is below it", async () => {
    const { world, storage, refOf } = await begun(begin);
    const refs = [await refOf("Live/Berlin"), await refOf("Live/take 1.mp3")];
    const cursor = await untilQuiet(storage, "Live");
    await world.put("Other/take 10.mp3", Buffer.from("ten"));
    const changes = await askForChanges(storage, "Live", cursor);
    expect(refs.some((ref) => names(changes, ref))).toBe(false);
    expect(changes).not.toMatchObject({ isRootTouched: true });
  });

  test("begins anew with a cursor that is no good", async () => {
    const { storage } = await begun(begin);
    for (const cursor of ["", "nonsense", '{"tokens":{}}']) {
      expect((await askForChanges(storage, null, cursor)).kind).toBe("any");
    }
  });

  test("does not say that all is well with a root that is gone", async () => {
    const { world, storage } = await begun(begin);
    const cursor = await untilQuiet(storage, "Other");
    await world.remove("Other/take 9.mp3");
    await world.remove("Other").catch(() => {});
    const said = askForChanges(storage, "Other", cursor).then(
      (changes) => changes.kind,
      (error) => error.code,
    );
    expect(await said).toMatch(/^(any|some|not_found)$/);
  });
}
