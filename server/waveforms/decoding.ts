import { extname } from "node:path";
import type { WaveformFailure } from "#contract/waveforms.ts";
import { createDecoderThreads, type DecoderThreads } from "./decoder-threads.ts";
import { decodeWithFfmpeg } from "./ffmpeg.ts";
import { indexFirst, type ReadBytes } from "./mp4-order.ts";
import type { Peaks } from "./peaks.ts";

export type ToDecoder =
  | { readonly kind: "file"; readonly name: string }
  /** `null`: that was all. */
  | { readonly kind: "piece"; readonly bytes: Uint8Array | null };

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
  /** Where several files are drawn one after the other; left out, it has a thread for itself. */
  readonly threads?: DecoderThreads;
}

/** Generous: the least urgent of a busy machine waits long for its turn. */
const PATIENCE_MS = 60_000;
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
  { signal, patienceMs = PATIENCE_MS, threads }: DecodingOptions,
): Promise<Peaks | WaveformFailure> {
  const thread = (threads ?? createDecoderThreads()).take();
  const pieces = read(0, sizeBytes - 1)[Symbol.asyncIterator]();
  const ended = Promise.withResolvers<Peaks | WaveformFailure>();
  let hasAnswered = false;
  let thinking: NodeJS.Timeout | undefined;
  const tell = (message: ToDecoder): void => thread.postMessage(message);
  const watch = (): void => {
    thinking = setTimeout(() => ended.resolve("broken"), patienceMs);
  };
  const bring = async (): Promise<void> => {
    clearTimeout(thinking);
    const { done, value } = await pieces.next();
    watch();
    tell({ kind: "piece", bytes: done ? null : value });
  };
  const hear = (message: FromDecoder): void => {
    if (message.kind === "need") {
      bring().catch(ended.reject);
      return;
    }
    hasAnswered = true;
    ended.resolve(toResult(message));
  };
  const leave = (): void => ended.reject(signal.reason);
  const giveUp = (): void => ended.resolve("broken");
  signal.addEventListener("abort", leave, { once: true });
  thread.on("message", hear).on("exit", giveUp);
  watch();
  tell({ kind: "file", name });
  try {
    return await ended.promise;
  } finally {
    clearTimeout(thinking);
    signal.removeEventListener("abort", leave);
    thread.off("message", hear).off("exit", giveUp);
    // One that still thinks may do so for ever.
    if (hasAnswered && threads) threads.giveBack(thread);
    else await thread.terminate();
    await pieces.return?.();
  }
}

function toResult(message: Exclude<FromDecoder, { kind: "need" }>): Peaks | WaveformFailure {
  if (message.kind === "no decoder") return "unsupported";
  return (message.kind === "done" && message.peaks) || "broken";
}
