import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { BandId } from "#contract/ids.ts";
import type { ListTracks } from "#contract/library.ts";
import { write } from "#server/base/db.ts";
import { annasStorage, type StorageWorld } from "#tests/support/world.ts";

const MANY = 100_001;

const totalOf = async (
  { anna, bandId }: Pick<StorageWorld, "anna"> & { readonly bandId: BandId },
  how: Partial<ListTracks> = {},
): Promise<number | null> =>
  (await anna.api.library.tracks.list.query({ bandId, limit: 1, ...how })).total;

test("beyond what is counted, how many there are is not counted anew for a minute", {
  timeout: 300_000,
}, async () => {
  const world = await annasStorage(() => {});
  const { id } = world.connection;
  await write(world.server.deps, async (tx) => {
    // Neither albums nor words: they are not what is counted.
    await tx.execute(sql`alter table tracks disable trigger user`);
    await tx.execute(sql`
      insert into tracks (id, ref, band_id, connection_id, size_bytes, is_read, state, title,
        sort_title, sort_artist, sort_album, sort_duration_ms, search_text, path)
      select gen_random_uuid(), n::text, ${world.bandId}, ${id}, 1, true, 'present', 'T ' || n,
        't' || n, '', '', n, ' t' || n, n || '.mp3'
      from generate_series(1, ${MANY + 9}::int) as n`);
  });
  expect(await totalOf(world)).toBe(MANY);

  await write(world.server.deps, async (tx) => {
    await tx.execute(sql`delete from tracks where sort_duration_ms > 100`);
  });
  expect(await totalOf(world)).toBe(MANY);
  expect(await totalOf(world, { filter: { state: "present" } })).toBe(100);
  expect(await totalOf(world, { search: "t99" })).toBe(1);
});
