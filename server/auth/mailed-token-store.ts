import { and, eq, gt, sql } from "drizzle-orm";
import type { UserId } from "#contract/ids.ts";
import { type MailedTokenKind, mailedTokens } from "#drizzle/schema/index.ts";
import type { Tx } from "#server/base/db.ts";

export interface MailedToken {
  readonly userId: UserId;
  readonly email: string;
  readonly passwordHash: string | null;
  readonly name: string | null;
}

/** The newest of its kind is the only one that works. */
export async function replaceMailedToken(
  tx: Tx,
  token: MailedToken & { readonly tokenHash: string; readonly kind: MailedTokenKind },
  lifetimeSeconds: number,
): Promise<void> {
  const expiresAt = sql`now() + make_interval(secs => ${lifetimeSeconds})`;
  await tx
    .insert(mailedTokens)
    .values({ ...token, expiresAt })
    .onConflictDoUpdate({
      target: [mailedTokens.userId, mailedTokens.kind],
      set: {
        tokenHash: token.tokenHash,
        email: token.email,
        passwordHash: token.passwordHash,
        name: token.name,
        expiresAt,
      },
    });
}

/** Of all who come with it at the same time, one gets it. `undefined` when it is old, used or of another kind. */
export async function takeMailedToken(
  tx: Tx,
  tokenHash: string,
  kind: MailedTokenKind,
): Promise<MailedToken | undefined> {
  const [row] = await tx
    .delete(mailedTokens)
    .where(
      and(
        eq(mailedTokens.tokenHash, tokenHash),
        eq(mailedTokens.kind, kind),
        gt(mailedTokens.expiresAt, sql`now()`),
      ),
    )
    .returning({
      userId: mailedTokens.userId,
      email: mailedTokens.email,
      passwordHash: mailedTokens.passwordHash,
      name: mailedTokens.name,
    });
  return row;
}

/** Links that were mailed to somebody before something changed are worth nothing after it. */
export async function removeMailedTokens(tx: Tx, userId: UserId): Promise<void> {
  await tx.delete(mailedTokens).where(eq(mailedTokens.userId, userId));
}

export async function removeMailedTokensOf(
  tx: Tx,
  userId: UserId,
  kind: MailedTokenKind,
): Promise<void> {
  await tx
    .delete(mailedTokens)
    .where(and(eq(mailedTokens.userId, userId), eq(mailedTokens.kind, kind)));
}
