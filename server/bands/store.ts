import { and, asc, desc, eq, inArray, sql } from "drizzle-orm";
import type { Band, BandRole } from "#contract/bands.ts";
import type { BandId, UserId } from "#contract/ids.ts";
import { bands, members } from "#drizzle/schema/index.ts";
import type { Db, Tx } from "#server/base/db.ts";

/** Every request that names a band asks this, so it is prepared once for each pool. */
const roleQueries = new WeakMap<Db, ReturnType<typeof prepareRoleQuery>>();

export async function findRole(
  db: Db,
  bandId: BandId,
  userId: UserId,
): Promise<BandRole | undefined> {
  let query = roleQueries.get(db);
  if (!query) {
    query = prepareRoleQuery(db);
    roleQueries.set(db, query);
  }
  const [row] = await query.execute({ bandId, userId });
  return row?.role;
}

const prepareRoleQuery = (db: Db) =>
  db
    .select({ role: members.role })
    .from(members)
    .where(
      and(
        eq(members.bandId, sql.placeholder("bandId")),
        eq(members.userId, sql.placeholder("userId")),
      ),
    )
    .prepare("bands_find_role");

/** The personal band first, then the others by name. */
export const listBandsOf = (db: Db | Tx, userId: UserId): Promise<Band[]> =>
  db
    .select({ id: bands.id, name: bands.name, isPersonal: bands.isPersonal, role: members.role })
    .from(members)
    .innerJoin(bands, eq(bands.id, members.bandId))
    .where(eq(members.userId, userId))
    .orderBy(desc(bands.isPersonal), asc(bands.name), asc(bands.id));

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
