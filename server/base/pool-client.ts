import type postgres from "postgres";
import { beginFenced, isConnectionLost, type TransactionWork } from "./fence.ts";
import { createGate } from "./gate.ts";
import { createRegulars } from "./regulars.ts";

/** How long a statement waits for a connection (OWASP ASVS 5.0 13.1.2). */
const WAIT_MS = 2_000;
/** For each connection; more would only wait to be turned away. */
const MAX_WAITING = 50;
/** One to find the connection gone, one to be told why by postgres.js, one that works. */
const MAX_ATTEMPTS = 3;

/**
 * What Drizzle takes for postgres.js: one statement or transaction a connection, a bounded wait for
 * it, and no damage when it is lost.
 *
 * A lost statement is sent again, because outside of `write` none can change anything; so is a
 * transaction that had not begun. What had begun fails, and is not repeated.
 *
 * @param size - the number of connections.
 */
export function createPoolClient(client: postgres.Sql, size: number): postgres.Sql {
  const gate = createGate({ places: size, waitMs: WAIT_MS, maxWaiting: size * MAX_WAITING });

  const isRegular = createRegulars();

  const unsafe = (...[text, values, options]: Parameters<postgres.Sql["unsafe"]>) => {
    const prepare = isRegular(text);
    const send = (isRaw: boolean): Promise<unknown> =>
      gate.pass(() =>
        repeat(() => {
          const query = client.unsafe(text, values, { ...options, prepare });
          return isRaw ? query.values() : query;
        }),
      );
    // Drizzle says only now how it wants the rows.
    return {
      values: () => send(true),
      // biome-ignore lint/suspicious/noThenProperty: a query of postgres.js is sent when it is awaited.
      then: (...reactions: Parameters<Promise<unknown>["then"]>) => send(false).then(...reactions),
    };
  };

  const begin = (work: TransactionWork): Promise<unknown> => {
    let hasBegun = false;
    const noting: TransactionWork = (tx) => {
      hasBegun = true;
      return work(tx);
    };
    return gate.pass(() =>
      repeat(
        () => beginFenced(client, noting, isRegular),
        () => !hasBegun,
      ),
    );
  };

  return { options: client.options, unsafe, begin } as unknown as postgres.Sql;
}

async function repeat(
  attempt: () => PromiseLike<unknown>,
  mayRepeat: () => boolean = () => true,
): Promise<unknown> {
  for (let left = MAX_ATTEMPTS; ; left -= 1) {
    try {
      return await attempt();
    } catch (error) {
      if (left === 1 || !mayRepeat() || !isConnectionGone(error)) throw error;
    }
  }
}

/** Also in the words of Postgres: `admin_shutdown`, `crash_shutdown`. */
const isConnectionGone = (error: unknown): boolean =>
  isConnectionLost(error) ||
  (error instanceof Error && "code" in error && /^57P0[12]$/.test(String(error.code)));
