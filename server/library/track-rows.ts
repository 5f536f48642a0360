import type { Track, WholeTrack } from "#contract/library.ts";
import { type Actor, notTheirs } from "#server/base/actor.ts";
import type { AppError } from "#server/base/errors.ts";

/** A track as its row has it: more than leaves the server. */
export type TrackRow = Omit<Track, keyof Moments> & Moments;
export type WholeTrackRow = Omit<WholeTrack, keyof Moments> & Moments;

interface Moments {
  readonly missingSince: Date | null;
  readonly addedAt: Date;
}

/** A missing track may have failed before; what counts now is that it is missing. */
export const toTrack = <Row extends TrackRow | WholeTrackRow>({
  failure,
  missingSince,
  addedAt,
  ...row
}: Row) => ({
  ...row,
  failure: row.state === "failed" ? failure : null,
  missingSince: missingSince?.toISOString() ?? null,
  addedAt: addedAt.toISOString(),
});

export const noSuchTrack = (actor: Actor): AppError =>
  notTheirs(actor, "There is no such recording, or it belongs to a band that you are not in.");
