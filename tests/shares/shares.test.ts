import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { shares } from "#drizzle/schema/index.ts";
import { refused } from "#tests/support/refused.ts";
import { annasTakes, open, share, TERMS, tokenOf } from "./sharing.ts";

const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();

test("a link is told once, and is one of 2^256", async () => {
  const world = await annasTakes();
  const link = await share(world);
  expect(link.path).toMatch(/^\/s\/[\w-]{43}$/);
  expect(link.share).toEqual({
    id: expect.any(String),
    bandId: world.bandId,
    kind: "track",
    trackId: world.track.id,
    playlistId: null,
    rehearsalId: null,
    title: "take 1",
    artist: null,
    heldOn: null,
    cover: null,
    state: "open",
    terms: TERMS,
    hasPassword: false,
    playCount: 0,
    lastPlayedAt: null,
    createdBy: "Anna",
    createdAt: expect.stringMatching(/Z$/),
  });
  expect((await share(world)).path).not.toBe(link.path);
  const list = await world.anna.api.playback.shares.list.query({ bandId: world.bandId });
  expect(JSON.stringify(list)).not.toContain(tokenOf(link));
});

test("neither link nor password is in the database, and no hash leaves it", async () => {
  const world = await annasTakes();
  const link = await share(world, {}, "eleven green bassoons");
  const rows = JSON.stringify(await world.server.deps.db.select().from(shares));
  expect(rows).not.toContain(tokenOf(link));
  expect(rows).not.toContain("bassoons");
  expect(rows).toContain("$argon2id$");
  const { bandId } = world;
  const list = await world.anna.api.playback.shares.list.query({ bandId });
  expect(list.shares[0]?.hasPassword).toBe(true);
  expect(JSON.stringify(list)).not.toContain("argon2");
});

test("links are listed with the newest first, page by page, all or those of one recording", async () => {
  const world = await annasTakes();
  const made = [];
  for (const track of [world.track, world.other, world.track, world.other, world.track]) {
    made.unshift((await share({ ...world, track })).share.id);
  }
  const { list } = world.anna.api.playback.shares;
  const { bandId, track } = world;
  const first = await list.query({ bandId, limit: 2 });
  const second = await list.query({ bandId, limit: 2, before: first.next });
  const third = await list.query({ bandId, limit: 2, before: second.next });
  expect([first, second, third].flatMap((page) => page.shares.map(({ id }) => id))).toEqual(made);
  expect(third.next).toBeNull();
  const ofOne = await list.query({ bandId, trackId: track.id });
  expect(ofOne.shares.map(({ id }) => id)).toEqual([made[0], made[2], made[4]]);
});

describe("terms", () => {
  test("can be changed, and the link stays", async () => {
    const world = await annasTakes();
    const link = await share(world, { playLimit: 3 }, "eleven green bassoons");
    const terms = { expiresAt: inDays(7), playLimit: null, canDownload: true };
    const changed = await world.anna.api.playback.shares.update.mutate({
      shareId: link.share.id,
      terms,
    });
    expect(changed).toMatchObject({ terms, hasPassword: true, state: "open" });
    const opened = await open(world.server.guest(), link, "eleven green bassoons");
    expect(opened).toMatchObject({ ...{ canDownload: true, playsLeft: null }, status: "open" });
  });

  test("of an end that is past are refused, by the clock of the database", async () => {
    const world = await annasTakes();
    const link = await share(world);
    const terms = { ...TERMS, expiresAt: inDays(-0.01) };
    const create = { trackId: world.track.id, terms, password: null };
    const { shares: api } = world.anna.api.playback;
    expect((await refused(api.create.mutate(create))).code).toBe("invalid_input");
    const update = { shareId: link.share.id, terms, password: "eleven green bassoons" };
    expect((await refused(api.update.mutate(update))).code).toBe("invalid_input");
    // Nothing of it was changed.
    expect(await open(world.server.guest(), link)).toMatchObject({ status: "open" });
    expect((await api.list.query({ bandId: world.bandId })).shares).toHaveLength(1);
  });

  test("for fewer listens than there were make a link that is used up", async () => {
    const world = await annasTakes();
    const link = await share(world);
    await world.server.deps.db.transaction((tx) => tx.update(shares).set({ playCount: 8 }), {
      accessMode: "read write",
    });
    const changed = await world.anna.api.playback.shares.update.mutate({
      shareId: link.share.id,
      terms: { ...TERMS, playLimit: 5 },
    });
    expect(changed).toMatchObject({ state: "used_up", playCount: 8 });
    expect((await refused(open(world.server.guest(), link))).code).toBe("gone");
  });
});

test("what is done with links is written down, with the band and without the link", async () => {
  const world = await annasTakes();
  const { create, update, renewLink, remove } = world.anna.api.playback.shares;
  const order = { trackId: world.track.id, terms: TERMS, password: null };
  const { share: made, path } = await create.mutate(order);
  const shareId = made.id;
  await update.mutate({ shareId, terms: TERMS });
  await renewLink.mutate({ shareId });
  await remove.mutate({ shareId });
  const { events } = await world.anna.api.account.audit.list.query({});
  const sharing = events.filter(({ action }) => action.startsWith("share."));
  expect(sharing.map(({ action }) => action)).toEqual([
    "share.removed",
    "share.link_renewed",
    "share.changed",
    "share.created",
  ]);
  expect(new Set(sharing.map(({ bandId }) => bandId))).toEqual(new Set([world.bandId]));
  expect(JSON.stringify(events)).not.toContain(path.slice(3));
});

test("a recording that is gone from its storage says so, and its link waits for it", async () => {
  const world = await annasTakes();
  const link = await share(world);
  const { deps } = world.server;
  await deps.db.transaction(
    (tx) => tx.execute(sql`update tracks set state = 'missing', missing_since = now()`),
    { accessMode: "read write" },
  );
  const opened = await open(world.server.guest(), link);
  expect(opened).toMatchObject({ status: "open", tracks: [{ isPresent: false }] });
});
