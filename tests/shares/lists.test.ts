import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import type { TrackId } from "#contract/ids.ts";
import { downloadPath, streamPath, waveformPath } from "#contract/playback.ts";
import { join } from "#tests/comments/rehearsal-room.ts";
import { refused } from "#tests/support/refused.ts";
import { startServer } from "#tests/support/server.ts";
import { beginTrack, type ListedWorld, shareList, takeOut, withLists } from "./lists.ts";
import { annasTakes, listen, open, share, TERMS } from "./sharing.ts";

const annasLists = async (): Promise<ListedWorld> => withLists(await annasTakes());

const titlesOf = async (
  guest: Parameters<typeof open>[0],
  link: Parameters<typeof open>[1],
): Promise<string[]> => {
  const opened = await open(guest, link);
  if (opened.status !== "open") throw new Error("It takes a password.");
  return opened.tracks.map(({ title }) => title);
};

const isCut = (response: Response): Promise<string> =>
  response.arrayBuffer().then(
    () => "came to its end",
    () => "was cut",
  );

test("a link to a playlist shows its recordings in its order, each once, and plays every one", async () => {
  const world = await annasLists();
  const link = await shareList(world, world);
  expect(link.share).toMatchObject({
    ...{ kind: "playlist", title: "Set <list>", trackId: null, heldOn: null },
    playlistId: world.playlistId,
  });
  const guest = world.server.guest();
  expect(await open(guest, link)).toMatchObject({
    ...{ status: "open", kind: "playlist", title: "Set <list>", trackCount: 2 },
    tracks: [{ title: "take 2" }, { title: "take 1" }],
  });
  for (const { id } of [world.track, world.other]) {
    expect((await listen(world, guest, link, { trackId: id })).status).toBe(403);
    await beginTrack(guest, link, id);
    expect((await listen(world, guest, link, { trackId: id })).status).toBe(200);
  }
});

test("a link to a rehearsal shows its day and takes, and nothing of its notes", async () => {
  const world = await annasLists();
  const { rehearsalId } = world;
  const link = await shareList(world, { rehearsalId });
  const guest = world.server.guest();
  const opened = await open(guest, link);
  expect(opened).toMatchObject({
    ...{ kind: "rehearsal", title: "In the cellar", heldOn: "2026-03-14" },
    tracks: [{ id: world.track.id }],
  });
  expect(JSON.stringify(opened)).not.toContain("late");
  await beginTrack(guest, link, world.track.id);
  expect((await listen(world, guest, link)).status).toBe(200);
  const sibling = await listen(world, guest, link, { trackId: world.other.id });
  expect(sibling.status).toBe(404);
});

test("a link leads to one thing: none and two are refused", async () => {
  const world = await annasLists();
  const { create, list } = world.anna.api.playback.shares;
  const { playlistId, rehearsalId, bandId } = world;
  const rest = { terms: TERMS, password: null };
  for (const target of [{}, { playlistId, rehearsalId }, { playlistId, trackId: world.track.id }]) {
    expect((await refused(create.mutate({ ...target, ...rest }))).code).toBe("invalid_input");
  }
  const two = list.query({ bandId, playlistId, rehearsalId });
  expect((await refused(two)).code).toBe("invalid_input");
});

test("the links of a playlist and of a rehearsal are listed by themselves", async () => {
  const world = await annasLists();
  const { playlistId, rehearsalId, bandId } = world;
  const ofList = await shareList(world, { playlistId });
  const ofDay = await shareList(world, { rehearsalId });
  const ofTrack = await share(world);
  const { list } = world.anna.api.playback.shares;
  const idsOf = async (of: object) =>
    (await list.query({ bandId, ...of })).shares.map(({ id }) => id);
  expect(await idsOf({ playlistId })).toEqual([ofList.share.id]);
  expect(await idsOf({ rehearsalId })).toEqual([ofDay.share.id]);
  expect(await idsOf({ trackId: world.track.id })).toEqual([ofTrack.share.id]);
  expect(await idsOf({})).toEqual([ofTrack, ofDay, ofList].map((each) => each.share.id));
});

test("nobody shares the playlist or the rehearsal of another band, and no listener one of their own", async () => {
  const world = await annasLists();
  const stranger = await join(world, "mallory", null);
  const listener = await join(world, "lea", "listener");
  const { playlistId, rehearsalId } = world;
  for (const target of [{ playlistId }, { rehearsalId }]) {
    const order = { ...target, terms: TERMS, password: null };
    const of = async (who: typeof stranger) =>
      (await refused(who.client.api.playback.shares.create.mutate(order))).code;
    expect([await of(stranger), await of(listener)]).toEqual(["not_found", "forbidden"]);
  }
  const { anna, bandId } = world;
  expect((await anna.api.playback.shares.list.query({ bandId })).shares).toEqual([]);
});

