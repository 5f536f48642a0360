import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { drawPeaks, type SoundFile } from "#server/waveforms/decoding.ts";
import { findWrong, secondsOf } from "./long-recordings.ts";

/** One drawing in a process of its own, so that what it takes can be seen. */
export interface LongDrawing {
  readonly path: string;
  readonly ffmpeg: string | null;
  readonly pieces: number;
}

export interface LongDrawingResult {
  /** Why there is none. */
  readonly failure: string | null;
  readonly tookMs: number;
  /** Of the recording, as it is drawn. */
  readonly seconds: number;
  /** See `findWrong`. */
  readonly wrongAt: number | null;
  readonly readBytes: number;
  readonly sizeBytes: number;
  readonly peaksBytes: number;
  /** At most at a time, beyond what was there before. */
  readonly ownBytes: number;
  readonly ffmpegBytes: number;
}

const LOOK_MS = 200;

async function run({ path, ffmpeg, pieces }: LongDrawing): Promise<LongDrawingResult> {
  const { size: sizeBytes } = await stat(path);
  let readBytes = 0;
  const file: SoundFile = {
    name: path,
    sizeBytes,
    async *read(start, end) {
      for await (const piece of createReadStream(path, { start, end })) {
        readBytes += piece.length;
        yield piece;
      }
    },
  };
  const before = process.memoryUsage.rss();
  let [ownBytes, ffmpegBytes] = [0, 0];
  const watch = setInterval(async () => {
    ownBytes = Math.max(ownBytes, process.memoryUsage.rss() - before);
    ffmpegBytes = Math.max(ffmpegBytes, await childBytes());
  }, LOOK_MS);
  const { signal } = new AbortController();
  const begunMs = performance.now();
  const peaks = await drawPeaks(file, { ffmpeg, signal });
  const tookMs = performance.now() - begunMs;
  clearInterval(watch);
  const seen = { tookMs, readBytes, sizeBytes, ownBytes, ffmpegBytes };
  if (typeof peaks === "string") {
    return { ...seen, failure: peaks, seconds: 0, wrongAt: null, peaksBytes: 0 };
  }
  return {
    ...seen,
    failure: null,
    seconds: secondsOf(peaks),
    wrongAt: findWrong(peaks, pieces),
    peaksBytes: peaks.pairs.length,
  };
}

/** Resident memory of the one child; 0 when there is none. Linux only. */
async function childBytes(): Promise<number> {
  try {
    const { pid } = process;
    const [child] = (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).split(" ");
    const status = await readFile(`/proc/${child}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

process.once("message", async (drawing: LongDrawing) => {
  process.send?.(await run(drawing), () => process.exit(0));
});
