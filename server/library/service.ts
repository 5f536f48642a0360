import type { TrackId } from "#contract/ids.ts";
import type { ListTracks, TrackPage, TrackState, WholeTrack } from "#contract/library.ts";
import type { CoverSize } from "#contract/playback.ts";
import { requireMember } from "#server/bands/service.ts";
import type { Actor } from "#server/base/actor.ts";
import { write } from "#server/base/db.ts";
import type { Deps } from "#server/deps.ts";
import { countTracks } from "./counting.ts";
import { findCover } from "./cover-store.ts";
import { type Order, type Position, parseCursor, toCursor } from "./cursor.ts";
import { listByRelevance } from "./relevance.ts";
import { toSearchPatterns } from "./search.ts";
import { correctSearch } from "./spelling.ts";
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
  const member = await requireMember(deps, actor, list.bandId, "listener");
  const after =
    list.cursor === null ? null : parseCursor(deps.sessionKeys, toOrder(list), list.cursor);
  const asked = { ...list, search: after?.correctedSearch ?? list.search };
  const found = await find(deps, member, asked, after);
  if (after || found.total !== 0 || isBlank(list.search)) {
    return toPage(deps, list, found, after?.correctedSearch);
  }
  const correctedSearch = await correctSearch(deps.db, member, list.search);
  if (correctedSearch === null) return toPage(deps, list, found);
  const instead = await find(deps, member, { ...list, search: correctedSearch }, null);
  const page = toPage(deps, list, instead, correctedSearch);
  return { ...page, correctedSearch: instead.total === 0 ? null : correctedSearch };
}

type Found = Awaited<ReturnType<typeof find>>;

async function find(
  { db }: Pick<Deps, "db">,
  member: store.Lister,
  { search, filter, sort, seed, direction, limit }: ListTracks,
  after: Position | null,
) {
  const choice = { patterns: toSearchPatterns(search), filter };
  const page = { direction, limit: limit + 1 };
  const list = () => {
    if (seed !== null) return store.drawTracks(db, member, { ...page, ...choice, seed, after });
    return sort === "relevance"
      ? listByRelevance(db, member, { ...page, search, filter }, after)
      : store.listTracks(db, member, { ...page, ...choice, sort, after });
  };
  const [rows, total] = await Promise.all([list(), after ? null : countTracks(db, member, choice)]);
  return { rows, total };
}

const toOrder = ({ bandId, sort, seed, direction }: ListTracks): Order => ({
  bandId,
  sort: seed === null ? sort : `seed ${seed}`,
  direction,
});

/** Of one row more than a page has: the page, and where the next one begins. */
function toPage(
  { sessionKeys }: Pick<Deps, "sessionKeys">,
  list: ListTracks,
  { rows, total }: Found,
  correctedSearch?: string,
): TrackPage {
  const last = rows.length > list.limit ? rows[list.limit - 1] : undefined;
  return {
    tracks: rows.slice(0, list.limit).map(({ key: _, ...row }) => toTrack(row)),
    next: last
      ? toCursor(sessionKeys, toOrder(list), { key: last.key, id: last.id, correctedSearch })
      : null,
    total,
    correctedSearch: null,
  };
}

const isBlank = (search: string): boolean => search.trim() === "";

/** @throws AppError `not_found` for a track of nobody's or of a band that the actor is not in. */
export async function getTrack(
  deps: Pick<Deps, "db">,
  actor: Actor,
  trackId: TrackId,
): Promise<WholeTrack> {
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
