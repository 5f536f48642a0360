import { createHash } from "node:crypto";
import { type SoundBytes, withBytes } from "./sound-bytes.ts";
import { digestAiff, digestWav } from "./sound-chunks.ts";
import { digestMp4 } from "./sound-mp4.ts";
import { digestOgg } from "./sound-ogg.ts";

/** Kinds of files whose tags can be written; also what their names end in. */
export type SoundKind = "mp3" | "flac" | "ogg" | "m4a" | "wav" | "aiff";

/** All of a file that is heard, and nothing that is only said of it. */
export interface Sound {
  readonly kind: SoundKind;
  /** SHA-256, hex: the same for two files that sound the same by every byte. */
  readonly digest: string;
}

const ID3_BYTES = 10;
const ID3V1_BYTES = 128;
const APE_BYTES = 32;
/** FLAC's blocks of what is said: padding, comments, pictures. */
const FLAC_SAYS = new Set([1, 4, 6]);

/**
 * Digests what a file has besides its tags, by the structure of its own format.
 *
 * @returns `null` for what is of no kind whose tags can be written, or not as its kind should be: what
 *   belongs to the sound is not known then.
 */
export const digestSound = (path: string): Promise<Sound | null> =>
  withBytes(path, async (bytes) => {
    const start = await skipId3(bytes);
    const head = await bytes.read(start, 12);
    const kind = kindOf(head.toString("latin1"), head);
    if (!kind) return null;
    const digest = await DIGESTS[kind](bytes, start);
    return digest === null ? null : { kind, digest };
  });

const DIGESTS: Readonly<
  Record<SoundKind, (bytes: SoundBytes, start: number) => Promise<string | null>>
> = {
  mp3: digestMpeg,
  flac: digestFlac,
  ogg: digestOgg,
  m4a: digestMp4,
  wav: digestWav,
  aiff: digestAiff,
};

/** @param text - the same bytes, as latin1. */
function kindOf(text: string, head: Buffer): SoundKind | null {
  if (text.startsWith("fLaC")) return "flac";
  if (text.startsWith("OggS")) return "ogg";
  if (text.startsWith("RIFF") && text.slice(8, 12) === "WAVE") return "wav";
  if (text.startsWith("FORM") && /^AIF[FC]$/.test(text.slice(8, 12))) return "aiff";
  if (text.slice(4, 8) === "ftyp") return "m4a";
  // Eleven bits of sync, and layer 3: ADTS has layer 0.
  const [first = 0, second = 0] = head;
  return first === 0xff && (second & 0xe6) === 0xe2 ? "mp3" : null;
}

/** `ID3 | version (2) | flags | size (4 × 7 bits)`. @see https://id3.org/id3v2.4.0-structure */
async function skipId3(bytes: SoundBytes): Promise<number> {
  const head = Buffer.from(await bytes.read(0, ID3_BYTES));
  if (head.length < ID3_BYTES || head.toString("latin1", 0, 3) !== "ID3") return 0;
  const size = head.subarray(6, 10).reduce((sum, byte) => sum * 128 + (byte & 0x7f), 0);
  const hasFooter = ((head[5] ?? 0) & 0x10) !== 0;
  return ID3_BYTES + size + (hasFooter ? ID3_BYTES : 0);
}

/** Where what is said behind the sound begins: ID3v1, and APE before it. */
async function findEnd(bytes: SoundBytes): Promise<number> {
  const { sizeBytes } = bytes;
  const last = (await bytes.read(Math.max(0, sizeBytes - ID3V1_BYTES), 3)).toString("latin1");
  const end = last === "TAG" && sizeBytes >= ID3V1_BYTES ? sizeBytes - ID3V1_BYTES : sizeBytes;
  const foot = await bytes.read(Math.max(0, end - APE_BYTES), APE_BYTES);
  if (foot.length < APE_BYTES || foot.toString("latin1", 0, 8) !== "APETAGEX") return end;
  const hasHeader = (foot.readUInt32LE(20) & 0x8000_0000) !== 0;
  return end - foot.readUInt32LE(12) - (hasHeader ? APE_BYTES : 0);
}

async function digestMpeg(bytes: SoundBytes, start: number): Promise<string | null> {
  const end = await findEnd(bytes);
  if (end <= start) return null;
  const hash = createHash("sha256");
  await bytes.hash(hash, start, end);
  return hash.digest("hex");
}

/** `fLaC | blocks | frames`; a block is `last? (1 bit) type (7 bits) | length (3) | content`. */
async function digestFlac(bytes: SoundBytes, start: number): Promise<string | null> {
  const blocks: string[] = [];
  let at = start + 4;
  for (let isLast = false; !isLast; ) {
    const head = Buffer.from(await bytes.read(at, 4));
    if (head.length < 4) return null;
    const type = (head[0] ?? 0) & 0x7f;
    const end = at + 4 + head.readUIntBE(1, 3);
    if (end > bytes.sizeBytes) return null;
    if (!FLAC_SAYS.has(type)) {
      const hash = createHash("sha256").update(`${type} `);
      await bytes.hash(hash, at + 4, end);
      blocks.push(hash.digest("hex"));
    }
    isLast = ((head[0] ?? 0) & 0x80) !== 0;
    at = end;
  }
  const hash = createHash("sha256").update(blocks.toSorted().join(" "));
  await bytes.hash(hash, at, await findEnd(bytes));
  return hash.digest("hex");
}
