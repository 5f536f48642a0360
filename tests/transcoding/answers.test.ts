import { expect, test } from "vitest";
import { tracks } from "#drizzle/schema/index.ts";
import { write } from "#server/base/db.ts";
import { requireFfmpeg } from "#tests/support/ffmpeg.ts";
import { runJobs, trackAt } from "#tests/support/world.ts";
import { annasHls, bytesOf, openHls, statusOf, textOf } from "./listening.ts";
import { murmur } from "./sound.ts";

requireFfmpeg();

const song = await murmur(20, "song.flac");
const annasSong = (environment = {}) => annasHls({ "song.flac": song }, environment);

test("a recording has a list of qualities, and each a list of all its segments from the first moment", async () => {
  const world = await annasSong({ HLS_HIGH_KBPS: "160", HLS_LOW_KBPS: "64" });
  const { id } = await trackAt(world, "song.flac");
  const index = await world.anna.fetch(world.anna.hlsUrl(id));
  const { lists, lengths } = await openHls(world, "song.flac");
  const list = await world.anna.fetch(lists[0] ?? "");

  expect(await index.text()).toMatch(
    /^#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-STREAM-INF:BANDWIDTH=184000,AVERAGE-BANDWIDTH=160000,CODECS="mp4a.40.2"\n[\w-]{22}\/high-aac\/list.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=73600,AVERAGE-BANDWIDTH=64000,CODECS="mp4a.40.2"\n[\w-]{22}\/low-aac\/list.m3u8\n$/,
  );
  expect(await list.text()).toContain("#EXT-X-TARGETDURATION:8\n");
  expect(lengths).toEqual([8, 8, 4]);
  for (const answer of [index, list]) {
    expect(answer.headers.get("content-type")).toBe("application/vnd.apple.mpegurl");
    expect(answer.headers.get("cache-control")).toBe("private, max-age=60");
  }
});

test("only the quality that is wished for is listed, in the coding that is", async () => {
  const world = await annasSong();
  const { id } = await trackAt(world, "song.flac");
  const listed = async (wish: Parameters<typeof world.anna.hlsUrl>[1]) =>
    [...(await textOf(world.anna, world.anna.hlsUrl(id, wish))).matchAll(/\/([a-z-]+)\/list/g)].map(
      ([, kind]) => kind,
    );

  expect(await listed({})).toEqual(["high-aac", "low-aac"]);
  expect(await listed({ quality: "low" })).toEqual(["low-aac"]);
  expect(await listed({ codec: "opus", quality: "high" })).toEqual(["high-opus"]);
});

test("a segment may be kept for good, and is what MP4 calls one", async () => {
  const world = await annasSong();
  const { segment, init } = await openHls(world, "song.flac");
  const [first, head] = await Promise.all([segment(0), init].map((url) => world.anna.fetch(url)));

  for (const answer of [first, head]) {
    expect(answer?.headers.get("content-type")).toBe("audio/mp4");
    expect(answer?.headers.get("cache-control")).toBe("private, max-age=2592000, immutable");
  }
  const bytes = await bytesOf(world.anna, segment(0));
  expect(bytes.toString("latin1", 4, 8)).toBe("styp");
  expect(bytes.length).toBeGreaterThan(100_000);
});

