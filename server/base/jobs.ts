import { sql as fragment } from "drizzle-orm";
import { type Db as BossDb, fromDrizzle, PgBoss } from "pg-boss";
import type postgres from "postgres";
import type { z } from "zod";
import type { Deps } from "#server/deps.ts";
import type { Tx } from "./db.ts";
import { AppError } from "./errors.ts";

/** A kind of job: a name and what it carries (ids, not data). */
export interface JobDefinition<T> {
  readonly name: string;
  /** The job exists if and only if the transaction commits. */
  enqueue(deps: Pick<Deps, "jobs">, tx: Tx, data: T): Promise<void>;
  /** What a feature does when it happens. At least once is the promise: safe to repeat. */
  handle(handler: (deps: Deps, data: T, signal: AbortSignal) => Promise<void>): JobHandler;
}

export interface JobHandler {
  readonly name: string;
  run(deps: Deps, data: unknown, signal: AbortSignal): Promise<void>;
}

/** The queue, as the server holds it. */
export interface Jobs {
  /** Takes up jobs of these kinds until `stop`. */
  work(deps: Deps, handlers: readonly JobHandler[]): Promise<void>;
  send(tx: Tx, name: string, data: object): Promise<void>;
  /** Takes one waiting job and runs it here; false when none waits. For tests and scripts. */
  runNext(deps: Deps, handlers: readonly JobHandler[], signal: AbortSignal): Promise<boolean>;
  /** @throws when the queue cannot be reached. */
  check(): Promise<void>;
  /** Running jobs get their signal aborted and are taken up again by the next server. */
  stop(): Promise<void>;
}

const HEARTBEAT_SECONDS = 20;
/** Two at least: with one, pg-boss waits out its polling interval between jobs. */
const BATCH_SIZE = 2;

export function defineJob<S extends z.ZodObject>(
  name: string,
  schema: S,
): JobDefinition<z.output<S>> {
  return {
    name,
    enqueue: (deps, tx, data) => deps.jobs.send(tx, name, data),
    handle: (handler) => ({
      name,
      run: (deps, data, signal) => handler(deps, schema.parse(data), signal),
    }),
  };
}

/**
 * Starts the queue on a client of its own that may write (`openWritingClient`).
 *
 * @param names - every kind of job there is; a job of another kind cannot be sent.
 */
export async function startJobs(
  client: postgres.Sql,
  names: readonly string[],
  log: Deps["log"],
): Promise<Jobs> {
  const boss = new PgBoss({ db: overPostgresJs(client), useListenNotify: true });
  boss.on("error", (error) => log.error({ err: error }, "the job queue reports an error"));
  await boss.start();
  for (const name of names) {
    await boss.createQueue(name, {
      notify: true,
      retryLimit: 5,
      retryBackoff: true,
      retryDelay: 2,
      heartbeatSeconds: HEARTBEAT_SECONDS,
      expireInSeconds: 12 * 60 * 60,
    });
  }
  const stopping = new AbortController();

  return {
    async send(tx, name, data) {
      await boss.send(name, data, { db: fromDrizzle(tx, fragment) });
    },

    async work(deps, handlers) {
      for (const handler of handlers) {
        await boss.work<object>(
          handler.name,
          { batchSize: BATCH_SIZE, burstWhenBatchFull: true, perJobResults: false },
          async (jobs) => {
            await Promise.all(
              jobs.map((job) =>
                handler.run(deps, job.data, AbortSignal.any([job.signal, stopping.signal])),
              ),
            );
          },
        );
      }
    },

    async runNext(deps, handlers, signal) {
      for (const handler of handlers) {
        const [job] = await boss.fetch<object>(handler.name);
        if (!job) continue;
        await handler.run(deps, job.data, signal);
        await boss.complete(handler.name, job.id);
        return true;
      }
      return false;
    },

    async check() {
      if (stopping.signal.aborted) throw new AppError("busy", "The job queue is stopping.");
      await client`select 1`;
    },

    async stop() {
      stopping.abort(new AppError("busy", "The server is stopping."));
      await boss.stop({ graceful: true, timeout: 5_000 });
      await client.end({ timeout: 5 });
    },
  };
}

/**
 * pg-boss's statements over postgres.js. What has no parameters may be several statements with a
 * transaction around them, so it gets a connection of its own. JSON arrives as text and stays it.
 */
function overPostgresJs(client: postgres.Sql): BossDb {
  return {
    async executeSql(text, values) {
      if (values && values.length > 0) {
        const rows = await client.unsafe(text, values.map(toParameter), { prepare: false });
        return { rows: [...rows] };
      }
      const reserved = await client.reserve();
      try {
        const results = await reserved.unsafe(text).simple();
        return { rows: flatten(results) };
      } finally {
        reserved.release();
      }
    },
    async listen(channel, onNotification, onReconnect) {
      const listening = await client.listen(channel, onNotification, onReconnect);
      return { close: () => listening.unlisten() };
    },
  };
}

const toParameter = (value: unknown): postgres.ParameterOrJSON<never> =>
  (value === undefined ? null : value) as postgres.ParameterOrJSON<never>;

const flatten = (results: readonly unknown[]): unknown[] =>
  results.every((each) => Array.isArray(each))
    ? results.flatMap((each) => [...(each as unknown[])])
    : [...results];
