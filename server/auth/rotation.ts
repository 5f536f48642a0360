import type { SessionId } from "#contract/ids.ts";
import { type Tx, write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import type { Deps } from "#server/deps.ts";
import { createAccessToken } from "./access-token.ts";
import { hashToken } from "./crypto.ts";
import * as tokens from "./refresh-token-store.ts";
import { type Grant, idleSecondsOf, rememberForSeconds, revokeWithin } from "./service.ts";
import * as store from "./session-store.ts";

/** Two tabs renew at once, or an answer gets lost: for so long a used token gets the same answer again. */
const GRACE_SECONDS = 10;

type RotationDeps = Pick<Deps, "config" | "db" | "events" | "jobs" | "log" | "now" | "sessionKeys">;

/**
 * Trades a refresh token for its one successor and a fresh access token.
 *
 * The successor is computed from the token that it follows, so every replica arrives at the same
 * one and only hashes are stored. Whoever comes with a token that was used longer ago than the
 * grace holds a copy: the whole session ends, because nobody can tell who the thief is.
 *
 * @throws AppError `unauthenticated`
 * @see https://www.rfc-editor.org/rfc/rfc9700#section-4.14
 */
export async function renewSession(
  deps: RotationDeps,
  refreshToken: string | undefined,
): Promise<Grant> {
  if (refreshToken === undefined) throw sessionEnded();
  const tokenHash = hashToken(refreshToken);
  const outcome = await write(deps, (tx) => rotate(deps, tx, refreshToken, tokenHash));
  switch (outcome.kind) {
    case "renewed":
      return {
        accessToken: await createAccessToken(deps, {
          userId: outcome.session.userId,
          sessionId: outcome.session.id,
          issuedAt: outcome.session.nowSeconds,
        }),
        refreshToken: outcome.successor,
        rememberForSeconds: rememberForSeconds(
          outcome.session,
          outcome.session.absoluteSecondsLeft,
        ),
      };
    case "copied":
      deps.log.warn({ sessionId: outcome.sessionId }, "a refresh token came back: session ended");
      throw sessionEnded();
    case "ended":
      throw sessionEnded();
    case "unknown_key":
      throw new AppError("busy", "The server is changing its keys. Try again in a moment.", {
        retryAfterSeconds: 1,
      });
  }
}

type Outcome =
  | {
      readonly kind: "renewed";
      readonly session: store.LockedSession;
      readonly successor: string;
    }
  | { readonly kind: "copied"; readonly sessionId: SessionId }
  | { readonly kind: "ended" }
  /** It was renewed a moment ago under a key that this replica does not use. */
  | { readonly kind: "unknown_key" };

async function rotate(
  deps: RotationDeps,
  tx: Tx,
  refreshToken: string,
  tokenHash: string,
): Promise<Outcome> {
  const glimpsed = await tokens.findRefreshToken(tx, tokenHash, GRACE_SECONDS);
  if (!glimpsed) return { kind: "ended" };
  const session = await store.lockLiveSession(tx, glimpsed.sessionId);
  if (!session) return { kind: "ended" };

  // Again, now that nobody else can use it: another request may have been first.
  const token = await tokens.findRefreshToken(tx, tokenHash, GRACE_SECONDS);
  if (!token) return { kind: "ended" };
  if (token.use === "used") {
    await revokeWithin(deps, tx, session.id, "refresh_token_copied");
    return { kind: "copied", sessionId: session.id };
  }

  const successor = deps.sessionKeys.sign("refresh-token", refreshToken);
  const next = {
    tokenHash: hashToken(successor),
    sessionId: session.id,
    generation: token.generation + 1,
  };
  if (token.use === "just_used") {
    const known = await tokens.findRefreshToken(tx, next.tokenHash, GRACE_SECONDS);
    return known ? { kind: "renewed", session, successor } : { kind: "unknown_key" };
  }
  await tokens.markRefreshTokenSpent(tx, tokenHash);
  await tokens.insertRefreshToken(tx, next);
  await store.markSessionUsed(tx, session.id, idleSecondsOf(session));
  return { kind: "renewed", session, successor };
}

const sessionEnded = (): AppError =>
  new AppError("unauthenticated", "Your session has ended. Sign in, and you will be back here.");
