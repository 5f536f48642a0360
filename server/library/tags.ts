import type { TrackDetails } from "#contract/library.ts";
import { type DetailTags, type R128Tags, toTrackDetails } from "./tag-details.ts";

/** Goes up when more is read of a file: what an older reader has read is read again by the next scan. */
export const TAGS_VERSION = 1;

/** What a file says about itself. Everything in it is bounded and fits its column. */
export interface Tags {
  readonly title: string | null;
  readonly artist: string | null;
  readonly album: string | null;
  readonly albumArtist: string | null;
  readonly trackNumber: number | null;
  readonly discNumber: number | null;
  readonly year: number | null;
  readonly genre: string | null;
  /** All that are named; `null` where there are fewer than two, and `artist` or `genre` says it. */
  readonly artists: readonly string[] | null;
  readonly genres: readonly string[] | null;
  /** By which names they are sorted, where the tags say so. */
  readonly artistSort: string | null;
  readonly albumSort: string | null;
  readonly albumArtistSort: string | null;
  /** `null`: no tag says that it is one. */
  readonly isCompilation: true | null;
  readonly details: TrackDetails | null;
  readonly durationMs: number | null;
  readonly codec: string | null;
  readonly bitrateBps: number | null;
  readonly sampleRateHz: number | null;
  readonly channels: number | null;
}

/** The part of a tag parser's answer that is used. All of it comes from a stranger's file. */
export interface ParsedAudio {
  readonly format: {
    readonly duration?: unknown;
    readonly codec?: unknown;
    readonly bitrate?: unknown;
    readonly sampleRate?: unknown;
    readonly numberOfChannels?: unknown;
    readonly hasAudio?: unknown;
  };
  readonly r128?: R128Tags;
  readonly common: DetailTags & {
    readonly artists?: unknown;
    readonly artistsort?: unknown;
    readonly albumsort?: unknown;
    readonly albumartistsort?: unknown;
    readonly compilation?: unknown;
    readonly title?: unknown;
    readonly artist?: unknown;
    readonly album?: unknown;
    readonly albumartist?: unknown;
    readonly track?: { readonly no?: unknown };
    readonly disk?: { readonly no?: unknown };
    readonly year?: unknown;
    readonly genre?: unknown;
  };
}

const MAX_TEXT_LENGTH = 500;
/** A title of a megabyte is not looked at beyond this. */
const MAX_TEXT_READ = 8 * MAX_TEXT_LENGTH;
const MAX_NAMES = 8;
const MAX_INTEGER = 2_147_483_647;

const CODECS: readonly (readonly [RegExp, string])[] = [
  [/layer 3/i, "MP3"],
  [/layer 2/i, "MP2"],
  [/vorbis/i, "Vorbis"],
  [/alac/i, "ALAC"],
  [/aac|adts|mp4a/i, "AAC"],
  [/windows media audio|wma/i, "WMA"],
];

export function toTags(
  { format, common, r128 = {} }: ParsedAudio,
  durationMs: number | null,
): Tags {
  return {
    title: toText(common.title),
    artist: toText(common.artist),
    album: toText(common.album),
    albumArtist: toText(common.albumartist),
    trackNumber: toInteger(common.track?.no, 1, 99_999),
    discNumber: toInteger(common.disk?.no, 1, 9_999),
    year: toInteger(common.year, 1, 9_999),
    genre: toText(Array.isArray(common.genre) ? common.genre.slice(0, 8).join(", ") : common.genre),
    artists: toNames(common.artists),
    genres: toNames(common.genre),
    artistSort: toText(common.artistsort),
    albumSort: toText(common.albumsort),
    albumArtistSort: toText(common.albumartistsort),
    isCompilation: common.compilation === true ? true : null,
    details: toTrackDetails(common, r128, toText),
    durationMs: durationMs ?? toDurationMs(format.duration),
    codec: toCodec(format.codec),
    bitrateBps: toInteger(format.bitrate, 1, MAX_INTEGER),
    sampleRateHz: toInteger(format.sampleRate, 1, MAX_INTEGER),
    channels: toInteger(format.numberOfChannels, 1, 255),
  };
}

/** @param seconds - anything that is not a positive, finite number is no duration. */
export const toDurationMs = (seconds: unknown): number | null =>
  toInteger(typeof seconds === "number" ? seconds * 1000 : undefined, 1, MAX_INTEGER);

/**
 * Text that a database takes and a screen shows: one line, no control characters (a NUL would be
 * refused), no half of a surrogate pair, at most 500 characters.
 */
export function toText(value: unknown): string | null {
  if (typeof value !== "string") return null;
  const text = value
    .slice(0, MAX_TEXT_READ)
    .toWellFormed()
    .replaceAll(/[\p{Cc}\s]+/gu, " ")
    .trim();
  if (text === "") return null;
  return text.length <= MAX_TEXT_LENGTH ? text : text.slice(0, MAX_TEXT_LENGTH).toWellFormed();
}

/** Whether text can be stored as it is. A name that must be found again must not be changed. */
export const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes("\0");

/** @returns `null` for fewer than two. */
function toNames(value: unknown): string[] | null {
  if (!Array.isArray(value)) return null;
  const names = value.slice(0, MAX_NAMES).flatMap((each) => toText(each) ?? []);
  const unlike = [...new Set(names)];
  return unlike.length > 1 ? unlike : null;
}

function toInteger(value: unknown, least: number, most: number): number | null {
  if (typeof value !== "number") return null;
  const rounded = Math.round(value);
  return rounded >= least && rounded <= most ? rounded : null;
}

function toCodec(value: unknown): string | null {
  const text = toText(value);
  if (text === null) return null;
  return CODECS.find(([pattern]) => pattern.test(text))?.[1] ?? text.slice(0, 60);
}
