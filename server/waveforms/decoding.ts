import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { WaveformFailure } from "#contract/waveforms.ts";
import { decodeWithFfmpeg } from "./ffmpeg.ts";
import { indexFirst, type ReadBytes } from "./mp4-order.ts";
import type { Peaks } from "./peaks.ts";

export interface ToDecoder {
  /** `null`: that was all. */
  readonly bytes: Uint8Array | null;
}

export type FromDecoder =
  | { readonly kind: "need" }
  | { readonly kind: "broken" | "no decoder" }
  | { readonly kind: "done"; readonly peaks: Peaks | null };

/** A file whose bytes are read once, in pieces. */
export interface SoundFile {
  readonly name: string;
  readonly sizeBytes: number;
  readonly read: ReadBytes;
}

export interface DecodingOptions {
  /** What ffmpeg is called; `null`: what can be decoded without it. */
  readonly ffmpeg: string | null;
  readonly signal: AbortSignal;
  /** How long the thread may think over a piece. */
  readonly patienceMs?: number;
  readonly workerUrl?: URL;
}

const PATIENCE_MS = 20_000;
/** Without what WebAssembly takes, which is a few megabytes. */
const MAX_HEAP_MB = 128;
const MP4_NAMES = [".m4a", ".m4b", ".alac", ".mp4"];

/**
 * Draws a recording, where a broken file can do no harm: in another process, or in a thread of its own.
 *
 * @returns why there is nothing to draw, when it is the file's fault.
 * @throws what reading the file throws; the signal's reason.
 */
export async function drawPeaks(
  file: SoundFile,
  options: DecodingOptions,
): Promise<Peaks | WaveformFailure> {
  const { ffmpeg, signal } = options;
  signal.throwIfAborted();
  if (ffmpeg === null) return decodeInThread(file, options);
  const peaks = await decodeWithFfmpeg(ffmpeg, inOrder(file), signal);
  return peaks ?? "broken";
}

const inOrder = ({ name, sizeBytes, read }: SoundFile): AsyncIterable<Buffer> =>
  MP4_NAMES.includes(extname(name).toLowerCase())
    ? indexFirst(sizeBytes, read)
    : read(0, sizeBytes - 1);

async function decodeInThread(
  { name, sizeBytes, read }: SoundFile,
  {
    signal,
    patienceMs = PATIENCE_MS,
    workerUrl = new URL("./decode-worker.ts", import.meta.url),
  }: DecodingOptions,
): Promise<Peaks | WaveformFailure> {
  const worker = new Worker(workerUrl, {
    workerData: { name },
    // The decoders grumble over damaged files, a line for each piece.
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB, maxYoungGenerationSizeMb: 16 },
  });
  worker.stdout.resume();
  worker.stderr.resume();
  const pieces = read(0, sizeBytes - 1)[Symbol.asyncIterator]();
  const ended = Promise.withResolvers<Peaks | WaveformFailure>();
  let thinking: NodeJS.Timeout | undefined;
  const watch = (): void => {
    thinking = setTimeout(() => ended.resolve("broken"), patienceMs);
  };
  const bring = async (): Promise<void> => {
    clearTimeout(thinking);
    const { done, value } = await pieces.next();
    watch();
    worker.postMessage({ bytes: done ? null : value } satisfies ToDecoder);
  };
  const leave = (): void => ended.reject(signal.reason);
  signal.addEventListener("abort", leave, { once: true });
  worker.on("message", (message: FromDecoder) => {
    if (message.kind === "need") bring().catch(ended.reject);
    else ended.resolve(toResult(message));
  });
  // Out of memory, or broken in a way of its own; 'exit' follows.
  worker.on("error", () => {});
  worker.on("exit", () => ended.resolve("broken"));
  watch();
  try {
    return await ended.promise;
  } finally {
    clearTimeout(thinking);
    signal.removeEventListener("abort", leave);
    await worker.terminate();
    await pieces.return?.();
  }
}

function toResult(message: Exclude<FromDecoder, { kind: "need" }>): Peaks | WaveformFailure {
  if (message.kind === "no decoder") return "unsupported";
  return (message.kind === "done" && message.peaks) || "broken";
}
