import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { SoundFile } from "#server/waveforms/decoding.ts";
import { createPeakFolder, type Peaks } from "#server/waveforms/peaks.ts";
import { demoFolder, demoRecordings } from "#tests/support/demo.ts";

export const recordings = demoRecordings.map(({ path, format }) => ({
  path,
  format,
  bytes: readFileSync(join(demoFolder, path)),
}));

/** Bytes in memory as a file in a storage; `readBytes` counts what was taken of it. */
export function soundFile(name: string, bytes: Buffer, pieceBytes = 50_000) {
  const seen = { readBytes: 0 };
  const file: SoundFile = {
    name,
    sizeBytes: bytes.length,
    async *read(start, end) {
      for (let at = start; at <= end; at += pieceBytes) {
        const piece = bytes.subarray(at, Math.min(end + 1, at + pieceBytes));
        seen.readBytes += piece.length;
        yield piece;
      }
    },
  };
  return { ...file, seen };
}

const runFfmpeg = (path: string, options: string): Buffer =>
  execFileSync(
    "ffmpeg",
    ["-v", "error", "-i", join(demoFolder, path), ...options.split(" "), "pipe:1"],
    { maxBuffer: 1 << 28 },
  );

/** From one coding to another by ffmpeg, from the file itself. */
export const convert = (path: string, options: string): Buffer => runFfmpeg(path, options);

/** What ffmpeg by itself makes of a file, at the same zoom. */
export function peaksByFfmpeg(path: string, { sampleRateHz }: Peaks): Peaks {
  const folder = createPeakFolder();
  folder.addPcm16(new Int16Array(new Uint8Array(runFfmpeg(path, "-ac 1 -f s16le")).buffer));
  const peaks = folder.finish(sampleRateHz);
  if (!peaks) throw new Error("ffmpeg hears nothing.");
  return peaks;
}

/** A second of quiet sound and one of loud sound, as mono WAV of 16 bits. */
export function quietThenLoud(seconds = 2, sampleRateHz = 8_000): Buffer {
  const samples = seconds * sampleRateHz;
  const wav = Buffer.alloc(44 + 2 * samples);
  wav.write("RIFF", 0, "latin1");
  wav.writeUInt32LE(36 + 2 * samples, 4);
  wav.write("WAVEfmt ", 8, "latin1");
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(sampleRateHz, 24);
  wav.writeUInt32LE(2 * sampleRateHz, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write("data", 36, "latin1");
  wav.writeUInt32LE(2 * samples, 40);
  for (let at = 0; at < samples; at += 1) {
    const loudness = at < samples / 2 ? 0.05 : 0.9;
    wav.writeInt16LE(Math.round(Math.sin(at / 3) * loudness * 32_767), 44 + 2 * at);
  }
  return wav;
}
