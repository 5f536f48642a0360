import { join } from "node:path";
import { drizzle, type PostgresJsDatabase } from "drizzle-orm/postgres-js";
import { migrate } from "drizzle-orm/postgres-js/migrator";
import postgres from "postgres";
import { arrayTypes } from "./array-types.ts";
import { openDatabaseSocket } from "./database-socket.ts";
import { createPoolClient } from "./pool-client.ts";

/** Reads. A plain statement cannot write: see `write`. */
export type Db = Omit<PostgresJsDatabase, "transaction">;

/** The whole pool: what `write` opens transactions on. */
export type Pool = PostgresJsDatabase;

export type Tx = Parameters<Parameters<Pool["transaction"]>[0]>[0];

/** Where Postgres is: a URL of somebody's, or the socket of the embedded one. */
export type DatabaseTarget =
  | { readonly url: string }
  | {
      readonly host: string;
      readonly port: number;
      readonly username: string;
      readonly database: string;
      readonly password?: string;
    };

export interface Database {
  readonly pool: Pool;
  /** The driver, for LISTEN. */
  readonly sql: postgres.Sql;
  /**
   * Asks for a sign of life on a connection of its own, so that a pool that is used up is not taken
   * for a database that is gone.
   *
   * @throws when there is no answer.
   */
  probe(): Promise<void>;
  close(): Promise<void>;
}

interface OpenOptions {
  readonly max: number;
  readonly applicationName: string;
}

/** Only one process of all that start at once migrates; the number is arbitrary but fixed. */
const MIGRATION_LOCK = 7_236_542_310;

const STATEMENT_TIMEOUT_MS = 60_000;

/** postgres.js would wait up to 20 seconds after some failures, and requests with it. */
const RECONNECT_AFTER_SECONDS = 0.2;
const CONNECT_TIMEOUT_SECONDS = 5;
const CLOSE_TIMEOUT_SECONDS = 5;
/** Two for each of the few connections of a small pool. */
const MAX_ATTEMPTS = 10;

/**
 * Runs `work` in a read-write transaction, the only way to write.
 *
 * Every connection of the pool opens with `default_transaction_read_only`. When a backend dies
 * inside a transaction, postgres.js runs the rest of the callback on a new connection, where it
 * would commit alone; read-only by default, those statements are refused. `fence.ts` closes what is
 * left of that hole.
 *
 * @see `tests/base/transactions.test.ts`
 */
export const write = <T>(deps: { readonly db: Pool }, work: (tx: Tx) => Promise<T>): Promise<T> =>
  deps.db.transaction(work);

/** Opens a pool whose plain statements can only read. */
export function openDatabase(target: DatabaseTarget, options: OpenOptions): Database {
  const sql = connect(target, options, true);
  const probing = connect(target, { ...options, max: 1 }, true);
  return {
    sql,
    pool: toPool(sql, options),
    probe: () => requireAnswer(probing),
    async close() {
      await Promise.all([sql, probing].map((each) => each.end({ timeout: CLOSE_TIMEOUT_SECONDS })));
    },
  };
}

/**
 * Asks until there is an answer. After Postgres was away every connection first has to find that out,
 * and then is told of it once more by postgres.js, before it is good again.
 *
 * @throws the last failure.
 */
export async function requireAnswer(client: postgres.Sql): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client`select 1`;
      return;
    } catch (error) {
      if (attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

/** A second, small pool for what must write by itself: the job queue. Never given to a service. */
export const openWritingClient = (target: DatabaseTarget, options: OpenOptions): postgres.Sql =>
  connect(target, options, false);

/**
 * A small pool whose plain statements write, each at one go. One that is lost on the way is sent
 * again and may then have happened twice: for what that does no harm to. Never given to a service.
 */
export function openWritingPool(
  target: DatabaseTarget,
  options: OpenOptions,
): Pick<Database, "pool" | "close"> {
  const sql = connect(target, options, false);
  return { pool: toPool(sql, options), close: () => sql.end({ timeout: CLOSE_TIMEOUT_SECONDS }) };
}

const toPool = (sql: postgres.Sql, { max }: OpenOptions): Pool =>
  drizzle(createPoolClient(sql, max), { casing: "snake_case" });

/**
 * Brings the schema up to date. Drizzle takes no lock of its own, so one advisory lock on the
 * migrating connection lets exactly one of several starting servers do it; the others wait.
 */
export async function migrateDatabase(target: DatabaseTarget): Promise<void> {
  const sql = connect(target, { max: 1, applicationName: "backline migrations" }, false);
  try {
    // Both waiting for another server and a migration may take long.
    await sql`set statement_timeout = 0`;
    await sql`select pg_advisory_lock(${MIGRATION_LOCK})`;
    await migrate(drizzle(sql), {
      migrationsFolder: join(import.meta.dirname, "../../drizzle/migrations"),
    });
  } finally {
    await sql.end({ timeout: CLOSE_TIMEOUT_SECONDS });
  }
}

function connect(target: DatabaseTarget, options: OpenOptions, isReadOnly: boolean): postgres.Sql {
  const shared = {
    max: options.max,
    backoff: () => RECONNECT_AFTER_SECONDS,
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    onnotice: () => {},
    socket: openDatabaseSocket,
    fetch_types: false,
    types: arrayTypes,
    connection: {
      application_name: options.applicationName,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
      ...(isReadOnly ? { default_transaction_read_only: true } : {}),
    },
  };
  return "url" in target ? postgres(target.url, shared) : postgres({ ...target, ...shared });
}
