import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { constants, setPriority } from "node:os";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createPcmReader } from "./pcm-file.ts";
import { createPeakFolder, type Peaks } from "./peaks.ts";

const LOOK_MS = 10_000;
/** So long it may neither take nor give anything. */
const PATIENCE_MS = 20_000;
/** What it may ask for at a time: enough for a picture within a file. */
const MAX_ALLOC_BYTES = 256 * 1024 * 1024;
const STDERR_BYTES = 2_000;

/** Only what recordings are kept in: no playlist, nothing that names other files or addresses. */
const DEMUXERS = "aac,aiff,ape,asf,caf,flac,matroska,mov,mp3,ogg,tta,w64,wav,wv";

/** From pipe to pipe: whatever stands in the file, nothing else is opened. */
const ARGUMENTS = [
  ...["-hide_banner", "-nostdin", "-v", "error", "-max_alloc", String(MAX_ALLOC_BYTES)],
  ...["-threads", "1", "-protocol_whitelist", "pipe", "-format_whitelist", DEMUXERS],
  ...["-i", "pipe:0", "-map", "0:a:0", "-vn", "-sn", "-dn", "-map_metadata", "-1"],
  ...["-ac", "1", "-c:a", "pcm_s16le", "-bitexact", "-f", "wav", "pipe:1"],
];

/** @returns its name; `null` when it is not installed. */
export async function findFfmpeg(command = "ffmpeg"): Promise<string | null> {
  const child = spawn(command, ["-version"], { stdio: "ignore", timeout: LOOK_MS });
  try {
    const [code] = await once(child, "exit");
    return code === 0 ? command : null;
  } catch {
    return null;
  }
}

/**
 * Decodes a file with ffmpeg, in a process of its own that ends with us: when we are gone, so are
 * both of its pipes. What is cut off is decoded as far as it goes.
 *
 * @param signal - abort it to kill the process.
 * @returns `undefined` when there is no sound in it.
 * @throws what the source throws; the signal's reason.
 */
export async function decodeWithFfmpeg(
  command: string,
  source: AsyncIterable<Buffer>,
  signal: AbortSignal,
): Promise<Peaks | undefined> {
  const stuck = new AbortController();
  const timer = setTimeout(() => stuck.abort(new Error("ffmpeg does not go on.")), PATIENCE_MS);
  const child = spawn(command, ARGUMENTS, { stdio: ["pipe", "pipe", "pipe"], env: {} });
  const kill = (): void => void child.kill("SIGKILL");
  const until = AbortSignal.any([signal, stuck.signal]);
  until.addEventListener("abort", kill, { once: true });
  if (until.aborted) kill();
  const gone = once(child, "close");
  // 'error' comes instead of 'spawn'; the pipes end then as well.
  gone.catch(() => {});
  yieldToOthers(child);
  try {
    const fed = feed(child, source, () => timer.refresh(), signal);
    const [peaks] = await Promise.all([fold(child, () => timer.refresh()), fed, drain(child)]);
    await gone;
    signal.throwIfAborted();
    return stuck.signal.aborted ? undefined : peaks;
  } finally {
    clearTimeout(timer);
    until.removeEventListener("abort", kill);
    kill();
  }
}

/** Whoever listens comes first. */
function yieldToOthers({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // It is gone already, or this system has no such thing.
  }
}

/** @throws what the source throws, but not that ffmpeg wants no more of it. */
async function feed(
  { stdin }: ChildProcess,
  source: AsyncIterable<Buffer>,
  noteProgress: () => void,
  signal: AbortSignal,
): Promise<void> {
  if (!stdin) return;
  let failure: unknown;
  async function* watched(): AsyncGenerator<Buffer> {
    try {
      for await (const piece of source) {
        noteProgress();
        yield piece;
      }
    } catch (error) {
      failure = error;
      throw error;
    }
  }
  try {
    await pipeline(Readable.from(watched(), { objectMode: false }), stdin);
  } catch {
    signal.throwIfAborted();
    if (failure !== undefined) throw failure;
  }
}

async function fold(
  { stdout }: ChildProcess,
  noteProgress: () => void,
): Promise<Peaks | undefined> {
  const folder = createPeakFolder();
  const reader = createPcmReader("wav", folder);
  if (!stdout) return undefined;
  try {
    for await (const piece of stdout as AsyncIterable<Buffer>) {
      noteProgress();
      reader.push(piece);
    }
  } finally {
    stdout.destroy();
  }
  return folder.finish(reader.sampleRateHz());
}

/** What it complains of is the file's; its pipe must not be full. */
async function drain({ stderr }: ChildProcess): Promise<string> {
  let said = "";
  for await (const piece of (stderr ?? []) as AsyncIterable<Buffer>) {
    if (said.length < STDERR_BYTES) said += piece.toString("utf8");
  }
  return said;
}
