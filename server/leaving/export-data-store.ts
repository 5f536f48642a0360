import { and, asc, desc, eq, gt, lt, sql } from "drizzle-orm";
import type { BandId, TrackId, UserId } from "#contract/ids.ts";
import {
  auditEvents,
  bands,
  connections,
  externalIdentities,
  favourites,
  listens,
  members,
  passkeys,
  sessions,
  totpFactors,
  tracks,
  userPictures,
  users,
} from "#drizzle/schema/index.ts";
import type { Db, Tx } from "#server/base/db.ts";

/** What is read for an export: nothing that opens anything, and nothing about others. */

export async function findProfile(db: Db, userId: UserId) {
  const [row] = await db
    .select({
      id: users.id,
      email: users.email,
      emailVerifiedAt: users.emailVerifiedAt,
      name: users.name,
      role: users.role,
      promotedToCreatorAt: users.promotedToCreatorAt,
      language: users.locale,
      timeZone: users.timeZone,
      createdAt: users.createdAt,
      hasPassword: sql<boolean>`${users.passwordHash} is not null`,
      hasSecondFactor: sql<boolean>`exists (select from ${totpFactors}
        where ${totpFactors.userId} = ${users}.id and ${totpFactors.confirmedAt} is not null)`,
    })
    .from(users)
    .where(eq(users.id, userId));
  return row;
}

export const listSessions = (db: Db, userId: UserId) =>
  db
    .select({
      userAgent: sessions.userAgent,
      ipAddress: sessions.ipAddress,
      rememberMe: sessions.rememberMe,
      createdAt: sessions.createdAt,
      lastUsedAt: sessions.lastUsedAt,
      endedAt: sessions.revokedAt,
    })
    .from(sessions)
    .where(eq(sessions.userId, userId))
    .orderBy(desc(sessions.createdAt))
    .limit(10_000);

export const listPasskeys = (db: Db, userId: UserId) =>
  db
    .select({
      name: passkeys.name,
      isSynced: passkeys.isSynced,
      createdAt: passkeys.createdAt,
      lastUsedAt: passkeys.lastUsedAt,
    })
    .from(passkeys)
    .where(eq(passkeys.userId, userId))
    .orderBy(asc(passkeys.createdAt));

export const listIdentities = (db: Db, userId: UserId) =>
  db
    .select({
      provider: externalIdentities.provider,
      name: externalIdentities.name,
      createdAt: externalIdentities.createdAt,
    })
    .from(externalIdentities)
    .where(eq(externalIdentities.userId, userId))
    .orderBy(asc(externalIdentities.createdAt));

export async function findPicture(db: Db, userId: UserId): Promise<Buffer | undefined> {
  const [row] = await db
    .select({ large: userPictures.large })
    .from(userPictures)
    .where(eq(userPictures.userId, userId));
  return row?.large;
}

export const listMemberships = (db: Db | Tx, userId: UserId) =>
  db
    .select({
      id: bands.id,
      name: bands.name,
      isPersonal: bands.isPersonal,
      role: members.role,
      createdAt: bands.createdAt,
      memberSince: members.createdAt,
    })
    .from(members)
    .innerJoin(bands, eq(bands.id, members.bandId))
    .where(eq(members.userId, userId))
    .orderBy(desc(bands.isPersonal), asc(bands.name), asc(bands.id));

export type Membership = Awaited<ReturnType<typeof listMemberships>>[number];

/** What somebody has marked for themselves, the newest first. */
export const listFavourites = (db: Db, userId: UserId) =>
  db
    .select({ band: bands.name, recording: tracks.title, addedAt: favourites.addedAt })
    .from(favourites)
    .innerJoin(tracks, eq(tracks.id, favourites.trackId))
    .innerJoin(bands, eq(bands.id, tracks.bandId))
    .where(eq(favourites.userId, userId))
    .orderBy(desc(favourites.addedAt), desc(favourites.trackId))
    .limit(10_000);

/** What somebody has listened to, the newest first. */
export const listListens = (db: Db, userId: UserId) =>
  db
    .select({
      band: bands.name,
      recording: tracks.title,
      playCount: listens.playCount,
      lastPlayedAt: listens.lastPlayedAt,
    })
    .from(listens)
    .innerJoin(tracks, eq(tracks.id, listens.trackId))
    .innerJoin(bands, eq(bands.id, tracks.bandId))
    .where(eq(listens.userId, userId))
    .orderBy(desc(listens.lastPlayedAt), desc(listens.trackId))
    .limit(10_000);

/** Who is connected there is left out: it may be another owner's address. */
export const listConnections = (db: Db, bandId: BandId) =>
  db
    .select({
      provider: connections.provider,
      name: connections.name,
      product: connections.product,
      rootPath: connections.rootPath,
      isPrimary: connections.isPrimary,
      isDemo: connections.isDemo,
      health: connections.health,
      createdAt: connections.createdAt,
    })
    .from(connections)
    .where(eq(connections.bandId, bandId))
    .orderBy(asc(connections.createdAt), asc(connections.id));

export const listTracksAfter = (db: Db, bandId: BandId, after: TrackId | null, limit: number) =>
  db
    .select({
      id: tracks.id,
      storage: connections.name,
      path: tracks.path,
      state: tracks.state,
      missingSince: tracks.missingSince,
      title: tracks.title,
      artist: tracks.artist,
      album: tracks.album,
      albumArtist: tracks.albumArtist,
      trackNumber: tracks.trackNumber,
      discNumber: tracks.discNumber,
      year: tracks.year,
      genre: tracks.genre,
      recordedOn: tracks.recordedOn,
      durationMs: tracks.durationMs,
      codec: tracks.codec,
      bitrateBps: tracks.bitrateBps,
      sampleRateHz: tracks.sampleRateHz,
      channels: tracks.channels,
      sizeBytes: tracks.sizeBytes,
      modifiedAt: tracks.modifiedAt,
      addedAt: tracks.addedAt,
    })
    .from(tracks)
    .innerJoin(connections, eq(connections.id, tracks.connectionId))
    .where(and(eq(tracks.bandId, bandId), after ? gt(tracks.id, after) : undefined))
    .orderBy(asc(tracks.id))
    .limit(limit);

export type TrackData = Awaited<ReturnType<typeof listTracksAfter>>[number];

/** What happened to somebody's account, the newest first. */
export const listEventsBefore = (db: Db, userId: UserId, before: string | null, limit: number) =>
  db
    .select({
      id: auditEvents.id,
      at: auditEvents.at,
      action: auditEvents.action,
      actorId: auditEvents.actorId,
      ipAddress: auditEvents.ipAddress,
      userAgent: auditEvents.userAgent,
      details: auditEvents.details,
    })
    .from(auditEvents)
    .where(and(eq(auditEvents.subjectId, userId), before ? lt(auditEvents.id, before) : undefined))
    .orderBy(desc(auditEvents.id))
    .limit(limit);

export type EventData = Awaited<ReturnType<typeof listEventsBefore>>[number];
