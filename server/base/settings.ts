import { eq, sql } from "drizzle-orm";
import type { z } from "zod";
import { settings } from "#drizzle/schema/index.ts";
import type { Db, Tx } from "./db.ts";

/** A fact about this installation that all replicas share, kept in the database. */
export interface Setting<T> {
  read(db: Db | Tx): Promise<T>;
  save(tx: Tx, value: T): Promise<void>;
}

/** @param fallback - until somebody has decided. */
export const defineSetting = <S extends z.ZodType>(
  key: string,
  schema: S,
  fallback: z.output<S>,
): Setting<z.output<S>> => ({
  async read(db) {
    const [row] = await db
      .select({ value: settings.value })
      .from(settings)
      .where(eq(settings.key, key));
    return row === undefined ? fallback : schema.parse(row.value);
  },
  async save(tx, value) {
    await tx
      .insert(settings)
      .values({ key, value })
      .onConflictDoUpdate({ target: settings.key, set: { value, updatedAt: sql`now()` } });
  },
});
