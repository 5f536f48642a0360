import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFfmpeg } from "#server/waveforms/ffmpeg.ts";
import { runApart } from "./apart.ts";
import type { LongDrawing, LongDrawingResult } from "./long-drawing.ts";
import { type LongRecording, makeLongRecording } from "./long-recordings.ts";
import { type Figure, megabytes } from "./table.ts";

/** `BENCH_MINUTES=20` for a quick look; even, so that there is a piece after the middle. */
const MINUTES = Number(process.env.BENCH_MINUTES ?? 240);
/** `BENCH_CODECS=mp3,flac` for some of them. */
const CHOSEN = process.env.BENCH_CODECS?.split(",");
/** Of what has no decoder here but ffmpeg there is a waveform only with it. */
const CODECS: Readonly<Record<string, string>> = {
  "take.mp3": "-c:a libmp3lame -b:a 128k -write_xing 0",
  "take.flac": "-c:a flac",
  "take.ogg": "-c:a libvorbis -q:a 4",
  "take.opus": "-c:a libopus -b:a 96k",
  "take.m4a": "-c:a aac -b:a 128k",
  "take.wav": "-c:a pcm_s16le",
};
const MOST_BYTES = 150_000_000;

/** A rehearsal of four hours in each coding: how fast it is drawn, with how much memory, and how right. */
export async function benchWaveforms(): Promise<Figure[]> {
  const ffmpeg = await findFfmpeg();
  if (ffmpeg === null) return [{ what: "waveforms", measured: "ffmpeg is needed to make them" }];
  const figures: Figure[] = [];
  const isChosen = (name: string): boolean => CHOSEN?.includes(name.slice(5)) ?? true;
  for (const [name, encoding] of Object.entries(CODECS).filter(([name]) => isChosen(name))) {
    const folder = await mkdtemp(join(tmpdir(), "backline-bench-waveforms-"));
    try {
      const recording = await makeLongRecording(folder, name, { encoding, pieces: MINUTES });
      for (const program of [null, ffmpeg]) figures.push(...(await benchOne(recording, program)));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return figures;
}

async function benchOne({ path, seconds }: LongRecording, ffmpeg: string | null) {
  const drawn = await runApart<LongDrawing, LongDrawingResult>("long-drawing.ts", {
    ...{ path, ffmpeg, pieces: MINUTES },
  });
  const extension = path.slice(path.lastIndexOf(".") + 1);
  const what = `${extension}, ${MINUTES} minutes, ${ffmpeg ? "with" : "without"} ffmpeg`;
  if (drawn.failure !== null) return [{ what, measured: drawn.failure }];
  return present(what, seconds, drawn);
}

function present(what: string, seconds: number, drawn: LongDrawingResult): Figure[] {
  const { tookMs, wrongAt, readBytes, sizeBytes, peaksBytes, ownBytes, ffmpegBytes } = drawn;
  const isComplete = Math.abs(drawn.seconds - seconds) < seconds / 1000;
  return [
    {
      what,
      measured: `${((seconds * 1000) / tookMs).toFixed(0)} x realtime, ${(tookMs / 1000).toFixed(0)} s`,
    },
    {
      what: `${what}: as loud as it is`,
      measured: `${wrongAt === null ? "everywhere" : `not at ${(100 * wrongAt).toFixed(2)} %`}, ${drawn.seconds.toFixed(1)} s drawn`,
      target: `everywhere, ${seconds} s`,
      isMet: wrongAt === null && isComplete,
    },
    {
      what: `${what}: memory, ours and ffmpeg's`,
      measured: `${megabytes(ownBytes)} and ${megabytes(ffmpegBytes)}, ${(peaksBytes / 1e6).toFixed(2)} MB kept`,
      target: `≤ ${megabytes(MOST_BYTES)}`,
      isMet: ownBytes + ffmpegBytes <= MOST_BYTES,
    },
    {
      what: `${what}: bytes read of the file`,
      measured: `${megabytes(readBytes)} of ${megabytes(sizeBytes)}`,
      target: "once",
      isMet: readBytes <= sizeBytes,
    },
  ];
}
