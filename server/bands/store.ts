import { and, asc, desc, eq, inArray, sql } from "drizzle-orm";
import type { Band, BandRole } from "#contract/bands.ts";
import type { BandId, UserId } from "#contract/ids.ts";
import { bands, members } from "#drizzle/schema/index.ts";
import type { Db, Tx } from "#server/base/db.ts";
import { sharedRead } from "#server/base/shared-reads.ts";

/** Every request that names a band asks this. */
export async function findRole(
  db: Db,
  bandId: BandId,
  userId: UserId,
): Promise<BandRole | undefined> {
  const [row] = await roleInBand(db, { bandId, userId });
  return row?.role;
}

const roleInBand = sharedRead((db) =>
  db
    .select({ role: members.role })
    .from(members)
    .where(
      and(
        eq(members.bandId, sql.placeholder("bandId")),
        eq(members.userId, sql.placeholder("userId")),
      ),
    )
    .prepare("bands_find_role"),
);

/** The personal band first, then the others by name. */
export const listBandsOf = (db: Db | Tx, userId: UserId): Promise<readonly Band[]> =>
  bandsOf(db, { userId });

const bandsOf = sharedRead((db) =>
  db
    .select({ id: bands.id, name: bands.name, isPersonal: bands.isPersonal, role: members.role })
    .from(members)
    .innerJoin(bands, eq(bands.id, members.bandId))
    .where(eq(members.userId, sql.placeholder("userId")))
    .orderBy(desc(bands.isPersonal), asc(bands.name), asc(bands.id))
    .prepare("bands_list"),
);

export async function insertBand(
  tx: Tx,
  band: { readonly id: BandId; readonly name: string; readonly isPersonal: boolean },
): Promise<void> {
  await tx.insert(bands).values(band);
}

export async function renamePersonalBand(
  tx: Tx,
  ownerId: UserId,
  name: { readonly from: string; readonly to: string },
): Promise<void> {
  const owned = tx
    .select({ bandId: members.bandId })
    .from(members)
    .where(and(eq(members.userId, ownerId), eq(members.role, "owner")));
  await tx
    .update(bands)
    .set({ name: name.to })
    .where(and(inArray(bands.id, owned), eq(bands.isPersonal, true), eq(bands.name, name.from)));
}

export async function insertMember(
  tx: Tx,
  member: { readonly bandId: BandId; readonly userId: UserId; readonly role: BandRole },
): Promise<void> {
  await tx.insert(members).values(member);
}

export async function saveUploadPattern(
  tx: Tx,
  bandId: BandId,
  uploadPattern: string,
): Promise<void> {
  await tx.update(bands).set({ uploadPattern }).where(eq(bands.id, bandId));
}
