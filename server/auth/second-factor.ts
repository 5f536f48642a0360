import type { BackupCodes, SecondFactor, TotpOffer } from "#contract/auth.ts";
import type { UserId } from "#contract/ids.ts";
import { noteEvent } from "#server/audit/service.ts";
import type { Actor, Device } from "#server/base/actor.ts";
import { type Tx, write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import { defineSealedColumn } from "#server/base/sealed-column.ts";
import type { Deps } from "#server/deps.ts";
import type { Letter } from "#server/mail/letter.ts";
import {
  createBackupCode,
  createTotpSecret,
  hashToken,
  isSameText,
  toTotpUri,
  totpCodeAt,
} from "./crypto.ts";
import { backupCodesLetter, factorOffLetter, factorOnLetter } from "./letters.ts";
import { linkTo } from "./links.ts";
import { requireRecent } from "./reauthentication.ts";
import * as store from "./second-factor-store.ts";
import { findMe } from "./store.ts";
import { type TellingDeps, tellOwner } from "./telling.ts";

type FactorDeps = Pick<Deps, "config" | "db" | "now" | "vault"> & TellingDeps;

/** A phone's clock may be a step off, and typing takes time. */
const STEPS = [0, -1, 1];
const BACKUP_CODES = 10;

export async function describeSecondFactor(
  deps: Pick<Deps, "db">,
  actor: Actor,
): Promise<SecondFactor> {
  const isOn = await store.hasFactor(deps.db, actor.userId);
  return { isOn, backupCodesLeft: isOn ? await store.countBackupCodes(deps.db, actor.userId) : 0 };
}

/**
 * A secret for an authenticator app. It counts from the first right code on (`confirmSecondFactor`).
 *
 * @throws AppError `reauthentication_required`; `conflict` when there is one already.
 */
export async function offerSecondFactor(deps: FactorDeps, actor: Actor): Promise<TotpOffer> {
  await requireRecent(deps, actor);
  const secret = createTotpSecret();
  const me = await findMe(deps.db, actor.userId);
  await write(deps, async (tx) => {
    if ((await store.lockFactor(tx, actor.userId))?.isConfirmed) throw isOnAlready();
    const sealed = deps.vault.seal(secret, placeOf(actor.userId));
    await store.saveUnconfirmed(tx, actor.userId, sealed);
  });
  return { secret, uri: toTotpUri(me?.user.email ?? "", secret) };
}

/**
 * The app has the secret: from now on signing in asks for a code.
 *
 * @returns codes for whoever loses the app, shown this once.
 * @throws AppError `reauthentication_required`, `conflict`, `forbidden` for a wrong code.
 */
export async function confirmSecondFactor(
  deps: FactorDeps,
  actor: Actor,
  code: string,
  device: Device,
): Promise<BackupCodes> {
  await requireRecent(deps, actor);
  return write(deps, async (tx) => {
    const factor = await store.lockFactor(tx, actor.userId);
    if (!factor) throw new AppError("conflict", "Begin anew: there is no secret to confirm.");
    if (factor.isConfirmed) throw isOnAlready();
    if (!(await spendTotp(deps, tx, actor.userId, code))) throw isWrongCode();
    await note(deps, tx, actor, "second_factor.enabled", device);
    await tell(deps, tx, actor, "second_factor_on", factorOnLetter);
    return makeBackupCodes(deps, tx, actor, device);
  });
}

/** @throws AppError `reauthentication_required` */
export async function disableSecondFactor(
  deps: FactorDeps,
  actor: Actor,
  device: Device,
): Promise<void> {
  await requireRecent(deps, actor);
  await write(deps, async (tx) => {
    if (!(await store.hasFactor(tx, actor.userId))) return;
    await store.deleteFactor(tx, actor.userId);
    await note(deps, tx, actor, "second_factor.disabled", device);
    await tell(deps, tx, actor, "second_factor_off", factorOffLetter);
  });
}

/** Ten new codes; those of before are worth nothing. @throws AppError `reauthentication_required`, `conflict` */
export async function renewBackupCodes(
  deps: FactorDeps,
  actor: Actor,
  device: Device,
): Promise<BackupCodes> {
  await requireRecent(deps, actor);
  return write(deps, async (tx) => {
    if (!(await store.hasFactor(tx, actor.userId))) {
      throw new AppError("conflict", "There is no second factor that codes could stand in for.");
    }
    await tell(deps, tx, actor, "backup_codes", backupCodesLetter);
    return makeBackupCodes(deps, tx, actor, device);
  });
}

/**
 * Uses a code of the app or a backup code up. Each counts once, however many come with it at once.
 *
 * @returns which it was; `null` for a wrong, old or used one.
 */
export async function spendCode(
  deps: Pick<Deps, "vault">,
  tx: Tx,
  userId: UserId,
  code: string,
): Promise<"totp" | "backup" | null> {
  const typed = code.replaceAll(/[\s-]/g, "").toLowerCase();
  if (/^\d{6}$/.test(typed)) return (await spendTotp(deps, tx, userId, typed)) ? "totp" : null;
  return (await store.takeBackupCode(tx, userId, hashBackupCode(typed))) ? "backup" : null;
}

async function spendTotp(
  deps: Pick<Deps, "vault">,
  tx: Tx,
  userId: UserId,
  code: string,
): Promise<boolean> {
  const factor = await store.lockFactor(tx, userId);
  if (!factor) return false;
  const secret = deps.vault.open(factor.sealedSecret, placeOf(userId));
  for (const step of STEPS.map((offset) => factor.step + offset)) {
    if (step > factor.lastStep && isSameText(await totpCodeAt(secret, step), code)) {
      await store.saveStep(tx, userId, step);
      return true;
    }
  }
  return false;
}

async function makeBackupCodes(
  deps: Pick<Deps, "now">,
  tx: Tx,
  actor: Actor,
  device: Device,
): Promise<BackupCodes> {
  const codes = Array.from({ length: BACKUP_CODES }, createBackupCode);
  const hashes = codes.map((code) => hashBackupCode(code.replaceAll("-", "")));
  await store.replaceBackupCodes(tx, actor.userId, hashes);
  await note(deps, tx, actor, "backup_codes.made", device);
  return { codes };
}

/** From 112 random bits on there is no need for a salt and a slow hash (OWASP ASVS 5.0 6.5.2). */
const hashBackupCode = (code: string): string => hashToken(`backup ${code}`);

export const sealedFactors = defineSealedColumn({
  table: "totp_factors",
  column: "sealed_secret",
  reads: { userId: "user_id" },
  place: ({ userId }) => ({ rowId: userId, ownerId: userId }),
});

const placeOf = (userId: UserId) => sealedFactors.placeOf({ userId });

const tell = (
  deps: FactorDeps,
  tx: Tx,
  { userId }: Actor,
  kind: string,
  toLetter: (name: string, url: string) => Letter,
): Promise<void> =>
  tellOwner(deps, tx, userId, kind, (name) => toLetter(name, linkTo(deps, "/forgot-password")));

const note = (
  deps: Pick<Deps, "now">,
  tx: Tx,
  actor: Actor,
  action: "second_factor.enabled" | "second_factor.disabled" | "backup_codes.made",
  device: Device,
): Promise<void> =>
  noteEvent(deps, tx, { action, actorId: actor.userId, subjectId: actor.userId, device });

const isOnAlready = (): AppError =>
  new AppError("conflict", "Your account has a second factor already. Switch it off first.");

export const isWrongCode = (): AppError =>
  new AppError(
    "forbidden",
    "The code is not right, or it was used already. Wait for the next one and try again.",
  );
