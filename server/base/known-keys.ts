import { createHash, hkdfSync } from "node:crypto";
import { eq } from "drizzle-orm";
import { z } from "zod";
import { settings } from "#drizzle/schema/index.ts";
import { type Pool, type Tx, write } from "./db.ts";
import { AppError } from "./errors.ts";
import type { Keys } from "./key-files.ts";
import type { KeyRing } from "./vault.ts";

const SETTING = "keys";

/** Fingerprints by key id. */
const Fingerprints = z.record(z.string(), z.string());
const KnownKeys = z.object({ encryption: Fingerprints, session: Fingerprints });
type KnownKeys = z.infer<typeof KnownKeys>;

/**
 * Makes sure that this server has the keys that its database was used with, and remembers new ones
 * for the next. Without that, a server with other keys would start well and then fail at every
 * stored credential, and replicas would not accept each other's sessions.
 *
 * Each ring must share a key with those known, so that keys can be rotated one after the other.
 *
 * @throws AppError `precondition_failed`
 */
export const requireKnownKeys = (deps: { readonly db: Pool }, keys: Keys): Promise<void> =>
  write(deps, async (tx) => {
    const ours = {
      encryption: toFingerprints(keys.encryption),
      session: toFingerprints(keys.session),
    };
    const known = await rememberFirst(tx, ours);
    for (const name of ["encryption", "session"] as const) {
      if (!isAcquainted(known[name], ours[name])) throw otherKeys();
    }
    const value: KnownKeys = {
      encryption: { ...known.encryption, ...ours.encryption },
      session: { ...known.session, ...ours.session },
    };
    await tx.update(settings).set({ value }).where(eq(settings.key, SETTING));
  });

/** @returns what was known before, or ours on a new database. Holds the row until the end. */
async function rememberFirst(tx: Tx, ours: KnownKeys): Promise<KnownKeys> {
  await tx.insert(settings).values({ key: SETTING, value: ours }).onConflictDoNothing();
  const [row] = await tx
    .select({ value: settings.value })
    .from(settings)
    .where(eq(settings.key, SETTING))
    .for("update");
  return KnownKeys.parse(row?.value);
}

/** At least one key is the same, and none has the same id and is another. */
function isAcquainted(known: Record<string, string>, ours: Record<string, string>): boolean {
  const shared = Object.keys(ours).filter((kid) => known[kid] !== undefined);
  return shared.length > 0 && shared.every((kid) => known[kid] === ours[kid]);
}

const toFingerprints = (ring: KeyRing): Record<string, string> =>
  Object.fromEntries(ring.map(({ kid, key }) => [kid, fingerprintOf(key)]));

/** 64 bits of a hash of a derivation: says nothing of the key or of what else is derived from it. */
function fingerprintOf(key: Buffer): string {
  const derived = Buffer.from(hkdfSync("sha256", key, "", "backline fingerprint", 32));
  return createHash("sha256").update(derived).digest("hex").slice(0, 16);
}

const otherKeys = (): AppError =>
  new AppError(
    "precondition_failed",
    "This database belongs to a Backline with other keys, so this one could not read the storage credentials in it. Nothing was changed. Copy keys.json from the data folder (DATA_DIR) of the server that used this database into this one's, or set ENCRYPTION_KEYS and SESSION_KEYS to the values that it has.",
  );
