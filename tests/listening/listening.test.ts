import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { expect, onTestFinished, test } from "vitest";
import type { PlayId, TrackId } from "#contract/ids.ts";
import type { ListenedFilter } from "#contract/library.ts";
import { listens, plays } from "#drizzle/schema/index.ts";
import type { Backline } from "#sdk/index.ts";
import { write } from "#server/base/db.ts";
import { join } from "#tests/comments/rehearsal-room.ts";
import { mp3 } from "#tests/library/made-audio.ts";
import { forgetTries } from "#tests/security/night-shift.ts";
import { startFaultServer } from "#tests/support/fault-server.ts";
import { refused } from "#tests/support/refused.ts";
import {
  annasStorage,
  connect,
  listTracks,
  runJobs,
  type StorageWorld,
  trackAt,
} from "#tests/support/world.ts";

const NAMES = ["a", "b", "c", "d"];
/** The same bytes in whatever storage. */
const recordings = new Map(NAMES.map((name) => [`Live/${name}.mp3`, mp3({ TIT2: name }, 20)]));

const annasTakes = () =>
  annasStorage(({ tree }) => {
    for (const [path, bytes] of recordings) tree.put(path, bytes);
  });

const newPlay = () => randomUUID() as PlayId;

/** As if everything that was listened to had been an hour ago. */
const wait = ({ server }: StorageWorld) =>
  write(server.deps, (tx) =>
    tx.update(listens).set({ lastPlayedAt: sql`last_played_at - interval '1 hour'` }),
  );

/** The made recordings have no length that is worth half of it. */
const lengthen = ({ server }: StorageWorld, durationMs: number | null) =>
  write(server.deps, (tx) => tx.execute(sql`update tracks set duration_ms = ${durationMs}`));

test.each([
  [600_000, 238_000, false],
  [600_000, 239_000, true],
  [200_000, 98_000, false],
  [200_000, 99_000, true],
  [null, 28_000, false],
  [null, 29_000, true],
] as const)("of %j ms, %d heard counts: %j", async (durationMs, heardMs, isCounted) => {
  const world = await annasTakes();
  await lengthen(world, durationMs);
  const { id: trackId } = await trackAt(world, "Live/a.mp3");
  const told = { trackId, playId: newPlay(), heardMs };
  const { record, recent } = world.anna.api.playback.plays;
  const playCount = isCounted ? 1 : 0;
  expect(await record.mutate(told)).toEqual({ isCounted, playCount });
  const list = await recent.query({ bandId: world.bandId });
  expect(list.map(({ track }) => track.id)).toEqual(isCounted ? [trackId] : []);
});

test("what is told again and again, to whichever server, counts once", async () => {
  const world = await annasTakes();
  await lengthen(world, 200_000);
  const { id: trackId } = await trackAt(world, "Live/a.mp3");
  const { record } = world.anna.api.playback.plays;
  for (let round = 1; round <= 5; round += 1) {
    await forgetTries(world.server);
    const told = { trackId, playId: newPlay(), heardMs: 150_000 };
    const answers = await Promise.all(Array.from({ length: 12 }, () => record.mutate(told)));
    expect(answers.filter(({ isCounted }) => isCounted)).toHaveLength(1);
    expect((await record.mutate(told)).playCount).toBe(round);
    await wait(world);
    expect(await record.mutate(told)).toEqual({ isCounted: false, playCount: round });
  }
  const rows = await world.server.deps.db.select().from(plays);
  expect(rows).toHaveLength(5);
});

test("many players of one person at once count no more than one can have heard", async () => {
  const world = await annasTakes();
  await lengthen(world, 200_000);
  const { id: trackId } = await trackAt(world, "Live/a.mp3");
  const { record } = world.anna.api.playback.plays;
  const tell = () => record.mutate({ trackId, playId: newPlay(), heardMs: 150_000 });
  const answers = await Promise.all(Array.from({ length: 12 }, tell));
  expect(answers.filter(({ isCounted }) => isCounted)).toHaveLength(1);
  await write(world.server.deps, (tx) =>
    tx.update(listens).set({ lastPlayedAt: sql`last_played_at - interval '49 seconds'` }),
  );
  // Half of it at twice the speed.
  expect((await tell()).isCounted).toBe(true);
});

