import { extname } from "node:path";
import {
  CouldNotDetermineFileTypeError,
  type IAudioMetadata,
  type IOptions,
  parseFromTokenizer,
  selectCover,
} from "music-metadata";
import type { IRandomAccessTokenizer } from "strtok3";
import { adtsDurationMs } from "./adts.ts";
import { sniffAudio } from "./audio-types.ts";
import { MAX_OGG_PAGE_BYTES, oggDurationMs } from "./ogg.ts";
import { createSparseFile, type FetchBytes } from "./sparse-file.ts";
import { type Tags, toDurationMs, toTags } from "./tags.ts";

/** An audio file that is elsewhere, with the bytes of it that were fetched at once. */
export interface AudioFile {
  readonly name: string;
  /** The whole file's, as the storage says. */
  readonly sizeBytes: number;
  readonly head: Uint8Array;
  /** Up to the last byte; empty when the head is the whole file. */
  readonly tail: Uint8Array;
}

export interface ParsedFile {
  readonly tags: Tags;
  /** As it lies in the file; what kind of picture it is, and whether, nobody knows yet. */
  readonly picture: Uint8Array | null;
}

const ID3_HEAD_BYTES = 10;

/**
 * Reads the tags of a file from as few bytes as possible. Never asks the parser to find out how
 * long an Ogg file plays: it would read all of it.
 *
 * @returns `undefined` when nothing in the file says that it is audio.
 */
export async function parseAudio(
  file: AudioFile,
  fetch: FetchBytes,
): Promise<ParsedFile | undefined> {
  const { tokenizer, isTruncated } = createSparseFile(
    file.sizeBytes,
    [
      { start: 0, bytes: file.head },
      { start: file.sizeBytes - file.tail.length, bytes: file.tail },
    ],
    fetch,
  );
  const metadata = await parseMetadata(tokenizer, file);
  if (!metadata) return undefined;
  const { format, common } = metadata;
  const tags = toTags(
    { format, common, r128: findR128(metadata) },
    await findDurationMs(file, tokenizer, metadata),
  );
  if (tags.codec === null && tags.durationMs === null) return undefined;
  const picture = isTruncated() ? null : selectCover(common.picture);
  return { tags, picture: picture?.data ?? null };
}

/** The parser has no name of its own for these. */
function findR128({ native }: IAudioMetadata) {
  const tags = Object.values(native ?? {}).flat();
  const find = (id: string) => tags.find((tag) => tag.id.toUpperCase() === id)?.value;
  return { trackGain: find("R128_TRACK_GAIN"), albumGain: find("R128_ALBUM_GAIN") };
}

/** What the parser made of it, up to where it gave up: a broken end does not spoil the beginning. */
async function parseMetadata(
  tokenizer: IRandomAccessTokenizer,
  { name, head, sizeBytes }: AudioFile,
): Promise<IAudioMetadata | undefined> {
  let seen: IAudioMetadata | undefined;
  const options: IOptions = {
    observer: ({ metadata }) => {
      seen = metadata as IAudioMetadata;
    },
  };
  const mimeType = sniffAudio(head, name);
  tokenizer.fileInfo = { size: sizeBytes, ...(mimeType ? { mimeType } : {}) };
  try {
    return await parseFromTokenizer(tokenizer, options);
  } catch (error) {
    if (!(error instanceof CouldNotDetermineFileTypeError) || !isFrames(name)) return seen;
    // Something stands before the first frame: let the parser look for it.
    tokenizer.fileInfo = { size: sizeBytes, mimeType: "audio/mpeg" };
    tokenizer.setPosition(0);
    return parseFromTokenizer(tokenizer, options).catch(() => seen);
  }
}

/** Kinds that begin without a word about what they are. */
const isFrames = (name: string): boolean => [".mp3", ".aac"].includes(extname(name).toLowerCase());

async function findDurationMs(
  file: AudioFile,
  tokenizer: IRandomAccessTokenizer,
  { format }: IAudioMetadata,
): Promise<number | null> {
  const { sizeBytes, head } = file;
  if (format.container === "Ogg") return findOggDurationMs(file, tokenizer);
  if (/ADTS/.test(format.container ?? "")) {
    const found = adtsDurationMs(head, id3Bytes(head), sizeBytes);
    if (found !== undefined) return found;
  }
  const byBitrate = format.bitrate ? (sizeBytes * 8) / format.bitrate : undefined;
  if (format.duration === undefined || !(format.duration > 0)) return toDurationMs(byBitrate);
  // A recorder that was cut off has not corrected the length that it wrote at the beginning.
  const isPcm = format.codec === "PCM" && byBitrate !== undefined;
  return toDurationMs(isPcm ? Math.min(format.duration, byBitrate) : format.duration);
}

async function findOggDurationMs(
  { head, tail, sizeBytes }: AudioFile,
  tokenizer: IRandomAccessTokenizer,
): Promise<number | null> {
  const known = oggDurationMs(head, tail.length > 0 ? tail : head);
  if (known !== undefined) return known;
  const longTail = new Uint8Array(Math.min(MAX_OGG_PAGE_BYTES, sizeBytes));
  try {
    await tokenizer.peekBuffer(longTail, { position: sizeBytes - longTail.length });
  } catch {
    // The budget is spent; an unknown length is better than none of the tags.
    return null;
  }
  return oggDurationMs(head, longTail) ?? null;
}

/** Seven bits a byte, and the head itself does not count. */
function id3Bytes(head: Uint8Array): number {
  if (String.fromCharCode(...head.subarray(0, 3)) !== "ID3") return 0;
  return (
    head.subarray(6, ID3_HEAD_BYTES).reduce((size, byte) => size * 128 + byte, 0) + ID3_HEAD_BYTES
  );
}
