import { expect, test } from "vitest";
import { guessTags } from "#server/library/file-name.ts";

test.each([
  ["Song.mp3", { title: "Song" }],
  ["01 - Song.mp3", { title: "Song", trackNumber: 1 }],
  ["01. Song.mp3", { title: "Song", trackNumber: 1 }],
  ["01_my_song.mp3", { title: "my song", trackNumber: 1 }],
  ["(3) Song.mp3", { title: "Song", trackNumber: 3 }],
  ["12 Song.mp3", { title: "Song", trackNumber: 12 }],
  ["2-07 Song.flac", { title: "Song", discNumber: 2, trackNumber: 7 }],
  ["99 Luftballons.mp3", { title: "99 Luftballons" }],
  ["7 Seconds.mp3", { title: "7 Seconds" }],
  ["1979.mp3", { title: "1979" }],
  ["2026-03-14 take 1.wav", { title: "2026-03-14 take 1" }],
  ["00 Intro.mp3", { title: "Intro" }],
  ["Mr. Blue.m4a", { title: "Mr. Blue" }],
  ["no extension", { title: "no extension" }],
  ["___.mp3", { title: "___.mp3" }],
])("%s says %j", (name, expected) => {
  const nothing = { artist: null, album: null, trackNumber: null, discNumber: null };
  expect(guessTags(name)).toEqual({ ...nothing, ...expected });
});

test.each([
  ["Tides/Song.mp3", null, "Tides", null],
  ["The Herons/Tides/Song.mp3", "The Herons", "Tides", null],
  ["Old/The Herons/Tides/Song.mp3", "The Herons", "Tides", null],
  ["The Herons - Tides/Song.mp3", "The Herons", "Tides", null],
  ["Live/The Herons - Tides - Remastered/Song.mp3", "The Herons", "Tides - Remastered", null],
  ["The Herons/Tides/CD 2/Song.mp3", "The Herons", "Tides", 2],
  ["The Herons/Tides/disc_1/Song.mp3", "The Herons", "Tides", 1],
  ["Rehearsals/2026-04-02/Voice memo.m4a", null, null, null],
  ["2026/Tides/Song.mp3", null, "Tides", null],
])("the folders of %s name artist %s, album %s and disc %s", (path, artist, album, discNumber) => {
  expect(guessTags(path)).toMatchObject({ title: expect.any(String), artist, album, discNumber });
});
