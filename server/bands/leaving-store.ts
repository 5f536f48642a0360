import { and, asc, desc, eq, inArray, isNotNull, isNull, ne, sql } from "drizzle-orm";
import type { BandRole } from "#contract/bands.ts";
import type { BandId, UserId } from "#contract/ids.ts";
import { bands, members, users } from "#drizzle/schema/index.ts";
import type { Db, Tx } from "#server/base/db.ts";

export interface Fellow {
  readonly bandId: BandId;
  readonly id: UserId;
  readonly name: string;
  readonly role: BandRole;
  readonly isSuspended: boolean;
}

/** Of everybody who would leave the same band at once, one looks at who stays; then the next does. */
export async function lockBandsOf(tx: Tx, userId: UserId): Promise<void> {
  await tx
    .select({ id: bands.id })
    .from(bands)
    .where(
      inArray(
        bands.id,
        tx.select({ id: members.bandId }).from(members).where(eq(members.userId, userId)),
      ),
    )
    .orderBy(bands.id)
    .for("update");
}

/** The others in somebody's bands; owners first. */
export const listFellows = (db: Db | Tx, userId: UserId): Promise<Fellow[]> =>
  db
    .select({
      bandId: members.bandId,
      id: users.id,
      name: users.name,
      role: members.role,
      isSuspended: sql<boolean>`${users.suspendedAt} is not null`,
    })
    .from(members)
    .innerJoin(users, eq(users.id, members.userId))
    .where(
      and(
        ne(members.userId, userId),
        isNull(users.deletedAt),
        inArray(
          members.bandId,
          db.select({ id: members.bandId }).from(members).where(eq(members.userId, userId)),
        ),
      ),
    )
    .orderBy(
      desc(sql`case ${members.role} when 'owner' then 2 when 'editor' then 1 else 0 end`),
      asc(users.name),
      asc(users.id),
    );

/** Who else is in a band and has an address. */
export const listReachable = (
  tx: Tx,
  bandId: BandId,
  userId: UserId,
): Promise<{ name: string; email: string }[]> =>
  tx
    .select({ name: users.name, email: sql<string>`${users.email}` })
    .from(members)
    .innerJoin(users, eq(users.id, members.userId))
    .where(
      and(
        eq(members.bandId, bandId),
        ne(members.userId, userId),
        isNull(users.deletedAt),
        isNotNull(users.email),
      ),
    )
    .orderBy(asc(users.id));

/** A personal band that others are in is nobody's personal band from then on. */
export async function saveOwner(tx: Tx, bandId: BandId, userId: UserId): Promise<void> {
  await tx
    .update(members)
    .set({ role: "owner" })
    .where(and(eq(members.bandId, bandId), eq(members.userId, userId)));
  await tx.update(bands).set({ isPersonal: false }).where(eq(bands.id, bandId));
}

export async function deleteMember(tx: Tx, bandId: BandId, userId: UserId): Promise<void> {
  await tx.delete(members).where(and(eq(members.bandId, bandId), eq(members.userId, userId)));
}

/** With everything that is in it. */
export async function deleteBand(tx: Tx, bandId: BandId): Promise<void> {
  await tx.delete(bands).where(eq(bands.id, bandId));
}
