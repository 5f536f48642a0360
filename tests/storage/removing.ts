import { describe, expect, onTestFinished, test } from "vitest";
import type { Storage } from "#server/storage/provider.ts";
import type { KnownFile } from "#server/storage/removal.ts";
import { awkwardNames } from "./awkward-names.ts";
import { createTestIo, listAll } from "./worlds.ts";
import type { WritableWorld, WritingShortcomings } from "./writing.ts";

const failsWith = (code: string) => expect.objectContaining({ name: "AppError", code });

async function remove(storage: Storage, known: KnownFile): Promise<void> {
  if (!storage.remove) throw new Error("Nothing can be deleted in it.");
  await storage.remove(known);
}

/** Holds a provider to what `remove` promises, over a storage that `start` makes for each test. */
export function describeRemoving(
  name: string,
  start: () => Promise<WritableWorld>,
  { losesNames = [], keepsNames = [] }: WritingShortcomings = {},
): void {
  const begin = async () => {
    const world = await start();
    onTestFinished(() => world.stop());
    return { world, storage: world.attach(createTestIo()) };
  };
  describe(`deleting in ${name}`, () => {
    test("takes that file away and nothing else", async () => {
      const { world, storage } = await begin();
      await world.put("Live/take 1.mp3", Buffer.from("one"));
      await world.put("Live/take 10.mp3", Buffer.from("ten"));
      const known = await storage.stat("Live/take 1.mp3");
      await remove(storage, known);
      expect(await world.everything()).toEqual(["Live/take 10.mp3"]);
      await expect(storage.stat("Live/take 1.mp3")).rejects.toEqual(failsWith("not_found"));
      await expect(remove(storage, known)).rejects.toEqual(failsWith("not_found"));
      expect(await world.everything()).toEqual(["Live/take 10.mp3"]);
    });

    test("files of all names are deleted by what their listing said", async () => {
      const { world, storage } = await begin();
      const names = awkwardNames.filter((each) => ![...losesNames, ...keepsNames].includes(each));
      for (const each of names) await world.put(`Live/${each}`, Buffer.from(each));
      await world.put("Live/stays.mp3", Buffer.from("x"));
      for (const entry of await listAll(storage, "Live")) {
        if (entry.kind === "file" && entry.name !== "stays.mp3") await remove(storage, entry);
      }
      expect(await world.everything()).toEqual(["Live/stays.mp3"]);
    });

    test.each([
      ["of another size", "longer"],
      ["of the same size", "two"],
    ])("a file that was replaced by one %s stays", async (_, text) => {
      const { world, storage } = await begin();
      await world.put("take.mp3", Buffer.from("one"));
      const known = await storage.stat("take.mp3");
      // Validators of some servers have whole seconds.
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      await world.put("take.mp3", Buffer.from(text));
      await expect(remove(storage, known)).rejects.toEqual(failsWith("conflict"));
      expect(await world.everything()).toEqual(["take.mp3"]);
      await remove(storage, await storage.stat("take.mp3"));
      expect(await world.everything()).toEqual([]);
    });

    test.each([
      "Live",
      "Live/",
      "",
      "..",
      "Live/../Live/take.mp3",
      "Live/./take.mp3",
      "/Live/take.mp3",
    ])("the ref %j is no file, and nothing goes", async (ref) => {
      const { world, storage } = await begin();
      await world.put("Live/take.mp3", Buffer.from("one"));
      const known = { ...(await storage.stat("Live/take.mp3")), ref };
      await expect(remove(storage, known)).rejects.toEqual(failsWith("not_found"));
      expect(await world.everything()).toEqual(["Live/take.mp3"]);
    });
  });
}
