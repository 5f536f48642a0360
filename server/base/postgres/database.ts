import { setTimeout as pause } from "node:timers/promises";
import postgres from "postgres";
import { type Home, SUPERUSER } from "./cluster.ts";
import type { Endpoint } from "./endpoint.ts";
import { findHolderPid } from "./leftover.ts";
import type { Postmaster } from "./postmaster.ts";

/**
 * The account that the app signs in as. It owns its database and may make others (tests do), but is
 * no superuser: a hole in our SQL must not become a shell on the machine by `COPY … TO PROGRAM`.
 */
export const USERNAME = "backline";

const TRY_AGAIN_MS = 10;
const SAY_SO_EVERY_MS = 10_000;

/** `cannot_connect_now`: it repairs itself after a crash, however long that takes. */
const NOT_YET = "57P03";

/** No socket yet, or nobody behind it: worth waiting, for so long. */
const UNREACHABLE = [
  "ENOENT",
  "ECONNREFUSED",
  "ECONNRESET",
  "CONNECTION_CLOSED",
  "CONNECT_TIMEOUT",
];
const UNREACHABLE_MS = 60_000;

export interface DatabaseOptions {
  readonly home: Home;
  readonly endpoint: Endpoint;
  readonly postmaster: Postmaster;
  readonly database: string;
  readonly log: (line: string) => void;
}

/**
 * Waits until our PostgreSQL answers, and gives the app its account and its database when they are
 * missing.
 *
 * @returns `false` when PostgreSQL ended instead.
 * @throws whatever PostgreSQL refuses us with.
 */
export async function openDatabase(options: DatabaseOptions): Promise<boolean> {
  const { home, postmaster, log } = options;
  const startedMs = performance.now();
  let silentUntilMs = startedMs + SAY_SO_EVERY_MS;
  while (!postmaster.hasEnded()) {
    // Behind the same socket may still be a rival, who was quicker.
    const isOurs = (await findHolderPid(home)) === postmaster.pid;
    const failure = isOurs ? await prepare(options) : { code: NOT_YET };
    if (failure === undefined) return true;
    const waitedMs = performance.now() - startedMs;
    if (!isWorthWaiting(failure, waitedMs)) throw failure;
    if (performance.now() > silentUntilMs) {
      silentUntilMs += SAY_SO_EVERY_MS;
      log(`PostgreSQL is still starting (${Math.round(waitedMs / 1000)} s) …`);
    }
    await Promise.race([pause(TRY_AGAIN_MS), postmaster.ended]);
  }
  return false;
}

/** @returns the error when there is no answer, or not yet the right one. */
async function prepare({ endpoint, database }: DatabaseOptions): Promise<unknown> {
  const sql = postgres({
    ...endpoint,
    username: SUPERUSER,
    database: "postgres",
    max: 1,
    connect_timeout: 5,
    onnotice: () => undefined,
  });
  try {
    const [found] = await sql<{ has_role: boolean; has_database: boolean }[]>`
      select exists (select from pg_roles where rolname = ${USERNAME}) as has_role,
             exists (select from pg_database where datname = ${database}) as has_database`;
    if (!found?.has_role) {
      // A statement of this kind takes no parameters. The password is hexadecimal, and ours.
      const password = endpoint.password === undefined ? "" : `password '${endpoint.password}'`;
      await sql`create role ${sql(USERNAME)} login createdb ${sql.unsafe(password)}`;
    }
    if (!found?.has_database) {
      await sql`create database ${sql(database)} owner ${sql(USERNAME)}`;
    }
    return undefined;
  } catch (error) {
    return error;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

function isWorthWaiting(failure: unknown, waitedMs: number): boolean {
  const { code } = failure as { code?: string };
  return code === NOT_YET || (UNREACHABLE.includes(code ?? "") && waitedMs < UNREACHABLE_MS);
}
