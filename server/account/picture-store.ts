import { and, eq, or, sql } from "drizzle-orm";
import type { UserId } from "#contract/ids.ts";
import type { PictureSize } from "#contract/pictures.ts";
import { members, userPictures } from "#drizzle/schema/index.ts";
import type { Actor } from "#server/base/actor.ts";
import type { Db, Tx } from "#server/base/db.ts";
import type { Thumbnails } from "#server/base/picture.ts";

export async function savePicture(
  tx: Tx,
  userId: UserId,
  picture: { readonly hash: string } & Thumbnails,
): Promise<void> {
  await tx
    .insert(userPictures)
    .values({ userId, ...picture })
    .onConflictDoUpdate({ target: userPictures.userId, set: picture });
}

/** @returns false when there was none. */
export async function removePicture(tx: Tx, userId: UserId): Promise<boolean> {
  const rows = await tx
    .delete(userPictures)
    .where(eq(userPictures.userId, userId))
    .returning({ userId: userPictures.userId });
  return rows.length > 0;
}

/** @returns `undefined` too for somebody whom the actor shares no band with. */
export async function findPicture(
  db: Db,
  actor: Actor,
  userId: UserId,
  size: PictureSize,
): Promise<{ readonly hash: string; readonly bytes: Buffer } | undefined> {
  const [row] = await db
    .select({
      hash: userPictures.hash,
      bytes: size === "small" ? userPictures.small : userPictures.large,
    })
    .from(userPictures)
    .where(
      and(
        eq(userPictures.userId, userId),
        or(eq(userPictures.userId, actor.userId), sharesBand(actor)),
      ),
    );
  return row;
}

// Drizzle leaves the table of a column out where it selects from one alone.
const sharesBand = (actor: Actor) => sql`exists (
  select from ${members} as theirs
  join ${members} as mine on mine.band_id = theirs.band_id and mine.user_id = ${actor.userId}
  where theirs.user_id = ${userPictures}.user_id)`;
