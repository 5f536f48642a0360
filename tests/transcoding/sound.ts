import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ffmpeg } from "#tests/support/ffmpeg.ts";

export const RATE_HZ = 48_000;

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "backline-sound-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A murmur that is nowhere like anywhere else, in a file of the kind that its name says. */
export const murmur = (seconds: number, name: string, options = ""): Promise<Buffer> =>
  inFolder(async (folder) => {
    const path = join(folder, name);
    const source = `anoisesrc=c=pink:r=44100:a=0.7:seed=7:d=${seconds},lowpass=f=1500`;
    const coding = options.split(" ").filter(Boolean);
    await ffmpeg(["-f", "lavfi", "-i", source, "-ac", "2", ...coding, "-y", path, "-f", "null"]);
    return readFile(path);
  });

/** What is heard of a file, in one channel at 48 kHz. */
export const decode = (bytes: Buffer, name: string): Promise<Int16Array> =>
  inFolder(async (folder) => {
    const path = join(folder, name);
    await writeFile(path, bytes);
    const pcm = await ffmpeg(["-i", path, "-ac", "1", "-ar", String(RATE_HZ), "-f", "s16le"]);
    return new Int16Array(new Uint8Array(pcm).buffer);
  });

/** Samples around a place, of which something is said. */
const AROUND = 4_800;
const MOST_LAG = 1_500;

/** How many samples later than in the original this place is heard in what was made of it. */
export function lagAt(original: Int16Array, made: Int16Array, at: number): number {
  let [best, least] = [Number.NaN, Number.POSITIVE_INFINITY];
  for (let lag = -MOST_LAG; lag <= MOST_LAG; lag += 1) {
    const difference = differenceAt(original, made, at, lag, 5);
    if (difference < least) [best, least] = [lag, difference];
  }
  return best;
}

/** How much of what is heard around a place is not the original: 0 to 1 and more. */
export const errorAt = (original: Int16Array, made: Int16Array, at: number): number =>
  differenceAt(original, made, at, 0, 1) / differenceAt(original, new Int16Array(0), at, 0, 1);

function differenceAt(
  original: Int16Array,
  made: Int16Array,
  at: number,
  lag: number,
  step: number,
): number {
  let sum = 0;
  for (let each = at - AROUND / 2; each < at + AROUND / 2; each += step) {
    sum += Math.abs((made[each + lag] ?? 0) - (original[each] ?? 0));
  }
  return sum;
}
