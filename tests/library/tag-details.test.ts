import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { write } from "#server/base/db.ts";
import { TAGS_VERSION } from "#server/library/tags.ts";
import { annasStorage, listTracks, type StorageWorld, trackAt } from "#tests/support/world.ts";
import { flac, mp3, opus } from "./made-audio.ts";
import { deedsOf, NOTHING, rescan } from "./scanning.ts";

const MBID = "6f1e0c7a-1f0e-4d0f-9b0c-0a1b2c3d4e5f";
const OTHER_MBID = "0b9c7a3e-5d0a-4c58-8a37-8f1c2f9a6d11";

const COMMENT = `Taped at the harbour. ${"It rained. ".repeat(30)}`.trim();

const RICH = flac({
  TITLE: "Rich",
  ARTIST: "Ada",
  ALBUM: "Deep",
  COMMENT,
  LYRICS: "Row, row\r\nGently   down\0 the stream\n\n\n\nLife\n",
  REPLAYGAIN_TRACK_GAIN: "-7.25 dB",
  REPLAYGAIN_TRACK_PEAK: "0.98",
  REPLAYGAIN_ALBUM_GAIN: "+1.50 dB",
  REPLAYGAIN_ALBUM_PEAK: "1.02",
  MUSICBRAINZ_TRACKID: MBID.toUpperCase(),
  MUSICBRAINZ_ALBUMID: OTHER_MBID,
  MUSICBRAINZ_ARTISTID: "nobody",
});

const library = (): Promise<StorageWorld> =>
  annasStorage((cloud) => {
    cloud.tree.put("rich.flac", RICH);
    cloud.tree.put("plain.mp3", mp3({ TIT2: "Plain" }));
    cloud.tree.put("sung.mp3", mp3({ TIT2: "Sung", USLT: "eng\0One line\nand another" }));
    cloud.tree.put("hummed.mp3", mp3({ TIT2: "Hummed", USLT: "eng\0 \n " }));
    cloud.tree.put(
      "endless.mp3",
      mp3({ TIT2: "Endless", USLT: `eng\0${"la la la la la\n".repeat(5_000)}` }),
    );
    cloud.tree.put(
      "loud.opus",
      opus({ TITLE: "Loud", R128_TRACK_GAIN: "-1280", R128_ALBUM_GAIN: "256" }, 2),
    );
    cloud.tree.put(
      "absurd.flac",
      flac({ TITLE: "Absurd", REPLAYGAIN_TRACK_GAIN: "900 dB", REPLAYGAIN_TRACK_PEAK: "NaN" }),
    );
  });

const whole = async (world: StorageWorld, path: string) => {
  const { id: trackId } = await trackAt(world, path);
  return world.anna.api.library.tracks.get.query({ trackId });
};

test("comments, lyrics, gains and MusicBrainz's ids are what the tags say", async () => {
  const world = await library();
  expect((await whole(world, "rich.flac")).details).toEqual({
    comment: COMMENT,
    lyrics: "Row, row\nGently down the stream\n\nLife",
    hasLyrics: true,
    replayGain: { trackGainDb: -7.25, trackPeak: 0.98, albumGainDb: 1.5, albumPeak: 1.02 },
    musicBrainz: {
      recordingId: MBID,
      trackId: null,
      albumId: OTHER_MBID,
      releaseGroupId: null,
      artistIds: [],
      albumArtistIds: [],
    },
  });
  expect((await whole(world, "plain.mp3")).details).toBeNull();
  expect((await whole(world, "absurd.flac")).details).toBeNull();
});

test("lyrics keep their lines, and are no novel", async () => {
  const world = await library();
  expect((await whole(world, "sung.mp3")).details).toMatchObject({
    lyrics: "One line\nand another",
    hasLyrics: true,
  });
  expect((await whole(world, "hummed.mp3")).details).toBeNull();
  const endless = (await whole(world, "endless.mp3")).details?.lyrics;
  expect(endless?.split("\n")).toHaveLength(1_000);
  expect(endless?.length).toBeLessThanOrEqual(20_000);
});

test("R128 gains of an Opus file are turned to the reference of the others", async () => {
  const world = await library();
  expect((await whole(world, "loud.opus")).details).toMatchObject({
    replayGain: { trackGainDb: 0, trackPeak: null, albumGainDb: 6, albumPeak: null },
  });
});

test("a list has of that what a player needs, and not the long rest", async () => {
  const world = await library();
  const rich = await trackAt(world, "rich.flac");
  const { replayGain } = (await whole(world, "rich.flac")).details ?? {};
  expect(rich.details).toEqual({ hasLyrics: true, replayGain });
  expect((await trackAt(world, "plain.mp3")).details).toBeNull();
  const { bandId, anna } = world;
  if (!rich.albumId) throw new Error("It is of an album.");
  const album = await anna.api.library.albums.get.query({ bandId, albumId: rich.albumId });
  expect(JSON.stringify([await listTracks(world), album])).not.toMatch(/harbour|stream/);
});

test("what an older reader has read is read again, and stays what it is", async () => {
  const world = await library();
  const { deps } = world.server;
  const before = await listTracks(world);
  await write(deps, (tx) =>
    tx.execute(sql`
      update tracks set tags_version = ${TAGS_VERSION - 1}, details = null, genres = null,
        album = null where path in ('rich.flac', 'plain.mp3')`),
  );
  expect((await trackAt(world, "rich.flac")).albumId).toBeNull();
  expect(deedsOf(await rescan(world))).toEqual({ ...NOTHING, toRead: 2 });
  expect(await listTracks(world)).toEqual(before);
  expect((await whole(world, "rich.flac")).details).toMatchObject({ comment: COMMENT });
  expect(deedsOf(await rescan(world))).toEqual(NOTHING);
});
