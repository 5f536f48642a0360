import { availableParallelism } from "node:os";
import { posix } from "node:path";
import type { ConnectionId } from "#contract/ids.ts";
import type { WaveformFailure } from "#contract/waveforms.ts";
import { write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import { type HealthDeps, noteStorageFailure } from "#server/connections/health.ts";
import { untilPaused } from "#server/connections/pause.ts";
import type { AttachedConnection, StorageDeps } from "#server/connections/service.ts";
import type { Deps } from "#server/deps.ts";
import { openForWaveform } from "#server/internal/service.ts";
import type { Storage } from "#server/storage/provider.ts";
import { createDecoderThreads, type DecoderThreads } from "./decoder-threads.ts";
import { drawPeaks } from "./decoding.ts";
import { againAfter, isGone } from "./drawing-failures.ts";
import * as store from "./drawing-store.ts";
import { findFfmpeg } from "./ffmpeg.ts";
import { openKept, removeKept, startKeptSweep } from "./keeping.ts";
import type { Peaks } from "./peaks.ts";
import { enlistStorage, hashOf, WAITING } from "./service.ts";
import { readSound } from "./sound-file.ts";

export type DrawingDeps = StorageDeps & HealthDeps & Pick<Deps, "log" | "maintenance">;

/** What one process draws with. */
export interface DrawingTools {
  readonly ffmpeg: string | null;
  readonly threads: DecoderThreads;
  /** Storages that are left in peace until then, by `performance.now()`. */
  readonly resting: Map<ConnectionId, number>;
}

const LOOK_AFTER_MS = 5_000;
const RENEW_AFTER_MS = 8_000;
/** A file in which nothing can be read is tried so often. */
const MOST_TRIES = 3;
/** With those that ended with the process. */
const MOST_ENDS = 5;
const AGAIN_SECONDS = 30;

const lost = new AppError("conflict", "Another server draws this.");
const inMaintenance = new AppError("maintenance", "It is drawn after the maintenance.");

export const createTools = (ffmpeg: string | null): DrawingTools => ({
  ffmpeg,
  threads: createDecoderThreads(),
  resting: new Map(),
});

/**
 * Draws what waits, with what the machine has to spare: fewer at a time than it has cores, and
 * whoever listens comes first.
 *
 * @returns when the signal has ended it.
 */
export async function startDrawing(deps: DrawingDeps, signal: AbortSignal): Promise<void> {
  const tools = createTools(await findFfmpeg());
  const wakers = new Set<() => void>();
  const sleep = (): Promise<void> =>
    new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        wakers.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, LOOK_AFTER_MS);
      wakers.add(wake);
      if (signal.aborted) wake();
    });
  const wakeAll = (): void => {
    for (const wake of [...wakers]) wake();
  };
  signal.addEventListener("abort", wakeAll, { once: true });
  startKeptSweep(deps, signal);
  const heard = listen(deps, wakeAll, signal);
  await prepare(deps, tools).catch((error: unknown) => {
    if (!signal.aborted) deps.log.warn({ err: error }, "could not look for what is to be drawn");
  });
  const work = async (): Promise<void> => {
    while (!signal.aborted) {
      const hasDrawn = await drawNext(deps, tools, signal).catch((error: unknown) => {
        if (!signal.aborted) deps.log.warn({ err: error }, "could not draw a waveform");
        return false;
      });
      if (!hasDrawn) await sleep();
    }
  };
  const lanes = Math.max(1, availableParallelism() - 1);
  await Promise.all([heard, ...Array.from({ length: lanes }, work)]);
  await tools.threads.close();
}

/** What was there before there were waveforms; and what had no decoder, now that there is one. */
async function prepare(deps: DrawingDeps, { ffmpeg }: DrawingTools): Promise<void> {
  if (await deps.maintenance.find()) return;
  if (ffmpeg !== null) await write(deps, store.reviveUnsupported);
  await enlistStorage(deps, null);
}

async function listen(deps: DrawingDeps, wake: () => void, signal: AbortSignal): Promise<void> {
  try {
    for await (const _ of deps.events.subscribe(WAITING, signal)) wake();
  } catch (error) {
    if (!signal.aborted) deps.log.warn({ err: error }, "what waits to be drawn is not heard of");
  }
}

