import type { PeakFolder } from "./peaks.ts";

/** What WAV and AIFF say of the samples in them. */
interface PcmLayout {
  readonly channels: number;
  readonly sampleRateHz: number;
  readonly bytesPerSample: number;
  readonly isFloat: boolean;
  readonly isBigEndian: boolean;
  /** WAV has bytes from 0 to 255. */
  readonly isUnsigned: boolean;
}

/** Reads what comes in pieces of any size. */
export interface PcmReader {
  push(piece: Buffer): void;
  /** Of the samples; 0 while it is not known. */
  sampleRateHz(): number;
}

export class NoSuchSound extends Error {}

/** More of a header is no header. */
const MAX_FORMAT_BYTES = 64 * 1024;
const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;

/**
 * Reads WAV (also RF64, and with sizes that were never filled in) and AIFF or AIFC as it comes in.
 *
 * @throws NoSuchSound for what holds other than plain samples, or is broken.
 */
export function createPcmReader(kind: "wav" | "aiff", folder: PeakFolder): PcmReader {
  const isBigEndian = kind === "aiff";
  const names = isBigEndian
    ? { format: "COMM", samples: "SSND" }
    : { format: "fmt ", samples: "data" };
  let rest: Buffer = Buffer.alloc(0);
  let layout: PcmLayout | undefined;
  /** Of the piece of the file that is being read or skipped. */
  let [left, mode]: [number, "head" | "chunks" | "skip" | "samples"] = [12, "head"];

  const readFormat = (size: number): boolean => {
    if (size > MAX_FORMAT_BYTES) throw new NoSuchSound("Its header is broken.");
    const end = 8 + size + (size % 2);
    if (rest.length < end) return false;
    const format = rest.subarray(8, 8 + size);
    layout = isBigEndian ? parseComm(format) : parseFmt(format);
    rest = rest.subarray(end);
    return true;
  };
  const beginSamples = (size: number): boolean => {
    const headerBytes = isBigEndian ? 16 : 8;
    if (rest.length < headerBytes) return false;
    const isEndless = size === 0xffffffff || size === 0;
    left = isEndless ? Number.POSITIVE_INFINITY : size + (size % 2) - (headerBytes - 8);
    mode = "samples";
    rest = rest.subarray(headerBytes);
    return true;
  };
  const readChunk = (): boolean => {
    if (rest.length < 8) return false;
    const name = rest.toString("latin1", 0, 4);
    const size = isBigEndian ? rest.readUInt32BE(4) : rest.readUInt32LE(4);
    if (name === names.format) return readFormat(size);
    if (name === names.samples) return beginSamples(size);
    left = size + (size % 2);
    mode = "skip";
    rest = rest.subarray(8);
    return true;
  };
  const skip = (): boolean => {
    const count = Math.min(left, rest.length);
    rest = rest.subarray(count);
    left -= count;
    if (left > 0) return false;
    mode = "chunks";
    return rest.length > 0;
  };
  const readSamples = (): boolean => {
    if (!layout) throw new NoSuchSound("Its samples come before what they are.");
    const frame = layout.channels * layout.bytesPerSample;
    const count = Math.floor(Math.min(left, rest.length) / frame);
    if (count > 0) fold(rest, count, layout, folder);
    rest = rest.subarray(count * frame);
    left -= count * frame;
    if (left >= frame) return false;
    mode = "skip";
    return true;
  };
  const steps = { head: skip, chunks: readChunk, skip, samples: readSamples };

  return {
    push(piece) {
      rest = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
      while (steps[mode]());
    },
    sampleRateHz: () => layout?.sampleRateHz ?? 0,
  };
}

