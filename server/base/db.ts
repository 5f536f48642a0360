import { join } from "node:path";
import { drizzle, type PostgresJsDatabase } from "drizzle-orm/postgres-js";
import { migrate } from "drizzle-orm/postgres-js/migrator";
import postgres from "postgres";

/** Reads. A plain statement cannot write: see `write`. */
export type Db = Omit<PostgresJsDatabase, "transaction">;

/** The whole pool: what `write` and `read` open transactions on. */
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
    };

export interface Database {
  readonly pool: Pool;
  /** The driver, for LISTEN, COPY and jobs. */
  readonly sql: postgres.Sql;
  close(): Promise<void>;
}

interface OpenOptions {
  readonly max: number;
  readonly applicationName: string;
}

/** Only one process of all that start at once migrates; the number is arbitrary but fixed. */
const MIGRATION_LOCK = 7_236_542_310;

const STATEMENT_TIMEOUT_MS = 60_000;

/**
 * Runs `work` in a read-write transaction, the only way to write.
 *
 * Every connection of the pool opens with `default_transaction_read_only`. When a backend dies
 * inside a transaction, postgres.js runs the rest of the callback on a new connection, where it
 * would commit alone; read-only by default, those statements are refused.
 *
 * @see `tests/base/transactions.test.ts`
 */
export const write = <T>(deps: { readonly db: Pool }, work: (tx: Tx) => Promise<T>): Promise<T> =>
  deps.db.transaction(work, { accessMode: "read write" });

/** Opens a pool whose plain statements can only read. */
export function openDatabase(target: DatabaseTarget, options: OpenOptions): Database {
  const sql = connect(target, options, true);
  return {
    sql,
    pool: drizzle(sql, { casing: "snake_case" }),
    close: () => sql.end({ timeout: 5 }),
  };
}

/** A second, small pool for what must write by itself: the job queue. Never given to a service. */
export const openWritingClient = (target: DatabaseTarget, options: OpenOptions): postgres.Sql =>
  connect(target, options, false);

/**
 * Brings the schema up to date. Drizzle takes no lock of its own, so one advisory lock on the
 * migrating connection lets exactly one of several starting servers do it; the others wait.
 */
export async function migrateDatabase(target: DatabaseTarget): Promise<void> {
  const sql = connect(target, { max: 1, applicationName: "backline migrations" }, false);
  try {
    await sql`select pg_advisory_lock(${MIGRATION_LOCK})`;
    await sql`set statement_timeout = 0`;
    await migrate(drizzle(sql), {
      migrationsFolder: join(import.meta.dirname, "../../drizzle/migrations"),
    });
  } finally {
    await sql.end({ timeout: 5 });
  }
}

function connect(target: DatabaseTarget, options: OpenOptions, isReadOnly: boolean): postgres.Sql {
  const shared = {
    max: options.max,
    connect_timeout: 10,
    onnotice: () => {},
    connection: {
      application_name: options.applicationName,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
      ...(isReadOnly ? { default_transaction_read_only: true } : {}),
    },
  };
  return "url" in target ? postgres(target.url, shared) : postgres({ ...target, ...shared });
}
