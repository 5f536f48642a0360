import type postgres from "postgres";
import type { Regulars } from "./regulars.ts";

/** What postgres.js and Node call a connection that is gone. */
const GONE = new Set([
  "CONNECTION_CLOSED",
  "CONNECTION_DESTROYED",
  "CONNECTION_ENDED",
  "ECONNABORTED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
]);

/** A transaction's hold on its connection. */
interface Hold {
  isOver: boolean;
  /** Never settles while the connection lives; rejects when it is gone. */
  readonly lost: Promise<never>;
  lose(cause: unknown): void;
}

export type TransactionWork = (tx: postgres.TransactionSql) => Promise<unknown>;

/**
 * Opens a transaction that may write, and does not outlive its connection.
 *
 * postgres.js 3.4.9 rejects `begin` when the backend dies, but lets the callback go on with the same
 * connection object. What it does there later is then sent on that object's next connection: into
 * somebody else's transaction, which its commit ends half-way; or, before there is one, into a null
 * socket, which is an uncaught exception (both reproduced in `tests/base/transactions.test.ts`).
 *
 * Behind the fence a statement of a transaction that is over is refused here, and the callback of a
 * lost one never settles, so that postgres.js sends neither commit nor rollback after it. It fences
 * what Drizzle uses: `unsafe` and `savepoint`, not the tagged template. To be removed when
 * https://github.com/porsager/postgres/pull/1215 is released.
 */
export async function beginFenced(
  client: postgres.Sql,
  work: TransactionWork,
  isRegular: Regulars,
): Promise<unknown> {
  const hold = createHold();
  try {
    return await Promise.race([
      client.begin("read write", (tx) => settleWhileHeld(hold, work(fence(tx, hold, isRegular)))),
      hold.lost,
    ]);
  } finally {
    hold.isOver = true;
  }
}

/** Whether it says that the connection is gone, not that the statement is wrong. */
export const isConnectionLost = (error: unknown): boolean =>
  error instanceof Error && "code" in error && GONE.has(String(error.code));

function fence(
  tx: postgres.TransactionSql,
  hold: Hold,
  isRegular: Regulars,
): postgres.TransactionSql {
  const unsafe = tx.unsafe.bind(tx);
  const savepoint = tx.savepoint.bind(tx) as (work: TransactionWork) => Promise<unknown>;

  return Object.assign(tx, {
    unsafe: ((...[text, values, options]: Parameters<typeof unsafe>) => {
      if (hold.isOver) throw transactionIsOver();
      const query = unsafe(text, values, { ...options, prepare: isRegular(text) });
      // `query.then` would send it now, before Drizzle has said how it wants the rows.
      Promise.prototype.then.call(query, undefined, (error: unknown) => {
        if (isConnectionLost(error)) hold.lose(error);
      });
      return query;
    }) as typeof unsafe,
    savepoint: ((work: TransactionWork) => {
      if (hold.isOver) throw transactionIsOver();
      return savepoint((inner) => settleWhileHeld(hold, work(fence(inner, hold, isRegular))));
    }) as typeof tx.savepoint,
  });
}

async function settleWhileHeld(hold: Hold, work: Promise<unknown>): Promise<unknown> {
  const [outcome] = await Promise.allSettled([work]);
  if (hold.isOver) await new Promise(() => {});
  if (outcome.status === "rejected") throw outcome.reason;
  return outcome.value;
}

function createHold(): Hold {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {});
  const hold: Hold = {
    isOver: false,
    lost: promise,
    lose(cause) {
      hold.isOver = true;
      reject(cause);
    },
  };
  return hold;
}

const transactionIsOver = (): Error =>
  Object.assign(new Error("The transaction is over; this statement was not sent."), {
    code: "CONNECTION_CLOSED",
  });
