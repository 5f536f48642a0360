import type { Peaks } from "./peaks.ts";

const VERSION = 2;
const HEADER_BYTES = 24;
const IS_8_BIT = 1;
const CHANNELS = 1;

/**
 * The binary format of BBC audiowaveform, version 2, little-endian:
 * `version int32 | flags uint32 (1: 8 bit) | sample rate int32 | samples per pixel int32 |
 * length uint32 | channels int32`, then `lowest int8 | highest int8` for each pixel.
 *
 * @see https://github.com/bbc/audiowaveform/blob/master/doc/DataFormat.md
 */
export function toDat({ sampleRateHz, samplesPerPixel, pairs }: Peaks): Buffer {
  const dat = Buffer.alloc(HEADER_BYTES + pairs.length);
  dat.writeInt32LE(VERSION, 0);
  dat.writeUInt32LE(IS_8_BIT, 4);
  dat.writeInt32LE(sampleRateHz, 8);
  dat.writeInt32LE(samplesPerPixel, 12);
  dat.writeUInt32LE(pairs.length / 2, 16);
  dat.writeInt32LE(CHANNELS, 20);
  dat.set(new Uint8Array(pairs.buffer, pairs.byteOffset, pairs.length), HEADER_BYTES);
  return dat;
}

/** Its JSON format, version 2. */
export const toJson = ({ sampleRateHz, samplesPerPixel, pairs }: Peaks): string =>
  JSON.stringify({
    version: VERSION,
    channels: CHANNELS,
    sample_rate: sampleRateHz,
    samples_per_pixel: samplesPerPixel,
    bits: 8,
    length: pairs.length / 2,
    data: Array.from(pairs),
  });
