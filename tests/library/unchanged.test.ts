import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { write } from "#server/base/db.ts";
import { annasStorage, listTracks, type StorageWorld, trackAt } from "#tests/support/world.ts";
import { flac, mp3 } from "./made-audio.ts";
import { deedsOf, libraryOf, NOTHING, rescan, statesOf } from "./scanning.ts";

const take = (title: string) => mp3({ TIT2: title }, 0.3);

/** 60 recordings in 30 folders of a storage whose folders say when something below them changed. */
const band = (): Promise<StorageWorld> =>
  annasStorage(
    ({ tree }) => {
      for (let index = 0; index < 60; index += 1) {
        tree.put(`Artist ${index % 5}/Album ${index % 30}/${index}.mp3`, take(`Song ${index}`));
      }
      tree.put("loose.mp3", take("Loose"));
    },
    { cloud: { persona: "nextcloud" } },
  );

/** Scans, and says which folders were asked for. */
async function scanAndWatch(world: StorageWorld, options?: { confirmMissing: boolean }) {
  const since = world.cloud.requests.length;
  const scan = await rescan(world, options);
  const asked = world.cloud.requests.slice(since);
  return {
    scan,
    folders: asked.filter(({ method }) => method === "PROPFIND").map(({ path }) => path),
  };
}

describe("a storage whose folders tell when something has changed", () => {
  test("is asked once when nothing has, and the figures are those of all of it", async () => {
    const world = await band();
    const before = await listTracks(world);
    const { scan, folders } = await scanAndWatch(world);
    expect(folders).toEqual([""]);
    expect(deedsOf(scan)).toEqual(NOTHING);
    const libraryBytes = before.reduce((sum, track) => sum + track.sizeBytes, 0);
    expect(scan).toMatchObject({
      state: "done",
      found: 61,
      libraryBytes,
      foldersFound: 6,
      foldersDone: 6,
    });
    expect(await listTracks(world)).toEqual(before);
  });

  test("is asked only for what leads to a change", async () => {
    const world = await band();
    world.cloud.tree.put("Artist 2/Album 7/new.mp3", take("New"));
    world.cloud.tree.remove("Artist 2/Album 7/37.mp3");
    const { scan, folders } = await scanAndWatch(world);
    expect(folders.toSorted()).toEqual(["", "Artist 2", "Artist 2/Album 7"]);
    expect(scan).toMatchObject({ found: 61, added: 1, missing: 1 });
    expect(await trackAt(world, "Artist 2/Album 7/37.mp3")).toMatchObject({ state: "missing" });
    expect((await scanAndWatch(world)).folders).toEqual([""]);
  });

  test("keeps a recording that moved from one folder to another", async () => {
    const world = await band();
    const { id } = await trackAt(world, "Artist 1/Album 1/1.mp3");
    world.cloud.tree.move("Artist 1/Album 1/1.mp3", "Artist 4/1.mp3");
    expect(deedsOf((await scanAndWatch(world)).scan)).toEqual({ ...NOTHING, moved: 1 });
    expect((await trackAt(world, "Artist 4/1.mp3")).id).toBe(id);
  });

  test("is asked again for a folder that could not be listed", async () => {
    const world = await band();
    world.cloud.tree.put("Artist 2/Album 7/new.mp3", take("New"));
    const heal = world.cloud.fault({ method: "PROPFIND", path: "Artist 2/Album 7", status: 403 });
    expect((await scanAndWatch(world)).scan).toMatchObject({ foldersFailed: 1, added: 0 });
    heal();
    const { scan, folders } = await scanAndWatch(world);
    expect(folders).toContain("Artist 2/Album 7");
    expect(scan).toMatchObject({ foldersFailed: 0, added: 1 });
  });

  test("is asked again for all when much was gone and somebody confirms it", async () => {
    const world = await band();
    for (let index = 0; index < 5; index += 1) {
      for (let album = index; album < 15; album += 5) {
        world.cloud.tree.remove(`Artist ${index}/Album ${album}`);
      }
    }
    expect((await scanAndWatch(world)).scan).toMatchObject({ withheld: 30, missing: 0 });
    const { scan } = await scanAndWatch(world, { confirmMissing: true });
    expect(scan).toMatchObject({ withheld: 0, missing: 30 });
  });

  test("finds what another root had left out when the first one is back", async () => {
    const world = await band();
    const connectionId = world.connection.id;
    const before = await libraryOf(world);
    await world.anna.api.connections.setRoot.mutate({ connectionId, folder: "Artist 3" });
    await rescan(world, { confirmMissing: true });
    expect(
      Object.values(await statesOf(world)).filter((state) => state === "missing"),
    ).toHaveLength(49);
    await world.anna.api.connections.setRoot.mutate({ connectionId, folder: null });
    await rescan(world);
    expect(await libraryOf(world)).toEqual(before);
  });

  test("reads what an earlier scan could not read, in folders that are not listed again", async () => {
    const world = await band();
    world.cloud.tree.put("Artist 2/Album 7/new.flac", flac({ TITLE: "New" }));
    const heal = world.cloud.fault({
      method: "GET",
      path: "Artist 2/Album 7/new.flac",
      status: 403,
    });
    expect((await scanAndWatch(world)).scan).toMatchObject({ added: 1, failed: 1 });
    heal();
    const { scan, folders } = await scanAndWatch(world);
    expect(folders).toEqual([""]);
    expect(scan).toMatchObject({ toRead: 1, read: 1 });
    expect(await trackAt(world, "Artist 2/Album 7/new.flac")).toMatchObject({ title: "New" });
  });

  test("is asked for everything again after a day, and after another sign-in", async () => {
    const world = await band();
    const { deps } = world.server;
    await write(deps, (tx) =>
      tx.execute(sql`update known_folders set listed_at = listed_at - interval '25 hours'`),
    );
    expect((await scanAndWatch(world)).folders).toHaveLength(36);
    expect((await scanAndWatch(world)).folders).toHaveLength(1);
    const { url, username, password } = world.cloud;
    const form = { provider: "webdav", url, username, password } as const;
    await world.anna.api.connections.reconnect.mutate({ connectionId: world.connection.id, form });
    expect((await scanAndWatch(world)).folders).toHaveLength(36);
  });
});
