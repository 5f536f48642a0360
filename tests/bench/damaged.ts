import { monitorEventLoopDelay } from "node:perf_hooks";
import { startTagReader, type TagReader } from "#server/library/tag-reader.ts";
import { createDecoderThreads, type DecoderThreads } from "#server/waveforms/decoder-threads.ts";
import { drawPeaks } from "#server/waveforms/decoding.ts";
import { findFfmpeg } from "#server/waveforms/ffmpeg.ts";
import { createRandom } from "#tests/library/disturbances.ts";
import { damage, toTagFile } from "#tests/support/damage.ts";
import { recordings, soundFile } from "#tests/waveforms/recordings.ts";
import { type Figure, megabytes, ms } from "./table.ts";

/** `BENCH_FILES=500` for a quick look. */
const FILES = Number(process.env.BENCH_FILES ?? 10_000);
/** To start it takes longer than all else, and what it does with a broken file is not ours. */
const FILES_OF_FFMPEG = FILES / 4;
const AT_ONCE = 3;
const TARGET_MS = 50;

/**
 * Damaged copies of the recordings that come with Backline, a few seconds of each: their tags are read
 * and they are drawn, with and without ffmpeg.
 */
export async function benchDamaged(): Promise<Figure[]> {
  const ffmpeg = await findFfmpeg();
  const figures: Figure[] = [];
  for (const program of new Set([null, ffmpeg])) figures.push(...(await runAll(program)));
  return figures;
}

async function runAll(ffmpeg: string | null): Promise<Figure[]> {
  const files = ffmpeg === null ? FILES : FILES_OF_FFMPEG;
  const [reader, threads] = [startTagReader(), createDecoderThreads()];
  const random = createRandom(20_261_129);
  const counts = { tagged: 0, untagged: 0, drawn: 0, broken: 0, unsupported: 0 };
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const begunMs = performance.now();
  const before = process.memoryUsage.rss();
  let [next, mostBytes] = [0, 0];
  const work = async (): Promise<void> => {
    for (let index = next++; index < files; index = next++) {
      const recording = recordings[index % recordings.length];
      if (!recording) return;
      const bytes = damage(recording.bytes, random);
      const { hasTags, drawing } = await lookAt(recording.path, bytes, { reader, threads, ffmpeg });
      counts[hasTags ? "tagged" : "untagged"] += 1;
      counts[drawing] += 1;
      mostBytes = Math.max(mostBytes, process.memoryUsage.rss() - before);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  delays.disable();
  await Promise.all([reader.close(), threads.close()]);
  const seconds = (performance.now() - begunMs) / 1000;
  const lateMs = delays.percentile(99) / 1e6;
  const how = ffmpeg === null ? "without ffmpeg" : "with ffmpeg";
  const { tagged, untagged, drawn, broken, unsupported } = counts;
  return [
    {
      what: `${files.toLocaleString("en")} damaged files, ${how}`,
      measured: `${drawn} drawn, ${broken} broken, ${unsupported} unsupported; tags of ${tagged}, none of ${untagged}; ${seconds.toFixed(0)} s`,
      target: "each ends",
      isMet: drawn + broken + unsupported === files && tagged + untagged === files,
    },
    {
      what: `event loop meanwhile, ${how}: p99`,
      measured: ms(lateMs),
      target: `≤ ${TARGET_MS} ms`,
      isMet: lateMs <= TARGET_MS,
    },
    { what: `memory meanwhile, ${how}, at most`, measured: megabytes(mostBytes) },
  ];
}

interface Tools {
  readonly reader: TagReader;
  readonly threads: DecoderThreads;
  readonly ffmpeg: string | null;
}

async function lookAt(path: string, bytes: Buffer, { reader, threads, ffmpeg }: Tools) {
  const parsed = await reader.read(toTagFile(path, bytes), async (start, end) =>
    bytes.subarray(start, end + 1),
  );
  const { signal } = new AbortController();
  const drawing = await drawPeaks(soundFile(path, bytes), { ffmpeg, threads, signal });
  return {
    hasTags: parsed !== null,
    drawing: typeof drawing === "string" ? drawing : ("drawn" as const),
  };
}