test("what is not below a recording is not there", async () => {
  const world = await annasSong();
  const { segment, track } = await openHls(world, "song.flac");
  const base = segment(0).replace(/0\.m4s$/, "");
  const other = base.replace(/\/[\w-]{22}\//, `/${"a".repeat(22)}/`);
  const names = [
    ...["3.m4s", "999999.m4s", "00.m4s", "-1.m4s", "1.5.m4s", "1e1.m4s", "0.ts", "init.m4s", ""],
    ...["..%2f..%2fkeys.json", "%2e%2e/list.m3u8"],
  ];
  const addresses = [
    ...names.map((name) => base + name),
    ...["0.m4s", "list.m3u8", "init.mp4"].map((name) => other + name),
    base.replace("high-aac", "high-mp3").concat("0.m4s"),
    `${world.server.baseUrl}/hls/${track.id}/`,
    `${world.server.baseUrl}/hls/${track.id}/master.m3u8`,
  ];

  const seen = await Promise.all(addresses.map((url) => statusOf(world.anna, url)));
  expect(addresses.filter((_, at) => seen[at] !== 404)).toEqual([]);
  expect(world.server.deps.transcoding?.running()).toBe(0);
});

test("who may not have the recording gets no part of it, made or not", async () => {
  const world = await annasSong();
  const { segment, init, lists, track } = await openHls(world, "song.flac");
  await bytesOf(world.anna, segment(0));
  const guest = world.server.guest();
  const parts = [world.anna.hlsUrl(track.id), ...lists, init, segment(0), segment(1)];

  expect(await Promise.all(parts.map((url) => statusOf(guest, url)))).toEqual(parts.map(() => 401));
});

test("a ticket for a recording leads to its segments, and to nothing else", async () => {
  const world = await annasHls({ "song.flac": song, "other.flac": song });
  const { id } = await trackAt(world, "song.flac");
  const other = await trackAt(world, "other.flac");
  const device = world.server.guest();
  const index = await world.anna.ticketUrl(id, "hls");
  const [list = ""] = /^[^#\n].*$/m.exec(await textOf(device, index)) ?? [];
  const listUrl = new URL(list, index).href;
  const [name = ""] = /^0\.m4s.*$/m.exec(await textOf(device, listUrl)) ?? [];
  const segment = new URL(name, listUrl).href;

  expect(await statusOf(device, segment)).toBe(200);
  const ticketOf = (url: string): string => new URL(url).search;
  expect(await statusOf(device, world.anna.hlsUrl(other.id) + ticketOf(index))).toBe(401);
  expect(await statusOf(device, world.anna.streamUrl(id) + ticketOf(index))).toBe(401);
  // A segment's own begins nothing anew, and is for no other quality.
  expect(await statusOf(device, world.anna.hlsUrl(id) + ticketOf(segment))).toBe(401);
  expect(await statusOf(device, segment.replace("high-aac", "low-aac"))).toBe(401);
  await world.anna.api.auth.signOut.mutate();
  expect(await statusOf(device, segment)).toBe(401);
});

test("a file that has changed is other segments, and the old ones are not given for it", async () => {
  const world = await annasSong();
  const before = await openHls(world, "song.flac");
  const first = await bytesOf(world.anna, before.segment(0));
  world.cloud.tree.put("song.flac", await murmur(12, "song.flac", "-af volume=0.5"));
  // Not known yet: the storage says so when it is read.
  expect(await statusOf(world.anna, before.segment(1).replace("high-", "low-"))).toBe(404);
  await world.anna.api.connections.scan.mutate({ connectionId: world.connection.id });
  await runJobs(world.server);

  const after = await openHls(world, "song.flac");
  expect(after.lengths).toEqual([8, 4]);
  expect(after.segment(0)).not.toBe(before.segment(0));
  expect(await statusOf(world.anna, before.segment(0))).toBe(404);
  expect(await bytesOf(world.anna, after.segment(0))).not.toEqual(first);
});

test("a file that lies about its length fills no memory, and its stream is there all the same", async () => {
  const world = await annasHls({ "long.flac": await murmur(100, "long.flac") });
  const { track } = await openHls(world, "long.flac");
  const say = (durationMs: number) =>
    write(world.server.deps, (tx) => tx.update(tracks).set({ durationMs }));
  await say(8_000);
  const { segment, lengths } = await openHls(world, "long.flac");
  expect(lengths).toEqual([8]);
  const last = await world.anna.fetch(segment(0));
  expect(last.status).toBe(404);
  expect(await last.json()).toMatchObject({
    message: expect.stringMatching(/much longer.*as it is/),
  });

  await say(2 ** 31 - 1);
  const index = await world.anna.fetch(world.anna.hlsUrl(track.id));
  expect(index.status).toBe(404);
  expect(await index.json()).toMatchObject({ message: expect.stringMatching(/longer than a day/) });
  expect(await statusOf(world.anna, world.anna.streamUrl(track.id))).toBe(200);
});

test("a damaged file is refused with a sentence, and its stream is there all the same", async () => {
  const broken = Buffer.concat([song.subarray(0, 60_000), Buffer.alloc(300_000, 0x55)]);
  const world = await annasHls({ "song.flac": song, "broken.flac": broken });
  const { segment, track } = await openHls(world, "broken.flac");
  const answer = await world.anna.fetch(segment(2));

  expect(answer.status).toBe(404);
  expect(await answer.json()).toMatchObject({ code: "not_found" });
  expect(await statusOf(world.anna, world.anna.streamUrl(track.id))).toBe(200);
  expect(await statusOf(world.anna, (await openHls(world, "song.flac")).segment(2))).toBe(200);
});
