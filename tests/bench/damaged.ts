import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { drawPeaks } from "#server/waveforms/decoding.ts";
import { findFfmpeg } from "#server/waveforms/ffmpeg.ts";
import { createRandom } from "#tests/library/disturbances.ts";
import { damage } from "#tests/support/damage.ts";
import { demoFolder, demoRecordings } from "#tests/support/demo.ts";
import { soundFile } from "#tests/waveforms/recordings.ts";
import { type Figure, ms } from "./table.ts";

const FILES = 10_000;
const AT_ONCE = 2;
const TARGET_MS = 50;

/** Damaged copies of the recordings that come with Backline, drawn with and without ffmpeg. */
export async function benchDamaged(): Promise<Figure[]> {
  const ffmpeg = await findFfmpeg();
  const figures: Figure[] = [];
  for (const program of new Set([null, ffmpeg])) figures.push(...(await drawAll(program)));
  return figures;
}

async function drawAll(ffmpeg: string | null): Promise<Figure[]> {
  const recordings = await Promise.all(
    demoRecordings.map(async ({ path }) => ({
      path,
      bytes: await readFile(join(demoFolder, path)),
    })),
  );
  const random = createRandom(20_261_129);
  const { signal } = new AbortController();
  const outcomes = { drawn: 0, broken: 0, unsupported: 0 };
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const begunMs = performance.now();
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < FILES; index = next++) {
      const recording = recordings[index % recordings.length];
      if (!recording) return;
      const broken = damage(recording.bytes, random);
      const result = await drawPeaks(soundFile(recording.path, broken), { ffmpeg, signal });
      outcomes[typeof result === "string" ? result : "drawn"] += 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  delays.disable();
  const lateMs = delays.percentile(99) / 1e6;
  const how = ffmpeg === null ? "without ffmpeg" : "with ffmpeg";
  const { drawn, broken, unsupported } = outcomes;
  const seconds = (performance.now() - begunMs) / 1000;
  return [
    {
      what: `${FILES.toLocaleString("en")} damaged files, ${how}`,
      measured: `${drawn} drawn, ${broken} broken, ${unsupported} unsupported in ${seconds.toFixed(0)} s`,
      target: "each ends",
      isMet: drawn + broken + unsupported === FILES,
    },
    {
      what: `event loop meanwhile, ${how}: p99`,
      measured: ms(lateMs),
      target: `≤ ${TARGET_MS} ms`,
      isMet: lateMs <= TARGET_MS,
    },
  ];
}
