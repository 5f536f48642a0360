import { and, eq } from "drizzle-orm";
import type { BandId, UserId } from "#contract/ids.ts";
import { bands, connections, members, users } from "#drizzle/schema/index.ts";
import type { Db } from "#server/base/db.ts";

/** What a band's name and folders are made of, for whoever belongs to it. */
export async function findNames(
  db: Db,
  member: { readonly bandId: BandId; readonly userId: UserId },
): Promise<{ band: string; uploader: string; pattern: string | null } | undefined> {
  const [row] = await db
    .select({ band: bands.name, uploader: users.name, pattern: bands.uploadPattern })
    .from(members)
    .innerJoin(bands, eq(bands.id, members.bandId))
    .innerJoin(users, eq(users.id, members.userId))
    .where(and(eq(members.bandId, member.bandId), eq(members.userId, member.userId)));
  return row;
}

/** The band's storage that uploads go to. */
export async function findPrimary(
  db: Db,
  { bandId }: { readonly bandId: BandId },
): Promise<typeof connections.$inferSelect | undefined> {
  const [row] = await db
    .select()
    .from(connections)
    .where(and(eq(connections.bandId, bandId), eq(connections.isPrimary, true)));
  return row;
}
