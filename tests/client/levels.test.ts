import fc from "fast-check";
import { expect, test } from "vitest";
import { levelOf, PREAMP_DB } from "../../client/app/playback/levels.ts";
import { LEVELLINGS, parseModes, plainModes } from "../../client/app/playback/modes.ts";
import { queueOf, startListening } from "./listening.ts";
import { track } from "./tracks.ts";

const toDb = (level: number) => 20 * Math.log10(level);

const tagged = (
  gains: Partial<Record<"trackGainDb" | "trackPeak" | "albumGainDb" | "albumPeak", number>>,
) => ({
  details: {
    hasLyrics: false,
    replayGain: {
      trackGainDb: null,
      trackPeak: null,
      albumGainDb: null,
      albumPeak: null,
      ...gains,
    },
  },
});

test("what is loud is made quieter by its gain, by track or by album", () => {
  const loud = tagged({ trackGainDb: -9, albumGainDb: -7 });
  expect(toDb(levelOf(loud, 1, "track"))).toBeCloseTo(PREAMP_DB - 9);
  expect(toDb(levelOf(loud, 1, "album"))).toBeCloseTo(PREAMP_DB - 7);
  expect(levelOf(loud, 0.5, "off")).toBe(0.5);
});

test("one gain stands in for the other, and without any it is as loud as the rest of the untagged", () => {
  expect(toDb(levelOf(tagged({ trackGainDb: -4 }), 1, "album"))).toBeCloseTo(PREAMP_DB - 4);
  expect(toDb(levelOf(tagged({ albumGainDb: -4 }), 1, "track"))).toBeCloseTo(PREAMP_DB - 4);
  expect(toDb(levelOf(null, 1, "track"))).toBeCloseTo(PREAMP_DB);
});

test("no sample is ever cut off, and nothing is louder than a browser can play it", () => {
  const gain = fc.double({ min: -60, max: 60, noNaN: true });
  const peak = fc.double({ min: 0.01, max: 4, noNaN: true });
  const gains = fc.record({
    trackGainDb: gain,
    trackPeak: peak,
    albumGainDb: gain,
    albumPeak: peak,
  });
  const volume = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(gains, volume, fc.constantFrom("track", "album"), (each, loudness, levelling) => {
      const level = levelOf(tagged(each), loudness, levelling);
      const loudest = levelling === "track" ? each.trackPeak : each.albumPeak;
      expect(level).toBeGreaterThanOrEqual(0);
      expect(level).toBeLessThanOrEqual(1);
      expect(level * loudest).toBeLessThanOrEqual(1 + 1e-9);
    }),
  );
});

test("the next track has its own loudness from its first sound", () => {
  const list = [track(1, tagged({ trackGainDb: -2 })), track(2, tagged({ trackGainDb: -12 }))];
  const { player, sound, spare, ...listening } = startListening(
    { volume: 1, isMuted: false, rate: 1 },
    {},
    { ...plainModes, levelling: "track" },
  );
  player.playQueue(queueOf([list]));
  expect(toDb(sound.volume)).toBeCloseTo(-8);
  sound.starts();
  sound.playsTo(179.7);
  expect(toDb(spare.volume)).toBeCloseTo(-18);
  spare.loads();
  sound.playsTo(179.8);
  sound.currentTime = 180;
  listening.waitIsOver();
  expect([toDb(spare.volume), toDb(sound.volume)].map(Math.round)).toEqual([-18, -8]);
  player.setModes({ levelling: "off" });
  expect(spare.volume).toBe(1);
});

test("crossfade and loudness are off until chosen, and kept", () => {
  expect(plainModes).toMatchObject({ crossfadeSeconds: 0, levelling: "off" });
  const kept: unknown[] = [];
  const { player } = startListening(undefined, { saveModes: (modes) => kept.push(modes) });
  for (const levelling of LEVELLINGS) player.setModes({ levelling, crossfadeSeconds: 5 });
  expect(parseModes(kept.at(-1))).toMatchObject({ levelling: "album", crossfadeSeconds: 5 });
  expect(parseModes({ crossfadeSeconds: 900, levelling: "loud" })).toEqual(plainModes);
});
