import { and, asc, count, desc, eq, gt, inArray, isNull, lt, or, type SQL, sql } from "drizzle-orm";
import type { BandRole } from "#contract/bands.ts";
import type { BandId, UploadId, UserId } from "#contract/ids.ts";
import { members, uploadParts, uploads } from "#drizzle/schema/index.ts";
import type { Actor } from "#server/base/actor.ts";
import type { Db, Tx } from "#server/base/db.ts";

export type UploadRow = typeof uploads.$inferSelect;

export interface NewUpload
  extends Pick<
    UploadRow,
    "id" | "bandId" | "userId" | "connectionId" | "name" | "rootRef" | "rootPath" | "folder"
  > {
  readonly sizeBytes: number;
  readonly partBytes: number;
}

/** An upload that this process is at, as long as nobody else was given a newer number. */
export type Held = Pick<UploadRow, "id" | "lease">;

/** Whoever does not renew for so long has lost it. The database's clock decides. */
const LEASE = sql`clock_timestamp() + interval '30 seconds'`;
const KEPT = sql`clock_timestamp() + interval '24 hours'`;

export const isFree = or(
  isNull(uploads.leaseUntil),
  lt(uploads.leaseUntil, sql`clock_timestamp()`),
);
const isUnderWay = inArray(uploads.state, ["receiving", "finishing"]);
const heldBy = ({ id, lease }: Held): SQL | undefined =>
  and(eq(uploads.id, id), eq(uploads.lease, lease));

