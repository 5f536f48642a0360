import { createHash } from "node:crypto";
import { join } from "node:path";
import type { BandId, TrackId } from "#contract/ids.ts";
import type { Deps } from "#server/deps.ts";
import { findFfmpeg } from "./ffmpeg.ts";
import { initSegment } from "./fmp4.ts";
import { codecOf, countSegments, KINDS, type Kind } from "./kinds.ts";
import type { Offer } from "./playlists.ts";
import { type Run, segmentName, startRun, type Task } from "./run.ts";
import { openSegmentCache } from "./segment-cache.ts";
import { createSlots } from "./slots.ts";
import { createSourceServer, type OpenSource } from "./source-server.ts";

/** A version of a recording, and how it is read. */
export interface Recording {
  readonly bandId: BandId;
  readonly trackId: TrackId;
  /** Of its file, and how it is made into something else. */
  readonly version: string;
  readonly durationMs: number;
  readonly open: OpenSource;
}

/** Makes recordings into what any browser plays and any line carries, part by part as they are heard. */
export interface Transcoding {
  /** The best first. */
  readonly offers: readonly Offer[];
  /** @returns what stands for a version of a recording's file, in addresses as well. */
  versionOf(facts: FileFacts): string;
  init(kind: Kind): Buffer;
  /**
   * @param part - one that there is.
   * @param listener - whom it is for: so many are worked on for one of them at a time.
   * @param signal - aborted when they are gone.
   * @throws AppError `busy`, `not_found` for what cannot be made, or the storage's.
   */
  segment(
    recording: Recording,
    part: { readonly kind: Kind; readonly index: number },
    listener: string,
    signal: AbortSignal,
  ): Promise<Buffer>;
  /** Whether there is such a part, made or not. */
  has(recording: Pick<Recording, "durationMs">, index: number): boolean;
  /** How many are worked on. */
  running(): number;
  close(): Promise<void>;
}

export interface FileFacts {
  readonly etag: string | null;
  readonly modifiedAt: Date | null;
  readonly sizeBytes: number;
  readonly durationMs: number;
}

type OpenDeps = Pick<Deps, "config" | "log" | "now">;

const FOLDER = "hls";
/** One plays and one is on its way. */
const MOST_OF_LISTENER = 2;
const SLOT_PATIENCE_MS = 15_000;
/** Goes up when what is made of the same file becomes other bytes. */
const LAYOUT = 1;

/**
 * @returns `null` when it is switched off, or what it needs is not there: recordings play as they
 *   are then, and the log says why.
 */
export async function openTranscoding(deps: OpenDeps): Promise<Transcoding | null> {
  const { hls, dataDir } = deps.config;
  if (hls === null) return null;
  const ffmpeg = await findFfmpeg(hls.searchPath);
  if (!ffmpeg) {
    deps.log.warn("HLS_STREAMING is on, but there is no ffmpeg that codes AAC. HLS stays off");
    return null;
  }
  const folder = join(dataDir, FOLDER);
  try {
    let hasWarned = false;
    const cache = await openSegmentCache({
      folder,
      mostBytes: hls.cacheBytes,
      now: deps.now,
      noteTrouble(error) {
        if (!hasWarned) deps.log.warn({ err: error }, "what HLS makes could not be kept");
        hasWarned = true;
      },
    });
    const offers = KINDS.filter((kind) => ffmpeg.codecs.includes(codecOf(kind))).map((kind) => ({
      kind,
      codec: codecOf(kind),
      kbps: kind.startsWith("high") ? hls.kbps.high : hls.kbps.low,
    }));
    const slots = createSlots(hls.processes, MOST_OF_LISTENER, SLOT_PATIENCE_MS);
    return create({ ffmpeg, cache, slots, sources: createSourceServer() }, offers);
  } catch (error) {
    deps.log.warn(
      { err: error },
      "HLS_STREAMING is on, but DATA_DIR/hls is unusable. HLS stays off",
    );
    return null;
  }
}

function create(deps: Parameters<typeof startRun>[0], offers: readonly Offer[]): Transcoding {
  const runs = new Set<Run>();
  const begin = (task: Task, first: number): Run => {
    const run = startRun(deps, task, first);
    runs.add(run);
    void run.over.then(() => runs.delete(run));
    return run;
  };
  const kbpsOf = (kind: Kind): number => offers.find((each) => each.kind === kind)?.kbps ?? 0;
  const settings = offers.map(({ kind, kbps }) => `${kind} ${kbps}`).join();

  return {
    offers,
    versionOf: ({ etag, modifiedAt, sizeBytes, durationMs }) =>
      hash(LAYOUT, settings, etag, modifiedAt?.toISOString(), sizeBytes, durationMs),
    init: (kind) => initSegment(codecOf(kind)),
    async segment(
      { bandId, trackId, version, durationMs, open },
      { kind, index },
      listener,
      signal,
    ) {
      const count = countSegments(durationMs);
      const folder = hash(bandId, trackId, version, kind);
      const name = segmentName(folder, index);
      if (deps.cache.has(name)) {
        const kept = await deps.cache.read(name);
        if (kept) return kept;
      }
      const running = [...runs].find((run) => run.folder === folder && run.reaches(index));
      const task = { folder, codec: codecOf(kind), kbps: kbpsOf(kind), count, open, listener };
      return (running ?? begin(task, index)).wait(index, signal);
    },
    has: ({ durationMs }, index) => index < countSegments(durationMs),
    running: () => runs.size,
    async close() {
      for (const run of runs) run.stop();
      await Promise.all([...runs].map((run) => run.over));
      await deps.sources.close();
      await deps.cache.close();
    },
  };
}

const hash = (...parts: readonly unknown[]): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("base64url").slice(0, 22);
