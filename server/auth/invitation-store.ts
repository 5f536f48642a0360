import { and, desc, eq, gt, isNull, or, sql } from "drizzle-orm";
import type { UserId } from "#contract/ids.ts";
import { registrationInvitations } from "#drizzle/schema/index.ts";
import type { Db, Tx } from "#server/base/db.ts";
import { toEmailKey } from "./email.ts";

export interface InvitationRow {
  readonly id: string;
  readonly email: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

export async function insertInvitation(
  tx: Tx,
  invitation: {
    readonly tokenHash: string;
    readonly id: string;
    readonly email: string | null;
    readonly createdBy: UserId;
  },
  lifetimeSeconds: number,
): Promise<void> {
  const expiresAt = sql`now() + make_interval(secs => ${lifetimeSeconds})`;
  await tx.insert(registrationInvitations).values({ ...invitation, expiresAt });
}

/** Uses it up. False when it is none, old, or for another address. */
export async function takeInvitation(tx: Tx, tokenHash: string, email: string): Promise<boolean> {
  const rows = await tx
    .delete(registrationInvitations)
    .where(
      and(
        eq(registrationInvitations.tokenHash, tokenHash),
        gt(registrationInvitations.expiresAt, sql`now()`),
        or(
          isNull(registrationInvitations.email),
          eq(registrationInvitations.email, toEmailKey(email)),
        ),
      ),
    )
    .returning({ id: registrationInvitations.id });
  return rows.length > 0;
}

/** Those that still work, the newest first. */
export const listInvitations = (db: Db): Promise<InvitationRow[]> =>
  db
    .select({
      id: registrationInvitations.id,
      email: registrationInvitations.email,
      createdAt: registrationInvitations.createdAt,
      expiresAt: registrationInvitations.expiresAt,
    })
    .from(registrationInvitations)
    .where(gt(registrationInvitations.expiresAt, sql`now()`))
    .orderBy(desc(registrationInvitations.createdAt))
    .limit(200);

/** False when there is none. */
export async function deleteInvitation(tx: Tx, id: string): Promise<boolean> {
  const rows = await tx
    .delete(registrationInvitations)
    .where(eq(registrationInvitations.id, id))
    .returning({ id: registrationInvitations.id });
  return rows.length > 0;
}
