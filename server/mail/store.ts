import { and, eq, isNotNull, lt, sql } from "drizzle-orm";
import { mails } from "#drizzle/schema/index.ts";
import type { Db, Tx } from "#server/base/db.ts";

export interface WaitingMail {
  readonly id: string;
  readonly kind: string;
  readonly sealedMessage: string;
  readonly tries: number;
}

export async function insertMail(
  tx: Tx,
  mail: { readonly id: string; readonly kind: string; readonly sealedMessage: string },
): Promise<void> {
  await tx.insert(mails).values(mail);
}

/** `undefined` when it is sent or given up. */
export async function findWaiting(db: Db, id: string): Promise<WaitingMail | undefined> {
  const [row] = await db
    .select({
      id: mails.id,
      kind: mails.kind,
      sealedMessage: sql<string>`${mails.sealedMessage}`,
      tries: mails.tries,
    })
    .from(mails)
    .where(and(eq(mails.id, id), isNotNull(mails.sealedMessage)));
  return row;
}

/** What it said is forgotten with it. */
export async function markSent(tx: Tx, id: string): Promise<void> {
  await tx
    .update(mails)
    .set({ sentAt: sql`now()`, sealedMessage: null, tries: sql`${mails.tries} + 1` })
    .where(eq(mails.id, id));
}

export async function markTried(tx: Tx, id: string): Promise<void> {
  await tx
    .update(mails)
    .set({ tries: sql`${mails.tries} + 1` })
    .where(eq(mails.id, id));
}

export async function markGivenUp(tx: Tx, id: string): Promise<void> {
  await tx
    .update(mails)
    .set({ givenUpAt: sql`now()`, sealedMessage: null, tries: sql`${mails.tries} + 1` })
    .where(eq(mails.id, id));
}

export async function removeOld(tx: Tx, days: number): Promise<void> {
  await tx
    .delete(mails)
    .where(
      and(
        sql`${mails.sealedMessage} is null`,
        lt(mails.createdAt, sql`now() - make_interval(days => ${days})`),
      ),
    );
}