/**
 * Draws the one whose turn it is. Any number of processes may do so at once; one that is killed in
 * the middle is gone on with as soon as its lease is over.
 *
 * @returns false when there is none.
 */
export async function drawNext(
  deps: DrawingDeps,
  tools: DrawingTools,
  signal: AbortSignal,
): Promise<boolean> {
  if (signal.aborted || (await deps.maintenance.find())) return false;
  const held = await write(deps, (tx) => store.takeNext(tx, restingNow(tools)));
  if (!held) return false;
  if (held.tries > MOST_ENDS) {
    await write(deps, (tx) => store.saveFailed(tx, held, "broken"));
    await removeKept(deps, held);
    return true;
  }
  const ending = new AbortController();
  const timer = setInterval(() => void renew(deps, held, ending), RENEW_AFTER_MS);
  const until = untilPaused(deps, held.connectionId, AbortSignal.any([signal, ending.signal]));
  let connection: AttachedConnection | undefined;
  try {
    connection = await openForWaveform(deps, held, until);
    await settle(deps, held, await draw(deps, tools, { held, storage: connection.storage, until }));
  } catch (error) {
    const reason: unknown = until.aborted ? until.reason : error;
    if (reason !== lost) await settleFailure(deps, tools, { held, connection, reason, signal });
  } finally {
    clearInterval(timer);
    ending.abort(lost);
  }
  return true;
}

interface Drawing {
  readonly held: store.HeldWaveform;
  readonly storage: Storage;
  readonly until: AbortSignal;
}

/** Whoever is next finds all that was kept. */
async function draw(deps: DrawingDeps, tools: DrawingTools, { held, storage, until }: Drawing) {
  const kept = await openKept(deps, held);
  try {
    const { ffmpeg, threads } = tools;
    const name = posix.basename(held.path);
    const read = readSound(storage, held, until, kept);
    const file = { name, sizeBytes: held.sizeBytes, read };
    return await drawPeaks(file, { ffmpeg, threads, signal: until });
  } finally {
    await kept?.close();
  }
}

async function renew(
  deps: DrawingDeps,
  held: store.HeldWaveform,
  ending: AbortController,
): Promise<void> {
  try {
    if (await deps.maintenance.find()) ending.abort(inMaintenance);
    else if (!(await write(deps, (tx) => store.renewLease(tx, held)))) ending.abort(lost);
  } catch (error) {
    deps.log.warn({ err: error, trackId: held.trackId }, "a waveform could not be held on to");
  }
}

function restingNow({ resting }: DrawingTools): ConnectionId[] {
  for (const [id, untilMs] of resting) if (performance.now() >= untilMs) resting.delete(id);
  return [...resting.keys()];
}

async function settle(
  deps: DrawingDeps,
  held: store.HeldWaveform,
  result: Peaks | WaveformFailure,
): Promise<void> {
  const isAgain = result === "broken" && held.tries < MOST_TRIES;
  await write(deps, (tx) => {
    if (isAgain) {
      const afterSeconds = AGAIN_SECONDS * held.tries;
      return store.putBack(tx, held, { afterSeconds, isTry: true });
    }
    if (typeof result === "string") return store.saveFailed(tx, held, result);
    return store.saveMade(tx, held, { ...result, hash: hashOf(result) });
  });
  if (!isAgain) await removeKept(deps, held);
}

interface Failed {
  readonly held: store.HeldWaveform;
  /** `undefined` when the storage was not even asked. */
  readonly connection: AttachedConnection | undefined;
  readonly reason: unknown;
  /** The server's own. */
  readonly signal: AbortSignal;
}

/** It is tried again, by this or another process. */
async function settleFailure(deps: DrawingDeps, tools: DrawingTools, failed: Failed) {
  const { held, connection, reason, signal } = failed;
  const again = againAfter(reason, signal.aborted);
  if (again.isStorage) {
    tools.resting.set(held.connectionId, performance.now() + again.afterSeconds * 1000);
    if (connection) await noteStorageFailure(deps, connection, reason);
  }
  if (again.isTry) deps.log.error({ err: reason, trackId: held.trackId }, "drawing failed");
  await write(deps, (tx) => store.putBack(tx, held, again));
  if (isGone(reason)) await removeKept(deps, held);
}
