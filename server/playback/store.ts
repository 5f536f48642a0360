import { and, eq, sql } from "drizzle-orm";
import type { TrackId } from "#contract/ids.ts";
import { connections, members, tracks } from "#drizzle/schema/index.ts";
import type { Actor } from "#server/base/actor.ts";
import type { Db } from "#server/base/db.ts";
import { sharedRead } from "#server/base/shared-reads.ts";
import type { OpenableConnection } from "#server/connections/service.ts";
import type { PlayableTrack } from "#server/library/service.ts";

/** What it takes to serve a track's bytes, and to open the storage that has them. */
export interface Playable {
  readonly track: PlayableTrack;
  readonly connection: OpenableConnection;
}

/** Every request for bytes asks this, and nothing else. */
export async function findPlayable(
  db: Db,
  actor: Actor,
  id: TrackId,
): Promise<Playable | undefined> {
  const [row] = await playable(db, { id, userId: actor.userId });
  return row;
}

const playable = sharedRead((db) =>
  db
    .select({
      track: {
        id: tracks.id,
        ref: tracks.ref,
        path: tracks.path,
        sizeBytes: tracks.sizeBytes,
        etag: tracks.etag,
        modifiedAt: tracks.modifiedAt,
        state: tracks.state,
        missingSince: tracks.missingSince,
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
      },
    })
    .from(tracks)
    .innerJoin(connections, eq(connections.id, tracks.connectionId))
    .innerJoin(
      members,
      and(eq(members.bandId, tracks.bandId), eq(members.userId, sql.placeholder("userId"))),
    )
    .where(eq(tracks.id, sql.placeholder("id")))
    .prepare("playback_find_playable"),
);
