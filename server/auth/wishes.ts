import { z } from "zod";
import { SessionId, UserId } from "#contract/ids.ts";
import { noteEvent } from "#server/audit/service.ts";
import { createPersonalBand } from "#server/bands/service.ts";
import type { Device } from "#server/base/actor.ts";
import { type Tx, write } from "#server/base/db.ts";
import { createId } from "#server/base/ids.ts";
import { defineJob } from "#server/base/jobs.ts";
import type { Deps } from "#server/deps.ts";
import { sendLetter } from "#server/mail/service.ts";
import { createToken, hashToken } from "./crypto.ts";
import { toEmailKey } from "./email.ts";
import {
  knownLetter,
  newAddressLetter,
  resetLetter,
  takenLetter,
  verifyLetter,
} from "./letters.ts";
import { linkTo } from "./links.ts";
import * as tokens from "./mailed-token-store.ts";
import { isSessionAlive } from "./session-store.ts";
import * as store from "./store.ts";

/**
 * Somebody asked for something by naming an address that may be anybody's. Whether there is such an
 * account is only looked up in the job, so that the answer is the same, and takes the same time, for
 * every address. Nothing exists yet that an id could name; what is asked for is sealed instead.
 */
export const wishMade = defineJob(
  "auth.wish",
  z.object({ wishId: z.uuid(), sealedWish: z.string() }),
);

const Wish = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("register"),
    email: z.string(),
    name: z.string(),
    passwordHash: z.string(),
  }),
  z.object({ kind: z.literal("verify"), email: z.string() }),
  z.object({ kind: z.literal("reset"), email: z.string() }),
  z.object({
    kind: z.literal("change"),
    email: z.string(),
    userId: UserId,
    sessionId: SessionId,
  }),
]);
export type Wish = z.infer<typeof Wish>;

const Waiting = z.object({
  wish: Wish,
  device: z.object({ userAgent: z.string(), ipAddress: z.string(), network: z.string() }),
});

type WishDeps = Pick<Deps, "config" | "db" | "jobs" | "now" | "vault">;

const VERIFY_SECONDS = 86_400;
const RESET_SECONDS = 3_600;
const CHANGE_SECONDS = 3_600;

/** So many mails an hour reach an address that somebody else types in. */
const MAILS_AN_HOUR = 4;
const HOUR_MS = 3_600_000;

export async function makeWish(deps: WishDeps, tx: Tx, wish: Wish, device: Device): Promise<void> {
  const wishId = createId<string>(deps.now());
  const sealedWish = deps.vault.seal(JSON.stringify({ wish, device }), placeOf(wishId));
  await wishMade.enqueue(deps, tx, { wishId, sealedWish });
}

/** Safe to repeat: whoever was registered by a first try is known to the second, and gets no other mail. */
export async function grantWish(
  deps: WishDeps & Pick<Deps, "counters">,
  { wishId, sealedWish }: { readonly wishId: string; readonly sealedWish: string },
): Promise<void> {
  const { wish, device } = Waiting.parse(JSON.parse(deps.vault.open(sealedWish, placeOf(wishId))));
  // Whoever signs everybody out stops with it what those had asked for.
  if (wish.kind === "change" && !(await isSessionAlive(deps.db, wish.sessionId))) return;
  const emailKey = toEmailKey(wish.email);
  const { hits } = await deps.counters.count(`mail ${hashToken(emailKey)}`, HOUR_MS);
  if (hits > MAILS_AN_HOUR) return;
  await write(deps, (tx) => grantWithin(deps, tx, wish, device));
}

async function grantWithin(deps: WishDeps, tx: Tx, wish: Wish, device: Device): Promise<void> {
  const known = await store.lockUserByEmail(tx, toEmailKey(wish.email));
  switch (wish.kind) {
    case "register":
      return known ? meetAgain(deps, tx, known, wish) : register(deps, tx, wish, device);
    case "verify":
      return known && !known.isVerified ? mailVerification(deps, tx, known) : undefined;
    case "reset":
      return known && !known.isSuspended ? mailReset(deps, tx, known, device) : undefined;
    case "change":
      return mailChange(deps, tx, known, wish);
  }
}

