/** A recording at one zoom, as it is drawn. */
export interface Peaks {
  readonly seconds: number;
  readonly samplesPerPixel: number;
  /** Pairs of lowest and highest, -128 to 127. */
  readonly pairs: Int8Array;
}

const HEADER_BYTES = 24;

/**
 * Reads audiowaveform's binary format, version 2, as the server sends it.
 *
 * @throws Error for anything else.
 */
export function parseDat(bytes: ArrayBuffer): Peaks {
  const view = new DataView(bytes);
  const length = bytes.byteLength >= HEADER_BYTES ? view.getUint32(16, true) : 0;
  const [rate, samplesPerPixel] =
    length > 0 ? [view.getInt32(8, true), view.getInt32(12, true)] : [];
  if (!rate || !samplesPerPixel || bytes.byteLength !== HEADER_BYTES + 2 * length) {
    throw new Error("This is no waveform.");
  }
  const pairs = new Int8Array(bytes, HEADER_BYTES);
  return { seconds: (length * samplesPerPixel) / rate, samplesPerPixel, pairs };
}

/** A part of a recording, 0 to 1. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** How loud each of so many bars is, 0 to 1. */
export function toBars({ pairs }: Peaks, count: number, { from, to }: Span): number[] {
  const pixels = pairs.length / 2;
  return Array.from({ length: count }, (_, bar) => {
    const at = (part: number) => (from + (to - from) * part) * pixels;
    const first = Math.max(0, Math.floor(at(bar / count)));
    const last = Math.min(pixels, Math.max(first + 1, Math.floor(at((bar + 1) / count))));
    let most = 0;
    for (let pixel = first; pixel < last; pixel += 1) {
      most = Math.max(most, -(pairs[2 * pixel] ?? 0), pairs[2 * pixel + 1] ?? 0);
    }
    return most / 128;
  });
}
