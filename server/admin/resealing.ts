import { z } from "zod";
import type { EncryptionKeys } from "#contract/keys.ts";
import { write } from "#server/base/db.ts";
import { defineJob } from "#server/base/jobs.ts";
import { startRounds } from "#server/base/rounds.ts";
import type { SealedColumn } from "#server/base/sealed-column.ts";
import type { Deps } from "#server/deps.ts";
import * as store from "./resealing-store.ts";
import { sealedColumns } from "./sealed-columns.ts";

/** There is something that an older key has sealed. */
export const resealingWanted = defineJob("admin.reseal", z.object({}));

type KeyDeps = Pick<Deps, "db" | "vault">;
type ResealDeps = KeyDeps & Pick<Deps, "log">;

const BATCH = 100;
/** Servers that still seal with an older key may be running for a while beside newer ones. */
const LOOK_AFTER_MS = 5 * 60_000;

/** Which keys are needed, for what administrators decide. */
export async function getEncryptionKeys(deps: KeyDeps): Promise<EncryptionKeys> {
  const counts = await countValues(deps);
  const [current = "", ...older] = deps.vault.kids;
  const unknown = [...counts.keys()].filter((kid) => !deps.vault.kids.includes(kid)).sort();
  const toKey = (kid: string, role: EncryptionKeys[number]["role"]) => ({
    kid,
    role,
    values: counts.get(kid) ?? 0,
  });
  return [
    toKey(current, "current"),
    ...older.map((kid) => toKey(kid, "older")),
    ...unknown.map((kid) => toKey(kid, "unknown")),
  ];
}

/**
 * Seals everything anew with the current key that an older one has sealed, a few values at a time.
 * How far it is stands in the values themselves, so it may be killed at any point and run on several
 * servers at once. What cannot be opened stays as it is.
 *
 * @returns how many values were moved.
 */
export async function resealAll(
  deps: ResealDeps,
  signal: AbortSignal,
  batch = BATCH,
): Promise<number> {
  let moved = 0;
  for (const column of sealedColumns) {
    for (const kid of deps.vault.kids.slice(1)) {
      moved += await resealColumn(deps, column, { kid, batch, signal });
    }
  }
  if (moved > 0) deps.log.info({ moved, kid: deps.vault.kids[0] }, "secrets have a newer key");
  return moved;
}

async function resealColumn(
  deps: ResealDeps,
  column: SealedColumn,
  { kid, batch, signal }: { kid: string; batch: number; signal: AbortSignal },
): Promise<number> {
  let moved = 0;
  for (let after = ""; ; ) {
    signal.throwIfAborted();
    const rows = await store.listSealedBy(deps.db, column, { kid, after, limit: batch });
    const last = rows.at(-1);
    if (!last) return moved;
    after = last.sealed;
    const values = rows.flatMap((row) => reseal(deps, column, row));
    moved += await write(deps, (tx) => store.replaceSealed(tx, column, values));
  }
}

/** @returns none when it cannot be opened. */
function reseal(
  { vault, log }: ResealDeps,
  column: SealedColumn,
  { sealed: before, ...row }: store.SealedRow,
): store.Resealed[] {
  try {
    const place = column.placeOf(row);
    return [{ before, now: vault.seal(vault.open(before, place), place) }];
  } catch (error) {
    log.error({ err: error, table: column.table }, "a sealed value can't be opened, and stays");
    return [];
  }
}

/** Looks now and every few minutes whether an older key is still needed, and asks for the job then. */
export function startResealing(deps: ResealDeps & Pick<Deps, "jobs">, signal: AbortSignal): void {
  const look = async (): Promise<void> => {
    const keys = await getEncryptionKeys(deps);
    for (const { kid, values } of keys.filter(({ role }) => role === "unknown")) {
      deps.log.error({ kid, values }, "secrets are sealed by a key that this server does not have");
    }
    if (!keys.some(({ role, values }) => role === "older" && values > 0)) return;
    await write(deps, (tx) => resealingWanted.enqueue(deps, tx, {}));
  };
  const failure = "could not look for older keys";
  startRounds({ everyMs: LOOK_AFTER_MS, log: deps.log, failure, look }, signal);
}

async function countValues({ db }: KeyDeps): Promise<Map<string, number>> {
  const counts = await Promise.all([
    ...sealedColumns.map((column) => store.countByKid(db, column)),
    store.countWaiting(db),
  ]);
  const sums = new Map<string, number>();
  for (const [kid, count] of counts.flatMap((each) => [...each])) {
    sums.set(kid, (sums.get(kid) ?? 0) + count);
  }
  return sums;
}
