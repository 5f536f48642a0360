import { extname } from "node:path";

/** What a file is, as far as the choice of a decoder goes; `other`: ffmpeg may know. */
export type SoundKind = "mp3" | "flac" | "vorbis" | "opus" | "wav" | "aiff" | "mp4" | "other";

const ID3_HEADER_BYTES = 10;

const has = (head: Buffer, at: number, text: string): boolean =>
  head.toString("latin1", at, at + text.length) === text;

/** @param head - the first bytes, 128 or more where the file has them. The name decides last. */
export function kindOfSound(head: Buffer, name: string): SoundKind {
  const at = has(head, 0, "ID3") ? endOfId3(head) : 0;
  if (has(head, at, "fLaC")) return "flac";
  if (has(head, 0, "OggS")) return kindInOgg(head);
  if (has(head, 8, "WAVE") && (has(head, 0, "RIFF") || has(head, 0, "RF64"))) return "wav";
  if (has(head, 0, "FORM") && has(head, 8, "AIF")) return "aiff";
  if (has(head, 4, "ftyp")) return "mp4";
  if (extname(name).toLowerCase() === ".mp3" || isMp3Frame(head)) return "mp3";
  return "other";
}

/** The length of a tag is written in seven bits of each byte. */
function endOfId3(head: Buffer): number {
  const [a = 0, b = 0, c = 0, d = 0] = head.subarray(6, ID3_HEADER_BYTES);
  return ID3_HEADER_BYTES + (a << 21) + (b << 14) + (c << 7) + d;
}

function kindInOgg(head: Buffer): SoundKind {
  if (head.includes("\x01vorbis", 0, "latin1")) return "vorbis";
  if (head.includes("OpusHead", 0, "latin1")) return "opus";
  return head.includes("\x7fFLAC", 0, "latin1") ? "flac" : "other";
}

/** Eleven bits begin a frame; the two of the layer are 0 for raw AAC. */
const isMp3Frame = ([first = 0, second = 0]: Buffer): boolean =>
  first === 0xff && (second & 0xe0) === 0xe0 && (second & 0x06) !== 0;