/** One that begins at a time, so that they can be counted. */
export const lockUploader = (tx: Tx, userId: UserId): Promise<unknown> =>
  tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`uploads ${userId}`}, 0))`);

export async function countUnfinished(tx: Tx, userId: UserId): Promise<number> {
  const [row] = await tx
    .select({ unfinished: count() })
    .from(uploads)
    .where(and(eq(uploads.userId, userId), isUnderWay, gt(uploads.expiresAt, sql`now()`)));
  return row?.unfinished ?? 0;
}

/** It is held by whoever makes it. */
export async function insertUpload(tx: Tx, made: NewUpload): Promise<UploadRow> {
  const [row] = await tx
    .insert(uploads)
    .values({ ...made, state: "receiving", lease: 1, leaseUntil: LEASE, expiresAt: KEPT })
    .returning();
  if (!row) throw new Error("Nothing was inserted.");
  return row;
}

/** The actor's own, with the actor's role in its band. */
export async function findUpload(
  db: Db,
  actor: Pick<Actor, "userId">,
  id: UploadId,
): Promise<{ upload: UploadRow; role: BandRole } | undefined> {
  const [found] = await db
    .select({ upload: uploads, role: members.role })
    .from(uploads)
    .innerJoin(members, and(eq(members.bandId, uploads.bandId), eq(members.userId, uploads.userId)))
    .where(
      and(
        eq(uploads.id, id),
        eq(uploads.userId, actor.userId),
        gt(uploads.expiresAt, sql`clock_timestamp()`),
      ),
    );
  return found;
}

/** Of one member in one band: what is not over. The newest first. */
export const listUploads = (
  db: Db,
  { bandId, userId }: { readonly bandId: BandId; readonly userId: UserId },
): Promise<UploadRow[]> =>
  db
    .select()
    .from(uploads)
    .where(
      and(
        eq(uploads.bandId, bandId),
        eq(uploads.userId, userId),
        gt(uploads.expiresAt, sql`now()`),
      ),
    )
    .orderBy(desc(uploads.id));

/** @returns `undefined` while somebody else is at it, or when it is gone. */
export async function takeLease(tx: Tx, id: UploadId): Promise<UploadRow | undefined> {
  const [row] = await tx
    .update(uploads)
    .set({ lease: sql`${uploads.lease} + 1`, leaseUntil: LEASE })
    .where(and(eq(uploads.id, id), isFree))
    .returning();
  return row;
}

/** @returns false when it is somebody else's by now, or gone. */
export async function renewLease(tx: Tx, held: Held): Promise<boolean> {
  const rows = await tx
    .update(uploads)
    .set({ leaseUntil: LEASE })
    .where(heldBy(held))
    .returning({ id: uploads.id });
  return rows.length > 0;
}

/** @param retrySeconds - for one that has all its bytes: when it is tried again by itself. */
export async function releaseLease(tx: Tx, held: Held, retrySeconds = 0): Promise<void> {
  await tx
    .update(uploads)
    .set({
      leaseUntil: null,
      retryAt: sql`clock_timestamp() + make_interval(secs => ${retrySeconds})`,
    })
    .where(heldBy(held));
}

/** What is there of the name is somebody's; a DrizzleQueryError with 23505 says that it is taken. */
export async function saveFinalName(tx: Tx, held: Held, finalName: string): Promise<boolean> {
  const rows = await tx
    .update(uploads)
    .set({ finalName, leaseUntil: LEASE })
    .where(heldBy(held))
    .returning({ id: uploads.id });
  return rows.length > 0;
}

/** From the beginning, whatever was sent before. */
export async function saveSession(
  tx: Tx,
  held: Held,
  session: UploadRow["session"],
): Promise<boolean> {
  await tx.delete(uploadParts).where(eq(uploadParts.uploadId, held.id));
  const rows = await tx
    .update(uploads)
    .set({ session, offsetBytes: 0, state: "receiving", leaseUntil: LEASE })
    .where(heldBy(held))
    .returning({ id: uploads.id });
  return rows.length > 0;
}

export interface SavedPart {
  readonly index: number;
  readonly receipt: unknown;
  /** Where the next one begins. */
  readonly offsetBytes: number;
}

/** The last part makes it `finishing`. */
export async function savePart(
  tx: Tx,
  held: Held,
  { index, receipt, offsetBytes }: SavedPart,
): Promise<UploadRow | undefined> {
  const [row] = await tx
    .update(uploads)
    .set({
      offsetBytes,
      leaseUntil: LEASE,
      expiresAt: KEPT,
      state: sql`case when ${uploads.sizeBytes} = ${offsetBytes} then 'finishing' else 'receiving' end`,
    })
    .where(heldBy(held))
    .returning();
  if (!row) return undefined;
  await tx
    .insert(uploadParts)
    .values({ uploadId: held.id, index, receipt })
    .onConflictDoUpdate({
      target: [uploadParts.uploadId, uploadParts.index],
      set: { receipt },
    });
  return row;
}

/** Of one without bytes, which has no parts. */
export async function markFinishing(tx: Tx, held: Held): Promise<void> {
  await tx.update(uploads).set({ state: "finishing" }).where(heldBy(held));
}

export async function listReceipts(db: Db, id: UploadId): Promise<unknown[]> {
  const rows = await db
    .select({ receipt: uploadParts.receipt })
    .from(uploadParts)
    .where(eq(uploadParts.uploadId, id))
    .orderBy(asc(uploadParts.index));
  return rows.map(({ receipt }) => receipt);
}

/** @returns `undefined` when it is somebody else's by now. */
export async function saveDone(tx: Tx, held: Held): Promise<UploadRow | undefined> {
  const [row] = await tx
    .update(uploads)
    .set({ state: "done", session: null, leaseUntil: null, expiresAt: KEPT })
    .where(heldBy(held))
    .returning();
  if (row) await tx.delete(uploadParts).where(eq(uploadParts.uploadId, held.id));
  return row;
}

export interface Failed {
  readonly message: string;
  /** What the storage still has of it; `null` for nothing. */
  readonly session: UploadRow["session"];
}

export async function saveFailed(tx: Tx, held: Held, { message, session }: Failed): Promise<void> {
  await tx
    .update(uploads)
    .set({ state: "failed", message, session, leaseUntil: null, expiresAt: KEPT })
    .where(heldBy(held));
}

/** Nobody sees it any more, and the next sweep discards it. */
export async function saveOver(tx: Tx, held: Held, retrySeconds: number): Promise<void> {
  await tx
    .update(uploads)
    .set({
      state: "failed",
      message: "It was given up.",
      expiresAt: sql`least(${uploads.expiresAt}, clock_timestamp())`,
      leaseUntil: sql`clock_timestamp() + make_interval(secs => ${retrySeconds})`,
    })
    .where(heldBy(held));
}

export async function deleteUpload(tx: Tx, held: Held): Promise<void> {
  await tx.delete(uploads).where(heldBy(held));
}
