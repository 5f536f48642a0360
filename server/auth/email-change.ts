import { DrizzleQueryError } from "drizzle-orm";
import type { UserId } from "#contract/ids.ts";
import { noteEvent } from "#server/audit/service.ts";
import type { Actor, Device } from "#server/base/actor.ts";
import { type Tx, write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import type { Deps } from "#server/deps.ts";
import { hashToken } from "./crypto.ts";
import { toEmailKey } from "./email.ts";
import { addressChangedLetter, changeAskedLetter } from "./letters.ts";
import { linkTo } from "./links.ts";
import * as tokens from "./mailed-token-store.ts";
import { requireRecent } from "./reauthentication.ts";
import { isOldLink } from "./registration.ts";
import { tellOwner } from "./telling.ts";
import { saveEmail } from "./user-store.ts";
import { makeWish } from "./wishes.ts";

type ChangeDeps = Pick<Deps, "config" | "counters" | "db" | "jobs" | "now" | "vault">;

/** Each is a mail to the address of until now. */
const CHANGES_AN_HOUR = 10;
const HOUR_MS = 3_600_000;

/** Postgres: another row has this value already. */
const UNIQUE_VIOLATION = "23505";

/**
 * Asks for another address. The answer is the same for every one; a link goes there if it is
 * nobody's, and a word to its owner if it is somebody's. The address of until now is told at once.
 *
 * @throws AppError `reauthentication_required`; `rate_limited`.
 */
export async function changeEmail(
  deps: ChangeDeps,
  actor: Actor,
  email: string,
  device: Device,
): Promise<void> {
  await requireRecent(deps, actor);
  await requireFewChanges(deps, actor.userId);
  const { userId, sessionId } = actor;
  await write(deps, async (tx) => {
    await tokens.removeMailedTokensOf(tx, userId, "change");
    await makeWish(deps, tx, { kind: "change", email, userId, sessionId }, device);
    await tellOwner(deps, tx, userId, "address", (name) =>
      changeAskedLetter(name, mask(email), linkTo(deps, "/forgot-password")),
    );
    await noteEvent(deps, tx, {
      action: "account.email_change_requested",
      actorId: userId,
      subjectId: userId,
      device,
    });
  });
}

/**
 * Whoever has the link has the new address, which takes the place of the old one at once. Sessions
 * stay, because the one who asked has just shown who they are; links that went to the old address are
 * worth nothing any more, and it is told where the account has gone.
 *
 * @throws AppError `not_found` for a link that is old, used or of another kind; `conflict` when
 *   another account has got the address meanwhile.
 */
export const confirmEmailChange = (
  deps: ChangeDeps,
  token: string,
  device: Device,
): Promise<void> =>
  write(deps, async (tx) => {
    const taken = await tokens.takeMailedToken(tx, hashToken(token), "change");
    if (!taken) throw isOldLink();
    const { userId, email } = taken;
    await tellOwner(deps, tx, userId, "address", (name) =>
      addressChangedLetter(name, mask(email), deps.config.http.publicUrl.origin),
    );
    if (!(await saveProved(tx, userId, email))) throw isOldLink();
    await tokens.removeMailedTokens(tx, userId);
    await noteEvent(deps, tx, {
      action: "account.email_changed",
      actorId: userId,
      subjectId: userId,
      device,
    });
  });

async function requireFewChanges(deps: ChangeDeps, userId: UserId): Promise<void> {
  const { hits, msLeft } = await deps.counters.count(`change email ${userId}`, HOUR_MS);
  if (hits <= CHANGES_AN_HOUR) return;
  const minutes = Math.ceil(msLeft / 60_000);
  throw new AppError(
    "rate_limited",
    `Another address was asked for too often. Your address stays as it is; wait ${minutes} minutes and try again.`,
    { retryAfterSeconds: Math.ceil(msLeft / 1000) },
  );
}

async function saveProved(tx: Tx, userId: UserId, email: string): Promise<boolean> {
  try {
    return await saveEmail(tx, userId, { email, emailKey: toEmailKey(email) });
  } catch (error) {
    if (!isTaken(error)) throw error;
    throw new AppError(
      "conflict",
      "Another account has got this address meanwhile. Yours keeps the one that it has; use another address.",
      { cause: error },
    );
  }
}

const isTaken = (error: unknown): boolean =>
  error instanceof DrizzleQueryError &&
  error.cause instanceof Error &&
  "code" in error.cause &&
  error.cause.code === UNIQUE_VIOLATION;

/** `b…@b…`: enough to know an address by, and nothing to write to. */
const mask = (email: string): string =>
  email
    .split("@")
    .map((part) => `${[...part].slice(0, 1).join("")}…`)
    .join("@");
