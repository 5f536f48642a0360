import { posix } from "node:path";
import type { TrackId } from "#contract/ids.ts";

/** Where a track's file is and which version lies there; `isMissing`: nothing does. */
export interface Place {
  readonly ref: string;
  readonly path: string;
  readonly fileId: string | null;
  readonly sizeBytes: number;
  readonly etag: string | null;
  readonly modifiedAt: string | null;
  readonly isMissing: boolean;
  readonly missingSince: string | null;
}

/** A track with what it was when it was last read. */
export interface KnownTrack {
  readonly id: TrackId;
  readonly place: Place;
  /** `null`: never read, so nobody knows it yet. */
  readonly fingerprint: string | null;
  /** Its file is where it was. */
  readonly isThere: boolean;
  readonly isRead: boolean;
}

/** The content of a file that was just read. */
export interface Content {
  readonly ref: string;
  readonly fingerprint: string;
}

export interface Reunion {
  /** The track that each file is. */
  readonly trackAt: ReadonlyMap<string, TrackId>;
  /** Tracks that have changed places, with where they are now. */
  readonly placed: ReadonlyMap<TrackId, Place>;
  /** New rows whose file turned out to be a known one. */
  readonly removed: readonly TrackId[];
  /** How often a changed file turned out to be another track's, moved over it. */
  readonly exchanged: number;
}

/**
 * Finds tracks again by content, where a storage has no ids of files. A new file with the content
 * of a track that is gone is that track, moved. A changed file with the content of a track that is
 * gone, or that has changed as well, is that one: the two change places, as their files did.
 *
 * @param tracks - those at the places that were read, and those with one of the contents that are
 *   gone or unread.
 */
export function reunite(contents: readonly Content[], tracks: readonly KnownTrack[]): Reunion {
  const at = new Map(tracks.filter((each) => each.isThere).map((each) => [each.place.ref, each]));
  const placed = new Map<TrackId, Place>();
  const removed = new Set<TrackId>();
  const settled = new Set<TrackId>();
  let exchanged = 0;

  const put = (track: KnownTrack, { place, isThere }: KnownTrack): void => {
    const moved = { ...track, place, isThere };
    placed.set(track.id, place);
    latest.set(track.id, moved);
    if (isThere) at.set(place.ref, moved);
  };
  const latest = new Map(tracks.map((each) => [each.id, each]));
  const findAgain = (content: Content, occupant: KnownTrack): KnownTrack | undefined =>
    [...latest.values()]
      .filter((each) => each.fingerprint === content.fingerprint && each.id !== occupant.id)
      .filter((each) => !settled.has(each.id) && !removed.has(each.id))
      .filter((each) => !each.isThere || (!each.isRead && occupant.fingerprint !== null))
      .sort((one, other) => byLikeness(content.ref, one, other))[0];

  for (const content of contents) {
    const occupant = at.get(content.ref);
    if (!occupant) continue;
    const found =
      occupant.fingerprint === content.fingerprint ? undefined : findAgain(content, occupant);
    if (found && occupant.fingerprint === null) {
      removed.add(occupant.id);
      put(found, occupant);
    } else if (found) {
      exchanged += 1;
      put(occupant, found);
      put(found, occupant);
    }
    settled.add((found ?? occupant).id);
  }
  const trackAt = new Map([...at].map(([ref, track]) => [ref, track.id]));
  return { trackAt, placed, removed: [...removed], exchanged };
}

/** The same name first, then what is gone for certain, then the oldest. */
function byLikeness(ref: string, one: KnownTrack, other: KnownTrack): number {
  const name = posix.basename(ref);
  const rank = (track: KnownTrack): number =>
    (posix.basename(track.place.path) === name ? 0 : 2) + (track.isThere ? 1 : 0);
  return rank(one) - rank(other) || (one.id < other.id ? -1 : 1);
}