test("favourites are listed with the newest first, page by page, and once each", async () => {
  const world = await annasTakes();
  const tracks = await listTracks(world);
  const { set, ids, list } = world.anna.api.playback.favourites;
  const mark = (trackId: TrackId, isFavourite = true) => set.mutate({ trackId, isFavourite });
  for (const { id } of tracks) await mark(id);
  await mark(tracks[0]?.id as TrackId);
  const newest = tracks.map(({ id }) => id).toReversed();
  const { bandId } = world;
  expect(await ids.query({ bandId })).toEqual(newest);
  const first = await list.query({ bandId, limit: 3 });
  const second = await list.query({ bandId, limit: 3, cursor: first.next });
  expect([...first.tracks, ...second.tracks].map(({ id }) => id)).toEqual(newest);
  expect(second.next).toBeNull();
  await mark(newest[1] as TrackId, false);
  await mark(newest[1] as TrackId, false);
  expect(await ids.query({ bandId })).toEqual(newest.toSpliced(1, 1));
  for (const cursor of ["x", "|", `2026-01-01 00:00:00+00|x`, `now()|${newest[0]}`]) {
    expect((await refused(list.query({ bandId, cursor }))).code).toBe("invalid_input");
  }
});

test("many are marked in one change, in their order, and all of them or none", async () => {
  const world = await annasTakes();
  const { anna, bandId } = world;
  const { client: ben } = await join(world, "ben", "listener");
  const [a, b, c, d] = (await listTracks(world)).map(({ id }) => id) as [
    TrackId,
    TrackId,
    TrackId,
    TrackId,
  ];
  const { set, setMany, ids } = anna.api.playback.favourites;
  const all = () => ids.query({ bandId });
  await set.mutate({ trackId: c, isFavourite: true });
  await setMany.mutate({ bandId, trackIds: [b, a, c, d, a], isFavourite: true });
  expect(await all()).toEqual([b, a, d, c]);
  expect(await ben.api.playback.favourites.ids.query({ bandId })).toEqual([]);
  await setMany.mutate({ bandId, trackIds: [a, c], isFavourite: false });
  expect(await all()).toEqual([b, d]);

  const stranger = randomUUID() as TrackId;
  for (const isFavourite of [true, false]) {
    const order = { bandId, trackIds: [a, b, stranger], isFavourite };
    const { code, message } = await refused(setMany.mutate(order));
    expect([code, message]).toEqual(["not_found", expect.stringMatching(/try again/)]);
  }
  expect(await all()).toEqual([b, d]);
  // Five thousand are enough for anyone: what was marked along with one too many is not marked.
  await write(world.server.deps, async (tx) => {
    await tx.execute(sql`
      insert into tracks (id, band_id, connection_id, ref, path, size_bytes, state, is_read, title,
        sort_title, sort_artist, sort_album, sort_duration_ms, search_text)
      select gen_random_uuid(), band_id, connection_id, at::text, at::text, 1, 'present', true, '',
        '', '', '', 0, '' from tracks, generate_series(1, 4997) as at where id = ${a}`);
    await tx.execute(sql`
      insert into favourites (user_id, track_id)
      select user_id, t.id from tracks as t, favourites as f where f.track_id = ${b} and t.title = ''`);
  });
  const tooMany = setMany.mutate({ bandId, trackIds: [a, c], isFavourite: true });
  expect((await refused(tooMany)).code).toBe("conflict");
  expect(await all()).toHaveLength(4_999);
  await setMany.mutate({ bandId, trackIds: [a, b], isFavourite: true });
  expect(await all()).toHaveLength(5_000);
  await setMany.mutate({ bandId, trackIds: [a], isFavourite: true });
});

