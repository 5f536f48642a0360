import sharp from "sharp";
import { expect, test } from "vitest";
import { coverPath, downloadPath, streamPath, waveformPath } from "#contract/playback.ts";
import { createTools } from "#server/waveforms/drawing.ts";
import { mp3 } from "#tests/library/made-audio.ts";
import { open, share } from "#tests/shares/sharing.ts";
import { createClientBuild } from "#tests/support/client-build.ts";
import { annasStorage, trackAt } from "#tests/support/world.ts";
import { drawAll } from "#tests/waveforms/drawing-world.ts";
import { quietThenLoud } from "#tests/waveforms/recordings.ts";

const A_YEAR = "public, max-age=31536000, immutable";
const THIRTY_DAYS = "private, max-age=2592000, immutable";
const ASKED_AGAIN = "private, no-cache";
const NEVER = "no-store";

const page = { accept: "text/html" };

/** What may be kept, by whom and for how long. A proxy keeps nothing that is somebody's. */
test("each kind of answer says how long it may be kept", async () => {
  const picture = await sharp({
    create: { width: 64, height: 64, channels: 3, background: "#802040" },
  })
    .png()
    .toBuffer();
  const world = await annasStorage(
    ({ tree }) => {
      tree.put("song.mp3", mp3({ TIT2: "Song" }, 1, picture));
      tree.put("take.wav", quietThenLoud(2));
    },
    { server: { clientDir: await createClientBuild() } },
  );
  const { anna, server, bandId } = world;
  await drawAll(server.deps, createTools(null));
  const [song, take] = [await trackAt(world, "song.mp3"), await trackAt(world, "take.wav")];
  const link = await share({ ...world, track: song, other: take }, { canDownload: true });
  await open(anna, link);
  const shareId = link.share.id;
  await anna.api.playback.shares.beginListen.mutate({ shareId, trackId: song.id });
  const drawn = await anna.fetch(server.baseUrl + waveformPath(take.id));
  const hash = drawn.headers.get("x-content-hash") ?? "";
  const cover = coverPath(song.id, song.coverHash ?? "", "small");
  const input = encodeURIComponent(JSON.stringify({ bandId }));

  const table: readonly (readonly [string, string, number, Record<string, string>?])[] = [
    ["/assets/app-1a2b3c4d.js", A_YEAR, 200],
    ["/assets/app-1a2b3c4d.css", A_YEAR, 200],
    ["/icon.svg", "public, no-cache", 200],
    ["/", NEVER, 200, page],
    [`/b/${bandId}/library`, NEVER, 200, page],
    [cover, THIRTY_DAYS, 200],
    [coverPath(song.id, "another", "small"), ASKED_AGAIN, 200],
    [coverPath(take.id, "none", "small"), NEVER, 404],
    [`${waveformPath(take.id)}?v=${hash}`, THIRTY_DAYS, 200],
    [waveformPath(take.id), ASKED_AGAIN, 200],
    [streamPath(song.id), ASKED_AGAIN, 200],
    [streamPath(song.id), ASKED_AGAIN, 206, { range: "bytes=0-9" }],
    [streamPath(song.id), NEVER, 416, { range: "bytes=99999999-" }],
    [downloadPath(song.id), ASKED_AGAIN, 200],
    [streamPath(song.id, shareId), ASKED_AGAIN, 200],
    [downloadPath(song.id, shareId), ASKED_AGAIN, 200],
    [link.path, NEVER, 200, page],
    [`${link.path}/cover?size=large&v=${song.coverHash}`, THIRTY_DAYS, 200],
    [`${link.path}/cover?size=large`, ASKED_AGAIN, 200],
    [`/s/${"A".repeat(43)}/cover`, NEVER, 404],
    [`/trpc/system.info`, NEVER, 200],
    [`/trpc/library.tracks.list?input=${input}`, NEVER, 200],
    ["/trpc/library.nothing", NEVER, 404],
    ["/health/live", NEVER, 200],
    ["/nothing", NEVER, 404],
  ];
  const seen = [];
  for (const [path, , , headers = {}] of table) {
    const answer = await anna.fetch(server.baseUrl + path, { headers });
    await answer.arrayBuffer();
    seen.push([path, answer.headers.get("cache-control"), answer.status]);
  }
  expect(seen).toEqual(table.map(([path, policy, status]) => [path, policy, status]));

  // What is asked for again is not sent again, and belongs to one version.
  for (const path of [streamPath(song.id), streamPath(song.id, shareId), waveformPath(take.id)]) {
    const first = await anna.fetch(server.baseUrl + path);
    await first.arrayBuffer();
    const etag = first.headers.get("etag") ?? "";
    const again = await anna.fetch(server.baseUrl + path, { headers: { "if-none-match": etag } });
    expect([path, again.status]).toEqual([path, 304]);
  }
});
