/** Lowest and highest of each pixel, as they are drawn. */
export interface Peaks {
  readonly sampleRateHz: number;
  readonly samplesPerPixel: number;
  /** Pairs of lowest and highest, -128 to 127. The last pixel may have fewer samples. */
  readonly pairs: Int8Array;
}

export const FINEST_SAMPLES = 256;
/** An hour and a half at the finest zoom; what is longer gets half of it, and so on. 2 MB. */
const MOST_PIXELS = 1 << 20;
/** A day at 48 kHz. */
const MOST_SAMPLES = 24 * 3600 * 48_000;
/** Of the widest zoom: more than any screen shows of a whole recording. */
export const OVERVIEW_PIXELS = 2_000;

/** Takes samples as they come and keeps no more of them than their peaks. */
export interface PeakFolder {
  /** One for each channel, -1 to 1; they are mixed to one. @param count - how many of each are meant. */
  add(channels: readonly Float32Array[], count: number): void;
  addPcm16(samples: Int16Array): void;
  /** @returns `undefined` when there was not a single sample. */
  finish(sampleRateHz: number): Peaks | undefined;
}

export class TooLong extends Error {}

export function createPeakFolder(mostPixels = MOST_PIXELS): PeakFolder {
  let pairs = new Int8Array(1 << 14);
  let [pixels, samplesPerPixel, inPixel, total] = [0, FINEST_SAMPLES, 0, 0];
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

  const endPixel = (): void => {
    if (2 * pixels === pairs.length) {
      const larger = new Int8Array(2 * pairs.length);
      larger.set(pairs);
      pairs = larger;
    }
    pairs[2 * pixels] = toInt8(low);
    pairs[2 * pixels + 1] = toInt8(high);
    pixels += 1;
    inPixel = 0;
    [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    if (pixels < mostPixels) return;
    halve(pairs, pixels);
    pixels /= 2;
    samplesPerPixel *= 2;
  };
  const take = (count: number): void => {
    total += count;
    if (total > MOST_SAMPLES) throw new TooLong("This goes on for more than a day.");
  };

  /** @param scale - what is 1. */
  const foldAll = (samples: Float32Array | Int16Array, count: number, scale: number): void => {
    take(count);
    for (let at = 0; at < count; ) {
      const end = Math.min(count, at + samplesPerPixel - inPixel);
      const { least, most } = extremesOf(samples, at, end);
      low = Math.min(low, least / scale);
      high = Math.max(high, most / scale);
      inPixel += end - at;
      at = end;
      if (inPixel === samplesPerPixel) endPixel();
    }
  };

  return {
    add: (channels, count) => foldAll(mix(channels, count), count, 1),
    addPcm16: (samples) => foldAll(samples, samples.length, 32_768),

    finish(sampleRateHz) {
      if (inPixel > 0) endPixel();
      if (pixels === 0) return undefined;
      return { sampleRateHz, samplesPerPixel, pairs: pairs.slice(0, 2 * pixels) };
    },
  };
}

function extremesOf(samples: Float32Array | Int16Array, from: number, to: number) {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let at = from; at < to; at += 1) {
    const sample = samples[at] as number;
    if (sample < least) least = sample;
    if (sample > most) most = sample;
  }
  return { least, most };
}

/** The same at another zoom: each pixel is made of a power of two of them. */
export function zoomOut(peaks: Peaks, samplesPerPixel: number): Peaks {
  let { pairs, samplesPerPixel: now } = peaks;
  while (now < samplesPerPixel) {
    const pixels = pairs.length / 2;
    const halved = pairs.slice();
    halve(halved, pixels);
    pairs = halved.subarray(0, 2 * Math.ceil(pixels / 2));
    now *= 2;
  }
  return { ...peaks, samplesPerPixel: now, pairs };
}

/** At which zoom a whole recording has at most so many pixels. */
export function overviewZoom({ pairs, samplesPerPixel }: Peaks): number {
  let [pixels, zoom] = [pairs.length / 2, samplesPerPixel];
  while (pixels > OVERVIEW_PIXELS) {
    pixels = Math.ceil(pixels / 2);
    zoom *= 2;
  }
  return zoom;
}

function halve(pairs: Int8Array, pixels: number): void {
  for (let pixel = 0; pixel < pixels; pixel += 2) {
    const next = pixel + 1 < pixels ? pixel + 1 : pixel;
    pairs[pixel] = Math.min(pairs[2 * pixel] as number, pairs[2 * next] as number);
    pairs[pixel + 1] = Math.max(pairs[2 * pixel + 1] as number, pairs[2 * next + 1] as number);
  }
}

/** As audiowaveform has it: towards zero, so that silence with noise in its last bits is silent. */
function toInt8(sample: number): number {
  const scaled = Math.trunc(sample * 128);
  return Number.isNaN(scaled) ? 0 : Math.max(-128, Math.min(127, scaled));
}

function mix(channels: readonly Float32Array[], count: number): Float32Array {
  const [first, ...others] = channels;
  if (!first) return new Float32Array(count);
  if (others.length === 0) return first;
  const mono = new Float32Array(count);
  for (const channel of channels) {
    for (let at = 0; at < count; at += 1) {
      mono[at] = (mono[at] as number) + (channel[at] as number) / channels.length;
    }
  }
  return mono;
}
