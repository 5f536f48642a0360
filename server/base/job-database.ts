import type { Db as BossDatabase } from "pg-boss";
import type postgres from "postgres";
import { isConnectionLost } from "./fence.ts";

/**
 * pg-boss's statements over postgres.js.
 *
 * JSON arrives as text. postgres.js would turn the text into JSON once more, so the client's
 * serializer is told to let text be. (`postgres.Sql` of the pool has Drizzle do the same.)
 */
export function createJobDatabase(client: postgres.Sql): BossDatabase {
  for (const type of JSON_TYPES) client.options.serializers[type] = toJson;

  return {
    async executeSql(text, values) {
      if (!values || values.length === 0) return { rows: await runScript(client, text) };
      const rows = await client.unsafe(text, values.map(toParameter), { prepare: false });
      return { rows: [...rows] };
    },
    async listen(channel, onNotification, onReconnect) {
      const listening = await client.listen(channel, onNotification, onReconnect);
      return {
        async close() {
          // Without a database there is nothing to stop listening to.
          await listening.unlisten().catch(() => {});
        },
      };
    },
  };
}

/** `json` and `jsonb` (pg_type.oid). */
const JSON_TYPES = [114, 3802];

/**
 * Runs what has no parameters: one statement, or several with a transaction around them, hence on
 * one connection and without preparing them.
 */
async function runScript(client: postgres.Sql, text: string): Promise<unknown[]> {
  const reserved = await client.reserve();
  try {
    const results = await reserved.unsafe(text).simple();
    reserved.release();
    return flatten(results);
  } catch (error) {
    // A connection that is gone must not be released: postgres.js would hand it out as open.
    if (!isConnectionLost(error)) {
      const rollback = reserved.unsafe("rollback").simple();
      await rollback.then(reserved.release, () => undefined);
    }
    throw error;
  }
}

const toJson = (value: unknown): string =>
  typeof value === "string" ? value : JSON.stringify(value);

const toParameter = (value: unknown): postgres.ParameterOrJSON<never> =>
  (value === undefined ? null : value) as postgres.ParameterOrJSON<never>;

/** One statement gives its rows, several give a list of rows each. */
const flatten = (results: readonly unknown[]): unknown[] =>
  results.every((each) => Array.isArray(each))
    ? results.flatMap((each) => [...(each as unknown[])])
    : [...results];
