import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { constants, setPriority } from "node:os";
import { promisify } from "node:util";
import { createFrameReader } from "./frames.ts";
import { type Codec, LEAD_SECONDS, leadFrames, RATE_HZ, SEGMENT_SECONDS } from "./kinds.ts";

const LOOK_MS = 10_000;
/** So long it may give nothing. */
const PATIENCE_MS = 30_000;
const MAX_ALLOC_BYTES = 256 * 1024 * 1024;
const STDERR_BYTES = 2_000;

/** Only what recordings are kept in: no playlist, nothing that names other files or addresses. */
const DEMUXERS = "aac,aiff,ape,asf,caf,flac,matroska,mov,mp3,ogg,tta,w64,wav,wv";

const ENCODERS: Readonly<Record<Codec, readonly string[]>> = {
  aac: ["-c:a", "aac", "-profile:a", "aac_low", "-f", "adts"],
  opus: ["-c:a", "libopus", "-vbr", "on", "-frame_duration", "20", "-f", "ogg"],
};
const NAMES: Readonly<Record<Codec, string>> = { aac: "aac", opus: "libopus" };

/** A program that is there, and where it looks for others. */
export interface Ffmpeg {
  readonly codecs: readonly Codec[];
  readonly searchPath: string;
}

/** @returns what it can code; `null` when it is not installed, or codes nothing that we want. */
export async function findFfmpeg(searchPath: string): Promise<Ffmpeg | null> {
  const options = { timeout: LOOK_MS, env: { PATH: searchPath } };
  const said = await promisify(execFile)("ffmpeg", ["-hide_banner", "-encoders"], options).catch(
    () => null,
  );
  // ` A....D aac   AAC (Advanced Audio Coding)`
  const found = [...(said?.stdout ?? "").matchAll(/^ A\S{5} (\S+)/gm)];
  const known = new Set(found.map(([, name]) => name));
  const codecs = (["aac", "opus"] as const).filter((codec) => known.has(NAMES[codec]));
  return codecs.includes("aac") ? { codecs, searchPath } : null;
}

export interface Coding {
  readonly codec: Codec;
  readonly kbps: number;
  /** Where the recording is to be read. */
  readonly url: string;
  /** The segment to begin with. */
  readonly first: number;
}

/** Nothing but the recording's address is opened, whatever stands in it. */
function toArguments({ codec, kbps, url, first }: Coding): string[] {
  const from = first === 0 ? [] : ["-ss", (first * SEGMENT_SECONDS - LEAD_SECONDS).toFixed(2)];
  return [
    ...["-hide_banner", "-nostdin", "-v", "error", "-max_alloc", String(MAX_ALLOC_BYTES)],
    ...["-threads", "1", "-protocol_whitelist", "http,tcp", "-format_whitelist", DEMUXERS],
    ...["-rw_timeout", String(PATIENCE_MS * 1000), ...from, "-i", url],
    ...["-map", "0:a:0", "-vn", "-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1"],
    ...["-ac", "2", "-ar", String(RATE_HZ), "-threads", "1"],
    ...["-b:a", `${kbps}k`, ...ENCODERS[codec], "pipe:1"],
  ];
}

/**
 * Codes a recording from a segment on, in a process of its own that ends with us and with whoever
 * takes no more of it. It works no faster than its frames are taken.
 *
 * @param signal - abort it to kill the process.
 * @throws the signal's reason; an error with what ffmpeg said.
 */
export async function* encode(
  { searchPath }: Ffmpeg,
  coding: Coding,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  signal.throwIfAborted();
  const child = spawn("ffmpeg", toArguments(coding), {
    stdio: ["ignore", "pipe", "pipe"],
    // Nothing of ours is in there, and no secret with it.
    env: { PATH: searchPath },
  });
  const kill = (): void => void child.kill("SIGKILL");
  signal.addEventListener("abort", kill, { once: true });
  const gone = once(child, "close");
  // 'error' comes instead of 'spawn'; the pipes end then as well.
  gone.catch(() => {});
  yieldToOthers(child);
  const complaint = listen(child);
  try {
    yield* readFrames(child, coding);
    const [code] = await gone;
    signal.throwIfAborted();
    if (code !== 0) throw new Error(`ffmpeg: ${await complaint}`);
  } finally {
    signal.removeEventListener("abort", kill);
    kill();
  }
}

async function* readFrames(
  { stdout }: ChildProcess,
  { codec, first }: Coding,
): AsyncGenerator<Buffer> {
  const reader = createFrameReader(codec);
  let lead = first === 0 ? 0 : leadFrames(codec);
  for await (const piece of (stdout ?? []) as AsyncIterable<Buffer>) {
    for (const frame of reader.push(piece)) {
      if (lead === 0) yield frame;
      else lead -= 1;
    }
  }
}

/** Whoever listens comes first. */
function yieldToOthers({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It is gone already, or this system has no such thing.
  }
}

/** What it complains of; its pipe must not be full. */
async function listen({ stderr }: ChildProcess): Promise<string> {
  let said = "";
  for await (const piece of (stderr ?? []) as AsyncIterable<Buffer>) {
    if (said.length < STDERR_BYTES) said += piece.toString("utf8");
  }
  return said.slice(0, STDERR_BYTES);
}
