import { and, eq, gt, sql } from "drizzle-orm";
import type { ConnectionId, PlaylistId, RehearsalId, TrackId, UserId } from "#contract/ids.ts";
import {
  connections,
  leadsTo,
  members,
  shareGuests,
  shareListens,
  shares,
  tracks,
} from "#drizzle/schema/index.ts";
import type { Db } from "#server/base/db.ts";
import { sharedRead } from "#server/base/shared-reads.ts";
import type { OpenableConnection } from "#server/connections/service.ts";
import type { PlayableTrack } from "#server/library/service.ts";
import type { Guest } from "#server/shares/guests.ts";

/** What it takes to serve a track's bytes, and to open the storage that has them. */
export interface Playable {
  readonly track: PlayableTrack & { readonly durationMs: number | null };
  readonly connection: OpenableConnection;
}

/** Every request for bytes asks this, and nothing else. */
export async function findPlayable(
  db: Db,
  userId: UserId,
  id: TrackId,
): Promise<Playable | undefined> {
  const [row] = await playable(db, { id, userId });
  return row;
}

const columns = {
  track: {
    id: tracks.id,
    ref: tracks.ref,
    path: tracks.path,
    sizeBytes: tracks.sizeBytes,
    etag: tracks.etag,
    modifiedAt: tracks.modifiedAt,
    state: tracks.state,
    missingSince: tracks.missingSince,
    durationMs: tracks.durationMs,
  },
  connection: {
    id: connections.id,
    bandId: connections.bandId,
    provider: connections.provider,
    sealedCredential: connections.sealedCredential,
    credentialVersion: connections.credentialVersion,
    hasRoot: connections.hasRoot,
    rootRef: connections.rootRef,
    rootPath: connections.rootPath,
    health: connections.health,
    pausedAt: connections.pausedAt,
    isDirect: connections.isDirect,
  },
};

const playable = sharedRead((db) =>
  db
    .select(columns)
    .from(tracks)
    .innerJoin(connections, eq(connections.id, tracks.connectionId))
    .innerJoin(
      members,
      and(eq(members.bandId, tracks.bandId), eq(members.userId, sql.placeholder("userId"))),
    )
    .where(eq(tracks.id, sql.placeholder("id")))
    .prepare("playback_find_playable"),
);

/** What a guest of a public link may have of a recording. */
export interface SharedPlayable {
  /** `null`: the link does not lead to this recording. */
  readonly playable: Playable | null;
  readonly canDownload: boolean;
  /** They have begun it, and it was counted. */
  readonly hasBegun: boolean;
  /** Until the link ends by itself; `null`: it does not. */
  readonly msLeft: number | null;
  /** Of these the list that it leads to; both `null`: it leads to one recording. */
  readonly playlistId: PlaylistId | null;
  readonly rehearsalId: RehearsalId | null;
}

/** @returns `undefined` for who has not opened the link of late, and when it is over. */
export async function findSharedPlayable(
  db: Db,
  { shareId, guestHash }: Guest,
  id: TrackId,
): Promise<SharedPlayable | undefined> {
  const [row] = await sharedPlayable(db, { shareId, guestHash: guestHash ?? "", id });
  if (!row) return undefined;
  const { track, connection, ...rest } = row;
  return { ...rest, playable: track && connection ? { track, connection } : null };
}

const sharedPlayable = sharedRead((db) =>
  db
    .select({
      ...columns,
      canDownload: shares.canDownload,
      playlistId: shares.playlistId,
      rehearsalId: shares.rehearsalId,
      hasBegun: sql<boolean>`${shareListens.trackId} is not null`,
      msLeft: sql<number | null>`(1000 * extract(epoch from ${shares.expiresAt} - now()))::float8`,
    })
    .from(shareGuests)
    .innerJoin(shares, eq(shares.id, shareGuests.shareId))
    .leftJoin(
      tracks,
      and(
        eq(tracks.id, sql.placeholder("id")),
        eq(tracks.bandId, shares.bandId),
        leadsTo(tracks.id),
      ),
    )
    .leftJoin(connections, eq(connections.id, tracks.connectionId))
    .leftJoin(
      shareListens,
      and(eq(shareListens.guestId, shareGuests.id), eq(shareListens.trackId, tracks.id)),
    )
    .where(
      and(
        eq(shareGuests.guestHash, sql.placeholder("guestHash")),
        eq(shareGuests.shareId, sql.placeholder("shareId")),
        gt(shareGuests.expiresAt, sql`now()`),
        sql`(${shares.expiresAt} is null or ${shares.expiresAt} > now())`,
      ),
    )
    .prepare("playback_find_shared_playable"),
);

/** Of everybody. */
export async function listConnectionIds(db: Db): Promise<ConnectionId[]> {
  const rows = await db.select({ id: connections.id }).from(connections);
  return rows.map(({ id }) => id);
}