describe("what is taken out of the list", () => {
  test("is reached by its link no more, in no way, and is there again when it is put back", async () => {
    const world = await annasLists();
    const { playlistId, track } = world;
    const link = await shareList(world, { playlistId }, { canDownload: true });
    const guest = world.server.guest();
    await open(guest, link);
    await beginTrack(guest, link, track.id);
    const paths = [streamPath, downloadPath, waveformPath].map(
      (path) => world.server.baseUrl + path(track.id, link.share.id),
    );
    const statuses = () => Promise.all(paths.map(async (path) => (await guest.fetch(path)).status));
    expect((await statuses()).slice(0, 2)).toEqual([200, 200]);
    await takeOut(world, track.id);
    expect(await statuses()).toEqual([404, 404, 404]);
    expect((await refused(beginTrack(guest, link, track.id))).code).toBe("not_found");
    await expect.poll(() => titlesOf(guest, link)).toEqual(["take 2"]);
    await world.anna.api.playback.playlists.add.mutate({ playlistId, trackIds: [track.id] });
    expect((await statuses()).slice(0, 2)).toEqual([200, 200]);
    await expect.poll(() => titlesOf(guest, link)).toEqual(["take 2", "take 1"]);
  });

  /** A guest who listens at another server to what stands still in the middle. */
  async function listeningElsewhere(world: ListedWorld, link: Awaited<ReturnType<typeof share>>) {
    const guest = world.server.guest();
    await open(guest, link);
    await beginTrack(guest, link, world.track.id);
    const { testDatabase, testKeys } = world.server.deps;
    const there = await startServer({ database: testDatabase, keys: testKeys });
    world.cloud.fault({ method: "GET", stallAfterBytes: 50_000 });
    const response = await guest.fetch(there.baseUrl + streamPath(world.track.id, link.share.id));
    expect(response.status).toBe(200);
    let isOver = false;
    const outcome = isCut(response).then((how) => {
      isOver = true;
      return how;
    });
    return { guest, outcome, isOver: () => isOver };
  }

  test("stops while it is heard, and what stays goes on", async () => {
    const world = await annasLists();
    const link = await shareList(world, world);
    const { outcome, isOver } = await listeningElsewhere(world, link);
    await takeOut(world, world.other.id);
    const { playlistId } = world;
    await world.anna.api.playback.playlists.rename.mutate({ playlistId, name: "Another" });
    expect(isOver()).toBe(false);
    await takeOut(world, world.track.id);
    expect(await outcome).toBe("was cut");
    await expect.poll(() => world.cloud.openDownloads()).toBe(0);
  });

  test("stops when the take is filed under another rehearsal", async () => {
    const world = await annasLists();
    const { anna, bandId, rehearsalId, track } = world;
    const link = await shareList(world, { rehearsalId });
    const { outcome } = await listeningElsewhere(world, link);
    await anna.api.library.rehearsals.create.mutate({
      ...{ bandId, heldOn: "2026-03-21", title: "A week later", trackIds: [track.id] },
    });
    expect(await outcome).toBe("was cut");
  });

  test("stops when the playlist is deleted, and its links go with it", async () => {
    const world = await annasLists();
    const link = await shareList(world, world);
    const { outcome, guest } = await listeningElsewhere(world, link);
    const { playlistId } = world;
    await world.anna.api.playback.playlists.remove.mutate({ playlistId });
    expect(await outcome).toBe("was cut");
    expect((await refused(open(guest, link))).code).toBe("not_found");
    expect(await world.server.deps.db.execute(sql`select from shares`)).toHaveLength(0);
  });
});

test("each recording of the list counts, and the limit is for all of them together", async () => {
  const world = await annasLists();
  const link = await shareList(world, world, { playLimit: 3 });
  const [first, second] = [world.server.guest(), world.server.guest()];
  for (const guest of [first, second]) await open(guest, link);
  await beginTrack(first, link, world.track.id);
  await beginTrack(first, link, world.track.id);
  await beginTrack(first, link, world.other.id);
  expect(await open(second, link)).toMatchObject({ playsLeft: 1 });
  await beginTrack(second, link, world.track.id);
  expect((await refused(beginTrack(second, link, world.other.id))).code).toBe("gone");
  const { bandId } = world;
  const { shares } = await world.anna.api.playback.shares.list.query({ bandId });
  expect(shares).toMatchObject([{ playCount: 3, state: "used_up" }]);
});

test("an empty playlist can be shared, and a recording of another band never gets into one", async () => {
  const world = await annasTakes();
  const { anna, bandId } = world;
  const { id: playlistId } = await anna.api.playback.playlists.create.mutate({
    ...{ bandId, name: "Nothing yet", trackIds: [] },
  });
  const link = await shareList(world, { playlistId });
  const guest = world.server.guest();
  expect(await open(guest, link)).toMatchObject({ tracks: [], trackCount: 0 });
  const foreign = crypto.randomUUID() as TrackId;
  const adding = anna.api.playback.playlists.add.mutate({ playlistId, trackIds: [foreign] });
  expect((await refused(adding)).code).toBe("not_found");
});
