import { expect, test } from "vitest";
import { requireFfmpeg } from "#tests/support/ffmpeg.ts";
import { annasHls, bytesOf, openHls } from "./listening.ts";
import { decode, errorAt, lagAt, murmur, RATE_HZ } from "./sound.ts";

requireFfmpeg();

const SECONDS = 19.3;
const SEGMENT = 8 * RATE_HZ;
/** Samples; the longer one of the two codings. */
const FRAME = 1024;
/** What a player leaves out by the edit list, and ffmpeg does not where a file is in fragments. */
const DELAY = { aac: 1024, opus: 0 };

test.each([
  ["song.wav", "", "aac"],
  ["song.flac", "", "aac"],
  ["song.flac", "", "opus"],
  ["song.mp3", "-b:a 128k", "aac"],
  ["song.mp3", "-b:a 128k", "opus"],
  ["variable.mp3", "-q:a 4", "aac"],
  ["without-length.mp3", "-q:a 4 -write_xing 0", "aac"],
  ["song.m4a", "-c:a aac -b:a 160k", "aac"],
  ["song.ogg", "-c:a libvorbis -q:a 5", "aac"],
] as const)(
  "%s (%s) in %s is as long as it was and sounds when it did, each part made by itself",
  {
    timeout: 300_000,
  },
  async (name, options, codec) => {
    const original = await murmur(SECONDS, name, options);
    const world = await annasHls({ [name]: original });
    const { init, segment, lengths } = await openHls(world, name, codec);
    const heard = await decode(original, name);

    // From the end, so that none is made on the way to another.
    const segments: Buffer[] = [];
    for (let index = lengths.length - 1; index >= 0; index -= 1) {
      segments.unshift(await bytesOf(world.anna, segment(index)));
    }
    const all = [await bytesOf(world.anna, init), ...segments];
    const made = (await decode(Buffer.concat(all), "made.mp4")).subarray(DELAY[codec]);

    expect(lengths).toHaveLength(3);
    const listed = lengths.reduce((sum, each) => sum + each, 0);
    // What says its length nowhere is measured by its bitrate.
    const tolerance = name === "without-length.mp3" ? 1 : 0.06;
    expect(Math.abs(listed - heard.length / RATE_HZ)).toBeLessThan(tolerance);
    expect(Math.abs(made.length - heard.length)).toBeLessThanOrEqual(FRAME);

    const places = [0.5, 1, 1.5, 2, 2.3].map((segments_) => Math.round(segments_ * SEGMENT));
    expect(places.map((at) => lagAt(heard, made, at)).filter((lag) => Math.abs(lag) > 1)).toEqual(
      [],
    );
    const [within = 0, first = 0, , second = 0] = places.map((at) => errorAt(heard, made, at));
    expect(Math.max(first, second)).toBeLessThan(Math.max(0.3, 1.5 * within));
  },
);