function parseFmt(format: Buffer): PcmLayout {
  if (format.length < 16) throw new NoSuchSound("Its header is too short.");
  const tag = format.readUInt16LE(0);
  const coding = tag === EXTENSIBLE && format.length >= 26 ? format.readUInt16LE(24) : tag;
  if (coding !== PCM && coding !== FLOAT) throw new NoSuchSound("Its samples are compressed.");
  const bytesPerSample = Math.ceil(format.readUInt16LE(14) / 8);
  return checked({
    channels: format.readUInt16LE(2),
    sampleRateHz: format.readUInt32LE(4),
    bytesPerSample,
    isFloat: coding === FLOAT,
    isBigEndian: false,
    isUnsigned: bytesPerSample === 1,
  });
}

/** `channels int16 | frames uint32 | bits int16 | rate float80`, in AIFC also `coding char[4] | …`. */
function parseComm(format: Buffer): PcmLayout {
  if (format.length < 18) throw new NoSuchSound("Its header is too short.");
  const coding = format.length >= 22 ? format.toString("latin1", 18, 22) : "NONE";
  const isFloat = ["fl32", "FL32", "fl64", "FL64"].includes(coding);
  if (!isFloat && !["NONE", "twos", "sowt"].includes(coding)) {
    throw new NoSuchSound("Its samples are compressed.");
  }
  const exponent = (format.readUInt16BE(8) & 0x7fff) - 16_383 - 63;
  return checked({
    channels: format.readUInt16BE(0),
    sampleRateHz: Math.round(Number(format.readBigUInt64BE(10)) * 2 ** exponent),
    bytesPerSample: Math.ceil(format.readUInt16BE(6) / 8),
    isFloat,
    isBigEndian: coding !== "sowt",
    isUnsigned: false,
  });
}

function checked(layout: PcmLayout): PcmLayout {
  const { channels, sampleRateHz, bytesPerSample, isFloat } = layout;
  const sizes = isFloat ? [4, 8] : [1, 2, 3, 4];
  const isRight =
    channels >= 1 && channels <= 64 && sampleRateHz >= 1_000 && sampleRateHz <= 768_000;
  if (!isRight || !sizes.includes(bytesPerSample)) throw new NoSuchSound("Its header is broken.");
  return layout;
}

function fold(bytes: Buffer, count: number, layout: PcmLayout, folder: PeakFolder): void {
  const { channels, bytesPerSample, isBigEndian } = layout;
  if (channels === 1 && bytesPerSample === 2 && !isBigEndian) {
    // What ffmpeg sends: as it is, but for where it begins, which must be even.
    folder.addPcm16(new Int16Array(new Uint8Array(bytes.subarray(0, 2 * count)).buffer));
    return;
  }
  const read = sampleReader(layout);
  const planes = Array.from({ length: channels }, () => new Float32Array(count));
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    for (const plane of planes) {
      plane[index] = read(bytes, at);
      at += bytesPerSample;
    }
  }
  folder.add(planes, count);
}

type ReadSample = (bytes: Buffer, at: number) => number;

function sampleReader(layout: PcmLayout): ReadSample {
  const { bytesPerSample, isFloat, isBigEndian, isUnsigned } = layout;
  if (isFloat) return floatReader(bytesPerSample, isBigEndian);
  if (isUnsigned) return (bytes, at) => ((bytes[at] as number) - 128) / 128;
  const scale = 2 ** (8 * bytesPerSample - 1);
  if (isBigEndian) return (bytes, at) => bytes.readIntBE(at, bytesPerSample) / scale;
  if (bytesPerSample === 2) return (bytes, at) => bytes.readInt16LE(at) / scale;
  return (bytes, at) => bytes.readIntLE(at, bytesPerSample) / scale;
}

function floatReader(bytesPerSample: number, isBigEndian: boolean): ReadSample {
  if (bytesPerSample === 4) {
    return isBigEndian
      ? (bytes, at) => bytes.readFloatBE(at)
      : (bytes, at) => bytes.readFloatLE(at);
  }
  return isBigEndian
    ? (bytes, at) => bytes.readDoubleBE(at)
    : (bytes, at) => bytes.readDoubleLE(at);
}
