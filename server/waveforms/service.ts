import { createHash } from "node:crypto";
import { posix } from "node:path";
import type { ConnectionId, TrackId } from "#contract/ids.ts";
import type { WaveformAbsence } from "#contract/waveforms.ts";
import type { Actor } from "#server/base/actor.ts";
import { write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import type { Deps } from "#server/deps.ts";
import { noSuchTrack } from "#server/library/track-rows.ts";
import { overviewZoom, type Peaks, zoomOut } from "./peaks.ts";
import * as store from "./store.ts";

/** Published when there is something to draw. */
export const WAITING = "waveforms";

type Waveform =
  | {
      readonly kind: "made";
      /** Of its content at all zooms. */
      readonly hash: string;
      /** What the recording's file is called, without its ending. */
      readonly name: string;
      /** @param zoom - samples a pixel, of which the next possible is taken; `null`: all of it on a screen. */
      readonly peaks: (zoom: number | null) => Promise<Peaks>;
    }
  | { readonly kind: "absent"; readonly reason: WaveformAbsence["reason"] };

type OpenDeps = Pick<Deps, "db" | "events" | "log" | "maintenance">;

/**
 * A track's waveform, for whoever may see the track. One that there is not yet is made next.
 *
 * @throws AppError `not_found` for a track of nobody's or of somebody else's.
 */
export async function openWaveform(
  deps: OpenDeps,
  actor: Actor,
  trackId: TrackId,
): Promise<Waveform> {
  const row = await store.findWaveform(deps.db, actor, trackId);
  if (!row) throw noSuchTrack(actor);
  return toWaveform(deps, row);
}

/** The same for whoever was let in to this very track otherwise. */
export async function openWaveformOf(deps: OpenDeps, trackId: TrackId): Promise<Waveform> {
  const row = await store.findWaveformOf(deps.db, trackId);
  if (!row) throw new AppError("not_found", "There is no such recording any more.");
  return toWaveform(deps, row);
}

/** Everything in a storage that has no waveform is to get one; `null`: in all of them. */
export const enlistStorage = (
  deps: Pick<Deps, "db" | "events">,
  connectionId: ConnectionId | null,
): Promise<void> =>
  write(deps, async (tx) => {
    if ((await store.enlist(tx, connectionId)) > 0) await deps.events.publish(tx, WAITING);
  });

export const hashOf = ({ sampleRateHz, samplesPerPixel, pairs }: Peaks): string =>
  createHash("sha256").update(`${sampleRateHz} ${samplesPerPixel}\0`).update(pairs).digest("hex");

async function toWaveform(deps: OpenDeps, row: store.WaveformRow): Promise<Waveform> {
  const { trackId, trackState, state, isCurrent, isWanted, failure, hash, path } = row;
  const isToBeMade = state === null || !isCurrent || (state === "waiting" && !isWanted);
  if (isToBeMade && trackState === "present") await askFor(deps, trackId);
  if (state === "made" && hash !== null) {
    const { name } = posix.parse(path);
    const peaks = (zoom: number | null) => readPeaks(deps, { trackId, hash }, zoom);
    return { kind: "made", hash, name, peaks };
  }
  if (trackState !== "present") return { kind: "absent", reason: "missing" };
  return { kind: "absent", reason: (state === "failed" && isCurrent && failure) || "waiting" };
}

/** Whoever looks gets their answer all the same. */
async function askFor(deps: OpenDeps, trackId: TrackId): Promise<void> {
  try {
    if (await deps.maintenance.find()) return;
    await write(deps, async (tx) => {
      await store.want(tx, trackId);
      await deps.events.publish(tx, WAITING);
    });
  } catch (error) {
    deps.log.warn({ err: error, trackId }, "a waveform could not be asked for");
  }
}

async function readPeaks(
  deps: Pick<Deps, "db">,
  { trackId, hash }: { readonly trackId: TrackId; readonly hash: string },
  zoom: number | null,
): Promise<Peaks> {
  const row = await store.findPeaks(deps.db, trackId, hash);
  if (!row?.peaks || row.sampleRateHz === null || row.samplesPerPixel === null) {
    throw new AppError("not_found", "The recording has just changed. Look again in a moment.");
  }
  const { peaks: bytes, sampleRateHz, samplesPerPixel } = row;
  const pairs = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  const finest = { sampleRateHz, samplesPerPixel, pairs };
  return zoomOut(finest, zoom ?? overviewZoom(finest));
}
