import type { TrackId } from "#contract/ids.ts";
import type { ListTracks, Track, TrackPage, TrackState } from "#contract/library.ts";
import type { CoverSize } from "#contract/playback.ts";
import { requireMember } from "#server/bands/service.ts";
import type { Actor } from "#server/base/actor.ts";
import { write } from "#server/base/db.ts";
import type { Deps } from "#server/deps.ts";
import { findCover } from "./cover-store.ts";
import { parseCursor, toCursor } from "./cursor.ts";
import { toSearchPatterns } from "./search.ts";
import * as store from "./store.ts";
import { noSuchTrack, toTrack } from "./track-rows.ts";

/** What it takes to find a track's file and to serve it. */
export interface PlayableTrack {
  readonly id: TrackId;
  readonly ref: string;
  readonly path: string;
  readonly sizeBytes: number;
  readonly etag: string | null;
  readonly modifiedAt: Date | null;
  readonly state: TrackState;
  readonly missingSince: Date | null;
}

/**
 * A page of a band's tracks. The first page says how many there are in all.
 *
 * @throws AppError `not_found` for a band that is not the actor's, `invalid_input` for a cursor of
 *   another list.
 */
export async function listTracks(
  deps: Pick<Deps, "db" | "sessionKeys">,
  actor: Actor,
  list: ListTracks,
): Promise<TrackPage> {
  const { bandId, search, filter, sort, direction, limit, cursor } = list;
  const member = await requireMember(deps, actor, bandId, "listener");
  const after = cursor === null ? null : parseCursor(deps.sessionKeys, list, cursor);
  const choice = { patterns: toSearchPatterns(search), filter };
  const [rows, total] = await Promise.all([
    store.listTracks(deps.db, member, { ...choice, sort, direction, after, limit: limit + 1 }),
    after ? null : store.countTracks(deps.db, member, choice),
  ]);
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return {
    tracks: rows.slice(0, limit).map(({ key: _, ...row }) => toTrack(row)),
    next: last ? toCursor(deps.sessionKeys, list, last) : null,
    total,
  };
}

/** @throws AppError `not_found` for a track of nobody's or of a band that the actor is not in. */
export async function getTrack(
  deps: Pick<Deps, "db">,
  actor: Actor,
  trackId: TrackId,
): Promise<Track> {
  const row = await store.findTrack(deps.db, actor, trackId);
  if (!row) throw noSuchTrack(actor);
  return toTrack(row);
}

/** The storage has another version than the last scan saw: the next one reads its tags again. */
export const noteTrackChanged = (
  deps: Pick<Deps, "db">,
  trackId: TrackId,
  facts: Pick<PlayableTrack, "sizeBytes" | "etag" | "modifiedAt">,
): Promise<void> => write(deps, (tx) => store.markChanged(tx, trackId, facts));

/**
 * A track's cover, for whoever may see the track.
 *
 * @returns `undefined` when it has none.
 * @throws AppError `not_found` for a track of nobody's or of somebody else's.
 */
export async function openCover(
  deps: Pick<Deps, "db">,
  actor: Actor,
  trackId: TrackId,
  size: CoverSize,
): Promise<{ bytes: Buffer; hash: string } | undefined> {
  const found = await findCover(deps.db, actor, trackId, size);
  if (!found) throw noSuchTrack(actor);
  const { bytes, hash } = found;
  return bytes && hash ? { bytes, hash } : undefined;
}
