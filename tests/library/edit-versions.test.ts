import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import type { EditId, TrackId } from "#contract/ids.ts";
import { write } from "#server/base/db.ts";
import { join } from "#tests/comments/rehearsal-room.ts";
import { refused } from "#tests/support/refused.ts";
import { type StorageWorld, trackAt } from "#tests/support/world.ts";
import { annasTracks, editsOf, found, save } from "./editing.ts";

const rowOf = async ({ server }: StorageWorld, id: TrackId) => {
  const [row] = await server.deps.db.execute(sql`
    select title, artist, album, album_artist, track_number, disc_number, year, genre, artists, genres,
      artist_sort, album_sort, recorded_on::text, sort_title, sort_artist, sort_album, search_text,
      is_named_by_path, album_id, artist_ids, genre_ids
    from tracks where id = ${id}`);
  return row;
};

describe("the versions of a track", () => {
  test("say who changed what when, and each can be brought back", async () => {
    const world = await annasTracks();
    const ben = await join(world, "ben", "editor");
    const foam = await trackAt(world, "Tides/1.flac");
    const [first] = await save(world.anna, [foam], { title: "One", artist: "A" });
    const [second] = await save(ben.client, [first ?? foam], { title: "Two", artist: null });
    const page = await editsOf(ben.client, foam.id);
    expect(page).toMatchObject({
      ...{ version: second?.editId, edited: ["title"], next: null },
      unedited: { title: "Foam", artist: "Herons", year: 1998, recordedOn: null },
    });
    expect(page.versions).toEqual([
      {
        ...{ id: second?.editId, editedBy: "ben", editedAt: expect.stringMatching(/Z$/) },
        isRestored: false,
        changes: [
          { field: "title", before: "One", after: "Two" },
          { field: "artist", before: "A", after: "Herons" },
        ],
      },
      expect.objectContaining({ id: first?.editId, editedBy: "Anna" }),
    ]);

    const restore = (editId: EditId | null, version: EditId | null) =>
      world.anna.api.library.edits.restore.mutate({ trackId: foam.id, editId, version });
    const back = await restore(first?.editId ?? null, second?.editId ?? null);
    expect(back).toMatchObject({ title: "One", artist: "A" });
    expect(await found(world, "one")).toEqual(["Tides/1.flac"]);
    const original = await restore(null, back.editId);
    expect(original).toMatchObject({ title: "Foam", artist: "Herons" });
    const { versions, edited } = await editsOf(world.anna, foam.id);
    expect(versions.map(({ isRestored }) => isRestored)).toEqual([true, true, false, false]);
    expect(edited).toEqual([]);
    // As if nobody had ever edited it, sort names and all.
    const world2 = await annasTracks();
    const untouched = await rowOf(world2, (await trackAt(world2, "Tides/1.flac")).id);
    const {
      album_id: _,
      artist_ids: __,
      genre_ids: ___,
      ...restored
    } = (await rowOf(world, foam.id)) ?? {};
    expect(untouched).toMatchObject(restored);

    expect((await refused(restore(first?.editId ?? null, back.editId))).code).toBe("conflict");
    const strange = randomUUID() as EditId;
    expect((await refused(restore(strange, original.editId))).code).toBe("not_found");
  });

  test("come in pages, and of another track none is brought back", async () => {
    const world = await annasTracks();
    let foam = await trackAt(world, "Tides/1.flac");
    for (const title of ["A", "B", "C"]) [foam = foam] = await save(world.anna, [foam], { title });
    const { list } = world.anna.api.library.edits;
    const first = await list.query({ trackId: foam.id, limit: 2 });
    const rest = await list.query({ trackId: foam.id, limit: 2, cursor: first.next });
    const titles = [...first.versions, ...rest.versions].map(({ changes }) => changes[0]?.after);
    expect([titles, rest.next]).toEqual([["C", "B", "A"], null]);
    const salt = await trackAt(world, "Tides/2.flac");
    const order = { trackId: salt.id, editId: foam.editId, version: null };
    expect((await refused(world.anna.api.library.edits.restore.mutate(order))).code).toBe(
      "not_found",
    );
  });

  test("are never changed, and go with their track alone", async () => {
    const world = await annasTracks();
    const foam = await trackAt(world, "Tides/1.flac");
    await save(world.anna, [foam], { title: "One" });
    const { deps } = world.server;
    for (const tamper of [
      sql`update track_edits set changes = '[]'`,
      sql`update track_edits set edited_at = now() - interval '1 day'`,
      sql`delete from track_edits`,
    ]) {
      await expect(write(deps, (tx) => tx.execute(tamper))).rejects.toThrow();
    }
    expect((await editsOf(world.anna, foam.id)).versions).toHaveLength(1);
    await write(deps, (tx) => tx.execute(sql`delete from tracks where id = ${foam.id}`));
    expect(await deps.db.execute(sql`select from track_edits`)).toHaveLength(0);
  });
});