test("a library can be narrowed to favourites, and to what one has never played oneself", async () => {
  const world = await annasTakes();
  await lengthen(world, 200_000);
  const { bandId, anna } = world;
  const pathsOf = async (client: Backline, listened: ListenedFilter, search = "") => {
    const how = { bandId, search, filter: { listened }, sort: "title" } as const;
    const { tracks, total } = await client.api.library.tracks.list.query(how);
    expect(total).toBe(tracks.length);
    return tracks.map(({ path }) => path);
  };
  const [a, , c] = await listTracks(world);
  if (!a || !c) return expect.unreachable();
  await anna.api.playback.plays.record.mutate({
    ...{ trackId: a.id, playId: newPlay(), heardMs: 150_000 },
  });
  await anna.api.playback.favourites.set.mutate({ trackId: c.id, isFavourite: true });
  expect(await pathsOf(anna, "favourite")).toEqual([c.path]);
  expect(await pathsOf(anna, "favourite", "a")).toEqual([]);
  expect(await pathsOf(anna, "unplayed")).toEqual(["Live/b.mp3", "Live/c.mp3", "Live/d.mp3"]);
  expect(await pathsOf(anna, "unplayed", "b")).toEqual(["Live/b.mp3"]);

  const { client: ben } = await join(world, "ben", "listener");
  expect(await pathsOf(ben, "favourite")).toEqual([]);
  expect(await pathsOf(ben, "unplayed")).toHaveLength(NAMES.length);
});

test("a queue is there on another device, as far as its recordings are", async () => {
  const world = await annasTakes();
  const { queue } = world.anna.api.playback;
  const { bandId } = world;
  expect(await queue.get.query({ bandId })).toBeNull();
  const [a, b, c, d] = (await listTracks(world)).map(({ id }) => id) as [
    TrackId,
    TrackId,
    TrackId,
    TrackId,
  ];
  const saved = { bandId, trackIds: [a, b, c, b], index: 2, positionMs: 12_345 };
  await queue.save.mutate(saved);
  const found = await queue.get.query({ bandId });
  expect(found?.tracks.map(({ id }) => id)).toEqual([a, b, c, b]);
  expect(found).toMatchObject({ index: 2, positionMs: 12_345 });
  await write(world.server.deps, (tx) => tx.execute(sql`delete from tracks where id = ${b}`));
  expect(await queue.get.query({ bandId })).toMatchObject({ index: 1, positionMs: 12_345 });
  await write(world.server.deps, (tx) => tx.execute(sql`delete from tracks where id = ${c}`));
  expect(await queue.get.query({ bandId })).toMatchObject({ index: 0, positionMs: 0 });
  await queue.save.mutate({ ...saved, trackIds: [d, randomUUID() as TrackId], index: 500 });
  const other = await queue.get.query({ bandId });
  expect([other?.tracks.map(({ id }) => id), other?.index]).toEqual([[d], 0]);
  await queue.save.mutate({ ...saved, trackIds: [] });
  expect(await queue.get.query({ bandId })).toBeNull();
});

test("all of it follows a recording into the storage that takes its place", async () => {
  const world = await annasTakes();
  const { anna, bandId, server, connection } = world;
  const old = await trackAt(world, "Live/a.mp3");
  const other = await annasCopy(world);
  const twin = (await listTracks(world)).find(
    ({ title, connectionId }) => title === "a" && connectionId === other,
  );
  const trackId = twin?.id as TrackId;
  await lengthen(world, 200_000);
  const { playback } = anna.api;
  // Of both, so that two become one.
  for (const id of [old.id, trackId]) {
    await playback.favourites.set.mutate({ trackId: id, isFavourite: true });
    await playback.plays.record.mutate({ trackId: id, playId: newPlay(), heardMs: 150_000 });
  }
  const list = await playback.playlists.create.mutate({ bandId, name: "Set", trackIds: [trackId] });
  await anna.api.connections.remove.mutate({ connectionId: connection.id });
  await runJobs(server);
  const { items } = await playback.playlists.items.query({ playlistId: list.id });
  expect(items.map(({ track }) => [track.id, track.connectionId])).toEqual([[old.id, other]]);
  expect(await playback.favourites.ids.query({ bandId })).toEqual([old.id]);
  const [recent, ...more] = await playback.plays.recent.query({ bandId });
  expect([recent?.track.id, recent?.playCount, more]).toEqual([old.id, 2, []]);
  expect(await server.deps.db.select().from(plays)).toHaveLength(2);
});

/** The same recordings in another storage of the band, which was connected later. */
async function annasCopy(world: StorageWorld) {
  const cloud = await startFaultServer();
  onTestFinished(() => cloud.stop());
  for (const [path, bytes] of recordings) cloud.tree.put(path, bytes);
  const { id } = await connect(world, cloud);
  return id;
}
