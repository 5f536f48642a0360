const RATES_HZ = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
  7_350,
];
const SAMPLES_PER_FRAME = 1024;
const HEAD_BYTES = 7;
/** Fewer would say little about the rest. */
const MIN_FRAMES = 3;

/**
 * How long a raw AAC file plays, by the average of the frames at its beginning: it says its length
 * nowhere. A frame's head has its length in 13 bits from bit 30 and its rate in 4 bits from bit 18.
 *
 * @param head - the file's first bytes; an ID3 tag before the frames may be cut off by `start`.
 * @see ISO/IEC 14496-3, 1.A.2.2
 */
export function adtsDurationMs(
  head: Uint8Array,
  start: number,
  sizeBytes: number,
): number | undefined {
  let [at, frames, rateHz] = [start, 0, 0];
  while (at + HEAD_BYTES <= head.length) {
    const [sync, flags, rate, length] = [
      head[at],
      head[at + 1],
      head[at + 2],
      readLength(head, at),
    ];
    if (sync !== 0xff || ((flags ?? 0) & 0xf6) !== 0xf0 || length < HEAD_BYTES) break;
    rateHz = RATES_HZ[((rate ?? 0) >> 2) & 0x0f] ?? 0;
    frames += 1;
    at += length;
  }
  if (frames < MIN_FRAMES || rateHz === 0) return undefined;
  const bytesPerFrame = (at - start) / frames;
  return Math.round((((sizeBytes - start) / bytesPerFrame) * SAMPLES_PER_FRAME * 1000) / rateHz);
}

const readLength = (head: Uint8Array, at: number): number =>
  (((head[at + 3] ?? 0) & 0x03) << 11) | ((head[at + 4] ?? 0) << 3) | ((head[at + 5] ?? 0) >> 5);
