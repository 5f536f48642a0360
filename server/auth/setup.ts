import type { Me, SetUp } from "#contract/auth.ts";
import type { UserId } from "#contract/ids.ts";
import { noteEvent } from "#server/audit/service.ts";
import { createPersonalBand } from "#server/bands/service.ts";
import type { Device } from "#server/base/actor.ts";
import { type Tx, write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import { createId } from "#server/base/ids.ts";
import type { Deps } from "#server/deps.ts";
import { createToken, hashToken } from "./crypto.ts";
import { toEmailKey } from "./email.ts";
import { requireUnguessable } from "./guessable-passwords.ts";
import { hashNewPassword } from "./password.ts";
import { type Grant, openSession } from "./service.ts";
import * as store from "./store.ts";

const TOKEN_LIFETIME_SECONDS = 24 * 60 * 60;

/** True until the first admin exists. */
export const isSetupRequired = async (deps: Pick<Deps, "db">): Promise<boolean> =>
  !(await store.hasUsers(deps.db));

/**
 * Makes a one-time token for whoever can read what the server prints: it lets them become the first
 * admin. Only its hash is kept, for a day.
 *
 * @returns `null` when there are users already.
 */
export const startSetup = (deps: Pick<Deps, "db">): Promise<string | null> =>
  write(deps, async (tx) => {
    await store.removeOldSetupTokens(tx, TOKEN_LIFETIME_SECONDS);
    if (await store.hasUsers(tx)) return null;
    const token = createToken();
    await store.insertSetupToken(tx, hashToken(token));
    return token;
  });

/**
 * Makes the first admin, once: of all who try at the same time, on all replicas, one passes the
 * lock and finds no user. Only that one hashes a password.
 *
 * @throws AppError `not_found` once there is an admin; `forbidden` for a wrong or old token;
 *   `invalid_input` for a password that would be guessed; `busy`.
 */
export async function setUp(
  deps: Pick<Deps, "config" | "db" | "maintenance" | "now" | "sessionKeys">,
  input: SetUp,
  device: Device,
): Promise<Grant & { readonly me: Me }> {
  requireUnguessable(input.password, [input.email, input.name]);
  return write(deps, async (tx) => {
    await store.lockFirstUser(tx);
    await requireSetupToken(tx, input.setupToken);

    const userId = createId<UserId>(deps.now());
    const { email, name } = input;
    await store.insertUser(tx, {
      id: userId,
      email,
      emailKey: toEmailKey(email),
      name,
      role: "admin",
      passwordHash: await hashNewPassword(input.password),
      isVerified: true,
    });
    const personalBandId = await createPersonalBand(tx, { userId, name }, deps.now());
    await store.removeSetupTokens(tx);
    await noteEvent(deps, tx, {
      action: "account.registered",
      actorId: userId,
      subjectId: userId,
      device,
      details: { by: "setup", role: "admin" },
    });
    const session = await openSession(deps, tx, { userId, rememberMe: false, device });
    const user = {
      id: userId,
      email,
      isEmailVerified: true,
      name,
      role: "admin" as const,
      ways: ["password" as const],
      locale: null,
      timeZone: null,
      pictureHash: null,
    };
    return { ...session, me: { user, sessionId: session.sessionId, personalBandId } };
  });
}

async function requireSetupToken(tx: Tx, token: string): Promise<void> {
  if (await store.hasUsers(tx)) {
    throw new AppError("not_found", "This server has been set up already. Sign in instead.");
  }
  await store.removeOldSetupTokens(tx, TOKEN_LIFETIME_SECONDS);
  if (await store.hasSetupToken(tx, hashToken(token))) return;
  throw new AppError(
    "forbidden",
    "This is not a setup token of this server, or it is older than a day. Restart the server and use the one that it prints.",
  );
}
