import { z } from "zod";
import type { TrackDetails } from "#contract/library.ts";

/** What is stored as it is; all of it comes from a stranger's file. */
export type DetailTags = Readonly<
  Partial<
    Record<
      | "comment"
      | "lyrics"
      | "musicbrainz_recordingid"
      | "musicbrainz_trackid"
      | "musicbrainz_albumid"
      | "musicbrainz_releasegroupid"
      | "musicbrainz_artistid"
      | "musicbrainz_albumartistid"
      | "replaygain_track_gain"
      | "replaygain_track_peak"
      | "replaygain_album_gain"
      | "replaygain_album_peak",
      unknown
    >
  >
>;

/** Q7.8 numbers of an Opus file, as text. */
export interface R128Tags {
  readonly trackGain?: unknown;
  readonly albumGain?: unknown;
}

const MAX_IDS = 16;
const MAX_LYRICS = 4;
const MAX_LINES = 1_000;
const MAX_LYRICS_LENGTH = 20_000;
/** R128 aims at -23 LUFS, ReplayGain 2 at -18. */
const R128_TO_REPLAY_GAIN_DB = 5;
const MOST_DB = 60;
const MOST_PEAK = 100;

/** @returns `null` when the tags say nothing of all that. */
export function toTrackDetails(
  common: DetailTags,
  r128: R128Tags,
  toText: (value: unknown) => string | null,
): TrackDetails | null {
  const lyrics = toLyrics(common.lyrics, toText);
  const details = {
    comment: toText(textOf(common.comment)),
    lyrics,
    hasLyrics: lyrics !== null,
    replayGain: toReplayGain(common, r128),
    musicBrainz: toMusicBrainz(common),
  };
  return Object.values(details).some((each) => each !== null && each !== false) ? details : null;
}

/** A list of comments has those of programs after those of people. */
function textOf(value: unknown): unknown {
  const first = Array.isArray(value) ? value[0] : value;
  return typeof first === "object" && first !== null && "text" in first ? first.text : first;
}

/** The first that has words; those that are synchronised are lines with times. */
function toLyrics(value: unknown, toText: (value: unknown) => string | null): string | null {
  if (!Array.isArray(value)) return null;
  for (const each of value.slice(0, MAX_LYRICS)) {
    const lines = linesOf(each).slice(0, MAX_LINES);
    const text = lines.map((line) => toText(line) ?? "").join("\n");
    const lyrics = text.replaceAll(/\n{3,}/g, "\n\n").trim();
    if (lyrics !== "") return lyrics.slice(0, MAX_LYRICS_LENGTH).toWellFormed();
  }
  return null;
}

function linesOf(lyrics: unknown): unknown[] {
  if (typeof lyrics === "string") return lyrics.split(/\r\n?|\n/, MAX_LINES);
  if (typeof lyrics !== "object" || lyrics === null) return [];
  const { text, syncText } = lyrics as Readonly<Record<string, unknown>>;
  if (typeof text === "string" && text.trim() !== "") return text.split(/\r\n?|\n/, MAX_LINES);
  return Array.isArray(syncText) ? syncText.map(textOf) : [];
}

function toReplayGain(common: DetailTags, r128: R128Tags): TrackDetails["replayGain"] {
  const gains = {
    trackGainDb: partOf(common.replaygain_track_gain, "dB", MOST_DB) ?? toR128Db(r128.trackGain),
    trackPeak: partOf(common.replaygain_track_peak, "ratio", MOST_PEAK),
    albumGainDb: partOf(common.replaygain_album_gain, "dB", MOST_DB) ?? toR128Db(r128.albumGain),
    albumPeak: partOf(common.replaygain_album_peak, "ratio", MOST_PEAK),
  };
  return Object.values(gains).some((each) => each !== null) ? gains : null;
}

function partOf(value: unknown, part: "dB" | "ratio", most: number): number | null {
  if (typeof value !== "object" || value === null) return null;
  const number = (value as Readonly<Record<string, unknown>>)[part];
  return typeof number === "number" && Math.abs(number) <= most ? number : null;
}

/** @see https://www.rfc-editor.org/rfc/rfc7845#section-5.2.1 */
function toR128Db(value: unknown): number | null {
  const given = Array.isArray(value) ? value[0] : value;
  if (typeof given !== "string" || !/^[-+]?\d{1,5}$/.test(given.trim())) return null;
  const number = Number(given);
  return Math.abs(number) <= 32_768 ? number / 256 + R128_TO_REPLAY_GAIN_DB : null;
}

function toMusicBrainz(common: DetailTags): TrackDetails["musicBrainz"] {
  const found = {
    recordingId: toIds(common.musicbrainz_recordingid)[0] ?? null,
    trackId: toIds(common.musicbrainz_trackid)[0] ?? null,
    albumId: toIds(common.musicbrainz_albumid)[0] ?? null,
    releaseGroupId: toIds(common.musicbrainz_releasegroupid)[0] ?? null,
    artistIds: toIds(common.musicbrainz_artistid),
    albumArtistIds: toIds(common.musicbrainz_albumartistid),
  };
  return Object.values(found).some((each) => each !== null && each.length > 0) ? found : null;
}

const toIds = (value: unknown): string[] =>
  (Array.isArray(value) ? value.slice(0, MAX_IDS) : [value]).flatMap((each) => {
    const id = z.uuid().safeParse(typeof each === "string" ? each.trim() : each);
    return id.success ? [id.data.toLowerCase()] : [];
  });
