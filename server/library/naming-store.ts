import { and, eq, isNull, sql } from "drizzle-orm";
import type { BandId, TrackId, UserId } from "#contract/ids.ts";
import type { NamingRule } from "#contract/naming.ts";
import { namingRules, users } from "#drizzle/schema/index.ts";
import type { Db, Tx } from "#server/base/db.ts";
import { NO_RULE, type ReadRule, readSavedRule } from "./naming-rule.ts";

interface OfBand {
  readonly bandId: BandId;
}

export interface NamingRow {
  readonly rule: NamingRule;
  readonly version: number;
  readonly savedAt: Date | null;
  readonly savedBy: string | null;
  readonly appliedVersion: number;
  readonly appliedUntil: TrackId | null;
}

const NONE = { rule: NO_RULE, version: 0, appliedVersion: 0, appliedUntil: null };
const isThere = and(eq(users.id, namingRules.savedBy), isNull(users.deletedAt));

export async function findNaming(db: Db | Tx, { bandId }: OfBand): Promise<NamingRow> {
  const [row] = await db
    .select({
      rule: namingRules.rule,
      version: namingRules.version,
      savedAt: namingRules.savedAt,
      savedBy: users.name,
      appliedVersion: namingRules.appliedVersion,
      appliedUntil: namingRules.appliedUntil,
    })
    .from(namingRules)
    .leftJoin(users, isThere)
    .where(eq(namingRules.bandId, bandId));
  return row ?? { ...NONE, savedAt: null, savedBy: null };
}

/**
 * The rule that names what this transaction writes. Nobody saves another one before it ends, so that
 * whoever applies that one sees what was written.
 */
export async function holdRule(tx: Tx, { bandId }: OfBand): Promise<ReadRule> {
  await insertNone(tx, { bandId });
  const [row] = await tx.execute<{ rule: NamingRule }>(sql`
    select rule from naming_rules where band_id = ${bandId} for share`);
  return readSavedRule(row?.rule ?? NO_RULE);
}

/** As it is, and nobody else reads or writes it before the transaction ends. */
export async function lockNaming(tx: Tx, { bandId }: OfBand): Promise<NamingRow> {
  await insertNone(tx, { bandId });
  await tx.execute(sql`select from naming_rules where band_id = ${bandId} for update`);
  return findNaming(tx, { bandId });
}

const insertNone = (tx: Tx, { bandId }: OfBand) =>
  tx
    .insert(namingRules)
    .values({ bandId, ...NONE })
    .onConflictDoNothing();

export async function saveRule(
  tx: Tx,
  { bandId, userId }: OfBand & { readonly userId: UserId },
  { rule, version }: { readonly rule: NamingRule; readonly version: number },
): Promise<void> {
  await tx
    .update(namingRules)
    .set({ rule, version, savedBy: userId, savedAt: sql`now()`, appliedUntil: null })
    .where(eq(namingRules.bandId, bandId));
}

/** @param until - `null`: to all. */
export async function saveApplied(
  tx: Tx,
  { bandId }: OfBand,
  { version, until }: { readonly version: number; readonly until: TrackId | null },
): Promise<void> {
  await tx
    .update(namingRules)
    .set(until ? { appliedUntil: until } : { appliedVersion: version, appliedUntil: null })
    .where(eq(namingRules.bandId, bandId));
}
