import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { drawPeaks, type SoundFile } from "#server/waveforms/decoding.ts";
import { findFfmpeg } from "#server/waveforms/ffmpeg.ts";
import { demoFolder, demoRecordings } from "#tests/support/demo.ts";
import type { Figure } from "./table.ts";

const REPEATED = 20;
const FORMATS = ["mp3", "flac", "ogg", "m4a"] as const;

/** A recording that comes with Backline, over and over; an MP3 stays one when it is put together so. */
export async function benchWaveforms(): Promise<Figure[]> {
  const ffmpeg = await findFfmpeg();
  const figures: Figure[] = [];
  for (const format of FORMATS) figures.push(...(await benchFormat(format, ffmpeg)));
  return figures;
}

async function benchFormat(
  format: (typeof FORMATS)[number],
  ffmpeg: string | null,
): Promise<Figure[]> {
  const recording = demoRecordings.find((each) => each.format === format);
  if (!recording) return [];
  const times = format === "mp3" ? REPEATED : 1;
  const bytes = await readFile(join(demoFolder, recording.path));
  const file = toFile(recording.path, Buffer.concat(Array(times).fill(bytes)));
  const seconds = (recording.durationMs / 1000) * times;
  const figures: Figure[] = [];
  for (const program of new Set([ffmpeg, null])) {
    const speed = await speedOf(file, program, seconds);
    const how = program === null ? "without ffmpeg" : "with ffmpeg";
    figures.push({
      what: `${format}, ${seconds.toFixed(0)} s, ${how}`,
      measured: speed === null ? "no waveform" : `${speed.toFixed(0)} x realtime`,
    });
  }
  return figures;
}

function toFile(name: string, bytes: Buffer): SoundFile {
  return {
    name,
    sizeBytes: bytes.length,
    async *read(start, end) {
      for (let at = start; at <= end; at += 65_536) {
        yield bytes.subarray(at, Math.min(end + 1, at + 65_536));
      }
    },
  };
}

async function speedOf(file: SoundFile, ffmpeg: string | null, seconds: number) {
  const begunMs = performance.now();
  const { signal } = new AbortController();
  const result = await drawPeaks(file, { ffmpeg, signal });
  if (typeof result === "string") return null;
  return (seconds * 1000) / (performance.now() - begunMs);
}
