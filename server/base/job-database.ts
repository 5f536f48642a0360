import type { Db as BossDatabase } from "pg-boss";
import type postgres from "postgres";
import { isConnectionLost } from "./fence.ts";
import { createGate, type Gate } from "./gate.ts";

/** `json` and `jsonb` (pg_type.oid). */
const JSON_TYPES = [114, 3802];

const SCRIPT_WAIT_MS = 60_000;
const MAX_WAITING_SCRIPTS = 1_000;

/**
 * pg-boss's statements over postgres.js.
 *
 * JSON arrives as text. postgres.js would turn the text into JSON once more, so the clients'
 * serializers are told to let text be. (For the pool, Drizzle does the same.)
 *
 * @param scripts - a client of one connection: what has no parameters may be several statements with
 *   a transaction around them. postgres.js can reserve a connection of a pool, but 3.4.9 loses it
 *   for good when it breaks meanwhile.
 */
export function createJobDatabase(client: postgres.Sql, scripts: postgres.Sql): BossDatabase {
  for (const type of JSON_TYPES) {
    client.options.serializers[type] = toJson;
    scripts.options.serializers[type] = toJson;
  }
  const gate = createGate({
    places: 1,
    waitMs: SCRIPT_WAIT_MS,
    maxWaiting: MAX_WAITING_SCRIPTS,
  });

  return {
    async executeSql(text, values) {
      if (!values || values.length === 0) return { rows: await runScript(gate, scripts, text) };
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

/** One after the other, so that what undoes a failed one meets no other. */
const runScript = (gate: Gate, scripts: postgres.Sql, text: string): Promise<unknown[]> =>
  gate.pass(async () => {
    try {
      return flatten(await scripts.unsafe(text).simple());
    } catch (error) {
      if (!isConnectionLost(error)) await scripts.unsafe("rollback").catch(() => {});
      throw error;
    }
  });

const toJson = (value: unknown): string =>
  typeof value === "string" ? value : JSON.stringify(value);

const toParameter = (value: unknown): postgres.ParameterOrJSON<never> =>
  (value === undefined ? null : value) as postgres.ParameterOrJSON<never>;

/** One statement gives its rows, several give a list of rows each. */
const flatten = (results: readonly unknown[]): unknown[] =>
  results.every((each) => Array.isArray(each))
    ? results.flatMap((each) => [...(each as unknown[])])
    : [...results];
