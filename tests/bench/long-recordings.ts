import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Peaks } from "#server/waveforms/peaks.ts";

/** A recording of many pieces of the same length, of which a few have another loudness. */
export interface LongRecording {
  readonly path: string;
  readonly seconds: number;
}

const run = promisify(execFile);
const PIECE_SECONDS = 60;
const QUIET = 0.1;
const LOUD = 0.8;
const LAST = 0.5;
/** Two channels of the same tone: ffmpeg and the decoders here mix them alike. */
const toTone = (loudness: number): string =>
  `aevalsrc=exprs='${loudness}*sin(2*PI*440*t)|${loudness}*sin(2*PI*440*t)':s=48000:d=${PIECE_SECONDS}`;

/**
 * Loud in its first piece and in the one after its middle, half as loud in the last, quiet elsewhere.
 * Each loudness is encoded once; the pieces are then put together by their packets.
 *
 * @param encoding - of ffmpeg, for the pieces and the whole.
 */
export async function makeLongRecording(
  folder: string,
  name: string,
  { encoding, pieces }: { readonly encoding: string; readonly pieces: number },
): Promise<LongRecording> {
  const extension = name.slice(name.indexOf(".") + 1);
  const ffmpeg = (options: readonly string[]) =>
    run("ffmpeg", ["-v", "error", "-nostdin", "-y", ...options]);
  for (const loudness of [QUIET, LOUD, LAST]) {
    const piece = join(folder, `${loudness}.${extension}`);
    await ffmpeg(["-f", "lavfi", "-i", toTone(loudness), ...encoding.split(" "), piece]);
  }
  const order = Array.from(
    { length: pieces },
    (_, at) => `file '${join(folder, `${loudnessOf(at, pieces)}.${extension}`)}'`,
  );
  const list = join(folder, `${extension}.txt`);
  await writeFile(list, order.join("\n"));
  const path = join(folder, name);
  await ffmpeg(["-f", "concat", "-safe", "0", "-i", list, "-c", "copy", path]);
  return { path, seconds: pieces * PIECE_SECONDS };
}

function loudnessOf(at: number, pieces: number): number {
  if (at === 0 || at === pieces / 2) return LOUD;
  return at === pieces - 1 ? LAST : QUIET;
}

/** So much of a piece: within it one encoder's end meets the other's beginning. */
const EDGE = 0.02;
/** Of 128. */
const TOLERANCE = 6;

/**
 * Compares what was drawn with what was encoded, at the beginning and end of every piece.
 *
 * @returns the place, from 0 to 1, of the first pixel that is wrong; `null` when none is.
 */
export function findWrong({ pairs }: Peaks, pieces: number): number | null {
  const pixels = pairs.length / 2;
  for (let pixel = 0; pixel < pixels; pixel += 1) {
    const place = (pixel / pixels) * pieces;
    const within = place % 1;
    if (within < EDGE || within > 1 - EDGE) continue;
    const high = 128 * loudnessOf(Math.floor(place), pieces);
    const [lowest, highest] = [pairs[2 * pixel] ?? 0, pairs[2 * pixel + 1] ?? 0];
    const isRight = Math.abs(highest - high) <= TOLERANCE && Math.abs(lowest + high) <= TOLERANCE;
    if (!isRight) return pixel / pixels;
  }
  return null;
}

export const secondsOf = ({ pairs, samplesPerPixel, sampleRateHz }: Peaks): number =>
  ((pairs.length / 2) * samplesPerPixel) / sampleRateHz;
