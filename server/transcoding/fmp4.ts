import { Buffer } from "node:buffer";
import { type Codec, codings, framesPerSegment, RATE_HZ } from "./kinds.ts";

/**
 * Fragmented MP4 with one track of sound. A box is `size (4) | type (4) | content`, big-endian.
 *
 * @see ISO/IEC 14496-12
 */
type Part = Buffer | readonly Part[];

const u8 = (...values: number[]): Buffer => Buffer.from(values);
const u16 = (...values: number[]): Buffer => Buffer.from(values.flatMap((v) => [v >> 8, v & 255]));
function u32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, at) => {
    bytes.writeUInt32BE(value >>> 0, 4 * at);
  });
  return bytes;
}
const text = (value: string): Buffer => Buffer.from(value, "latin1");
const flatten = (part: Part): Buffer =>
  Buffer.isBuffer(part) ? part : Buffer.concat(part.map(flatten));

function box(type: string, ...parts: Part[]): Buffer {
  const content = flatten(parts);
  return Buffer.concat([u32(content.length + 8), text(type), content]);
}
/** `version (1) | flags (3)` come first. */
const full = (type: string, version: number, flags: number, ...parts: Part[]): Buffer =>
  box(type, u32((version << 24) | flags), ...parts);

const MATRIX = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);
const TRACK = 1;
const CHANNELS = 2;
/** Starting anywhere is fine: every frame of sound is. */
const SYNC_SAMPLE = 0x02000000;

/** What every segment of a kind is to be read with: it is the same for all recordings. */
export function initSegment(codec: Codec): Buffer {
  const { delaySamples, samplesPerFrame } = codings[codec];
  const header = full("mvhd", 0, 0, [
    u32(0, 0, RATE_HZ, 0, 0x10000),
    [u16(0x0100, 0), u32(0, 0), MATRIX, Buffer.alloc(24), u32(TRACK + 1)],
  ]);
  const track = box("trak", [
    full("tkhd", 0, 7, u32(0, 0, TRACK, 0, 0, 0, 0), u16(0, 1, 0x0100, 0), MATRIX, u32(0, 0)),
    // What the decoder gives first is no sound yet.
    box("edts", full("elst", 0, 0, u32(1, 0, delaySamples), u16(1, 0))),
    box("mdia", [
      full("mdhd", 0, 0, u32(0, 0, RATE_HZ, 0), u16(0x55c4, 0)),
      full("hdlr", 0, 0, u32(0), text("soun"), Buffer.alloc(12), text("sound\0")),
      box("minf", [
        full("smhd", 0, 0, u32(0)),
        box("dinf", full("dref", 0, 0, u32(1), full("url ", 0, 1))),
        box("stbl", [
          full("stsd", 0, 0, u32(1), sampleEntry(codec)),
          ...["stts", "stsc", "stco"].map((type) => full(type, 0, 0, u32(0))),
          full("stsz", 0, 0, u32(0, 0)),
        ]),
      ]),
    ]),
  ]);
  const defaults = full("trex", 0, 0, u32(TRACK, 1, samplesPerFrame, 0, SYNC_SAMPLE));
  return Buffer.concat([
    box("ftyp", text("iso6"), u32(1), text("iso6cmfcmp41")),
    box("moov", header, track, box("mvex", defaults)),
  ]);
}

function sampleEntry(codec: Codec): Buffer {
  const sound = [Buffer.alloc(6), u16(1), u32(0, 0), u16(CHANNELS, 16, 0, 0), u16(RATE_HZ, 0)];
  if (codec === "aac") return box("mp4a", sound, full("esds", 0, 0, aacDescriptors()));
  const { delaySamples } = codings.opus;
  const head = [u8(0, CHANNELS), u16(delaySamples), u32(RATE_HZ), u16(0), u8(0)];
  return box("Opus", sound, box("dOps", head));
}

/** @see ISO/IEC 14496-1, 7.2.6.5: `tag (1) | length (1) | content` each */
function aacDescriptors(): Buffer {
  // AAC-LC (5 bits: 2), 48 kHz (4 bits: 3), two channels (4 bits: 2).
  const audioSpecific = [u8(0x05, 2), u16((2 << 11) | (3 << 7) | (CHANNELS << 3))];
  // MPEG-4 sound (0x40), an audio stream (0x15), buffer and bitrates unsaid.
  const config = flatten([u8(0x40, 0x15), u8(0, 0, 0), u32(0, 0), audioSpecific]);
  const stream = flatten([u16(TRACK), u8(0), u8(0x04, config.length), config, u8(0x06, 1, 2)]);
  return Buffer.concat([u8(0x03, stream.length), stream]);
}

const DEFAULT_BASE_IS_MOOF = 0x020000;
const DATA_OFFSET_AND_SIZES = 0x000201;

/** @param index - counted from 0: says when it plays, whoever makes it and in which order. */
export function mediaSegment(codec: Codec, index: number, frames: readonly Buffer[]): Buffer {
  const time = BigInt(index) * BigInt(framesPerSegment(codec) * codings[codec].samplesPerFrame);
  const decodeTime = Buffer.alloc(8);
  decodeTime.writeBigUInt64BE(time);
  const moof = (dataOffset: number): Buffer =>
    box("moof", [
      full("mfhd", 0, 0, u32(index + 1)),
      box("traf", [
        full("tfhd", 0, DEFAULT_BASE_IS_MOOF, u32(TRACK)),
        full("tfdt", 1, 0, decodeTime),
        full("trun", 0, DATA_OFFSET_AND_SIZES, [
          u32(frames.length, dataOffset),
          u32(...frames.map(({ length }) => length)),
        ]),
      ]),
    ]);
  const { length } = moof(0);
  return Buffer.concat([
    box("styp", text("msdh"), u32(0), text("msdhmsixcmfc")),
    moof(length + 8),
    box("mdat", [...frames]),
  ]);
}