async function register(
  deps: WishDeps,
  tx: Tx,
  { email, name, passwordHash }: Extract<Wish, { kind: "register" }>,
  device: Device,
): Promise<void> {
  const userId = createId<UserId>(deps.now());
  const user = { id: userId, email, emailKey: toEmailKey(email), name, passwordHash };
  await store.insertUser(tx, { ...user, role: "user", isVerified: false });
  await createPersonalBand(tx, { userId, name }, deps.now());
  await noteEvent(deps, tx, {
    action: "account.registered",
    actorId: userId,
    subjectId: userId,
    device,
  });
  await mailVerification(deps, tx, { userId, email, name });
}

/**
 * The address has an account. While nobody has proved that it is theirs, whoever registered it first
 * may be a stranger who waits for its owner: a proof from now on makes the newest password the only
 * one, and signs everybody else out.
 */
async function meetAgain(
  deps: WishDeps,
  tx: Tx,
  known: store.KnownUser,
  { name, passwordHash }: Extract<Wish, { kind: "register" }>,
): Promise<void> {
  if (known.isVerified) {
    const letter = knownLetter(known.name, linkTo(deps, "/sign-in"));
    await sendLetter(deps, tx, "known", known.email, letter);
    return;
  }
  await mailVerification(deps, tx, known, { name, passwordHash });
}

async function mailVerification(
  deps: WishDeps,
  tx: Tx,
  { userId, email, name }: Pick<store.KnownUser, "userId" | "email" | "name">,
  chosen: { readonly name: string; readonly passwordHash: string } | null = null,
): Promise<void> {
  const token = createToken();
  await tokens.replaceMailedToken(
    tx,
    {
      tokenHash: hashToken(token),
      kind: "verify",
      userId,
      email,
      passwordHash: chosen?.passwordHash ?? null,
      name: chosen?.name ?? null,
    },
    VERIFY_SECONDS,
  );
  const letter = verifyLetter(chosen?.name ?? name, linkTo(deps, "/verify-email", token));
  await sendLetter(deps, tx, "verify", email, letter);
}

async function mailReset(
  deps: WishDeps,
  tx: Tx,
  { userId, email, name }: store.KnownUser,
  device: Device,
): Promise<void> {
  const token = createToken();
  await tokens.replaceMailedToken(
    tx,
    { tokenHash: hashToken(token), kind: "reset", userId, email, passwordHash: null, name: null },
    RESET_SECONDS,
  );
  await noteEvent(deps, tx, {
    action: "account.password_reset_requested",
    actorId: null,
    subjectId: userId,
    device,
  });
  const letter = resetLetter(name, linkTo(deps, "/reset-password", token));
  await sendLetter(deps, tx, "reset", email, letter);
}

/** Of an address that is another account's its owner learns, and nothing comes of it. */
async function mailChange(
  deps: WishDeps,
  tx: Tx,
  known: store.KnownUser | undefined,
  { userId, email }: Extract<Wish, { kind: "change" }>,
): Promise<void> {
  if (known && known.userId !== userId) {
    const letter = takenLetter(known.name, linkTo(deps, "/sign-in"));
    await sendLetter(deps, tx, "taken", known.email, letter);
    return;
  }
  const me = await store.findMe(tx, userId);
  if (!me) return;
  const token = createToken();
  await tokens.replaceMailedToken(
    tx,
    { tokenHash: hashToken(token), kind: "change", userId, email, passwordHash: null, name: null },
    CHANGE_SECONDS,
  );
  const letter = newAddressLetter(me.user.name, linkTo(deps, "/confirm-email", token));
  await sendLetter(deps, tx, "change", email, letter);
}

const placeOf = (wishId: string) => ({
  table: "pgboss.job",
  column: "sealed_wish",
  rowId: wishId,
  ownerId: "nobody",
});
