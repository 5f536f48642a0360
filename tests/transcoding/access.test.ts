import { expect, test } from "vitest";
import { openBrowser } from "#tests/auth/browser.ts";
import { createPerson, signIn } from "#tests/auth/people.ts";
import { listener, share } from "#tests/shares/sharing.ts";
import { requireFfmpeg } from "#tests/support/ffmpeg.ts";
import { trackAt } from "#tests/support/world.ts";
import { annasHls, bytesOf, openHls, statusOf } from "./listening.ts";
import { murmur } from "./sound.ts";

requireFfmpeg();

const song = await murmur(20, "song.flac");

test("to somebody of another band no part of a recording is there, whether it was made or not", async () => {
  const world = await annasHls({ "song.flac": song });
  const { segment, init, lists, track } = await openHls(world, "song.flac");
  await bytesOf(world.anna, segment(0));
  const ben = openBrowser(world.server.baseUrl);
  expect((await signIn(ben, await createPerson(world.server.deps, "ben"))).status).toBe(200);
  const parts = [world.anna.hlsUrl(track.id), ...lists, init, segment(0), segment(1)];

  for (const url of parts) {
    const { pathname } = new URL(url);
    const answer = await ben.fetch(pathname);
    const ofNothing = await ben.fetch(pathname.replace(track.id, crypto.randomUUID()));
    expect([pathname, answer.status, answer.refusal?.code]).toEqual([pathname, 404, "not_found"]);
    expect(answer.refusal?.message).toBe(ofNothing.refusal?.message);
  }
});

test("the guest of a link hears that recording in segments, until the link is taken back", async () => {
  const world = await annasHls({ "song.flac": song, "other.flac": song });
  const track = await trackAt(world, "song.flac");
  const other = await trackAt(world, "other.flac");
  const link = await share({ ...world, track, other });
  const stranger = world.server.guest();
  const guest = await listener({ ...world, track, other }, link);
  const index = (id: string): string =>
    `${world.server.baseUrl}/hls/${id}/index.m3u8?share=${link.share.id}`;
  const [list = ""] = /^[^#\n].*$/m.exec(await (await guest.fetch(index(track.id))).text()) ?? [];
  const listUrl = new URL(list, index(track.id)).href;
  const text = await (await guest.fetch(listUrl)).text();
  const segments = [...text.matchAll(/^\d+\.m4s.*$/gm)].map(
    ([name]) => new URL(name, listUrl).href,
  );

  expect(segments).toHaveLength(3);
  expect(await statusOf(guest, segments[0] ?? "")).toBe(200);
  expect(await statusOf(guest, index(other.id))).toBe(404);
  expect(await statusOf(stranger, segments[0] ?? "")).toBe(401);
  await world.anna.api.playback.shares.remove.mutate({ shareId: link.share.id });
  for (const url of [index(track.id), listUrl, ...segments]) {
    // As nobody, or as the guest of what is no more, whichever is found out first.
    expect([401, 404]).toContain(await statusOf(guest, url));
  }
});

test("who is signed out while they wait for a part does not get it", {
  timeout: 300_000,
}, async () => {
  const world = await annasHls({ "song.flac": song });
  const { segment } = await openHls(world, "song.flac");
  const heal = world.cloud.fault({ method: "GET", bytesPerSecond: 100_000 });
  const waiting = statusOf(world.anna, segment(1)).catch(() => "was cut");
  await expect
    .poll(() => world.server.deps.transcoding?.running(), { timeout: 60_000, interval: 20 })
    .toBe(1);
  await world.anna.api.auth.signOut.mutate();
  heal();

  expect([401, "was cut"]).toContain(await waiting);
  expect(await statusOf(world.anna, segment(0))).toBe(401);
});
