import { and, eq, lt, or, sql } from "drizzle-orm";
import type { ConnectionId, ScanId, TrackId } from "#contract/ids.ts";
import { scans, storageTokens, tracks, waveforms } from "#drizzle/schema/index.ts";
import type { Db, Tx } from "#server/base/db.ts";

/** Whose lease it is: a scan's, or of the making of a track's waveform. */
export type Purpose = { readonly scanId: ScanId } | { readonly trackId: TrackId };

export type NewToken = Purpose & {
  readonly tokenHash: string;
  readonly lease: number;
};

/** Keeps it for so many seconds, by the database's clock, and throws away those that are over. */
export async function insertToken(tx: Tx, token: NewToken, seconds: number): Promise<void> {
  await tx.delete(storageTokens).where(lt(storageTokens.expiresAt, sql`now()`));
  await tx
    .insert(storageTokens)
    .values({ ...token, expiresAt: sql`now() + make_interval(secs => ${seconds})` });
}

const isLive = (work: typeof scans | typeof waveforms) =>
  and(eq(work.lease, storageTokens.lease), sql`${work.leaseUntil} > clock_timestamp()`);

/** @returns which storage it opens; `undefined` when it is over, or whoever got it works no more. */
export async function findOpened(db: Db, tokenHash: string): Promise<ConnectionId | undefined> {
  const [found] = await db
    .select({ scanned: scans.connectionId, drawn: tracks.connectionId })
    .from(storageTokens)
    .leftJoin(scans, eq(scans.id, storageTokens.scanId))
    .leftJoin(waveforms, eq(waveforms.trackId, storageTokens.trackId))
    .leftJoin(tracks, eq(tracks.id, waveforms.trackId))
    .where(
      and(
        eq(storageTokens.tokenHash, tokenHash),
        sql`${storageTokens.expiresAt} > clock_timestamp()`,
        or(isLive(scans), isLive(waveforms)),
      ),
    );
  return found?.scanned ?? found?.drawn ?? undefined;
}
