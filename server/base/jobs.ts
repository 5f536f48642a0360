import { sql as fragment } from "drizzle-orm";
import { type Db as BossDatabase, fromDrizzle, type Job, type JobResult, PgBoss } from "pg-boss";
import type postgres from "postgres";
import type { z } from "zod";
import type { Deps } from "#server/deps.ts";
import { requireAnswer, type Tx } from "./db.ts";
import { AppError } from "./errors.ts";
import { createJobDatabase } from "./job-database.ts";
import { describeError } from "./log.ts";

export interface SendOptions {
  /** Not before so long from now. */
  readonly delaySeconds?: number;
}

/** A kind of job: a name and what it carries (ids, not data). */
export interface JobDefinition<T> {
  readonly name: string;
  /** The job exists if and only if the transaction commits. */
  enqueue(deps: Pick<Deps, "jobs">, tx: Tx, data: T, options?: SendOptions): Promise<void>;
  /** What a feature does when it happens. At least once is the promise: safe to repeat. */
  handle(handler: (deps: Deps, data: T, signal: AbortSignal) => Promise<void>): JobHandler;
}

export interface JobHandler {
  readonly name: string;
  run(deps: Deps, data: unknown, signal: AbortSignal): Promise<void>;
}

/** The queue, as the server holds it. */
export interface Jobs {
  /** Takes up jobs of these kinds until `stop`, a few of each kind at a time. */
  work(deps: Deps, handlers: readonly JobHandler[]): Promise<void>;
  send(tx: Tx, name: string, data: object, options?: SendOptions): Promise<void>;
  /** Takes one waiting job and runs it here; false when none waits. For tests and scripts. */
  runNext(deps: Deps, handlers: readonly JobHandler[], signal: AbortSignal): Promise<boolean>;
  /** @throws when the queue cannot be reached, or stops. */
  check(): Promise<void>;
  /** Running jobs get their signal aborted and are put back for the next server. */
  stop(): Promise<void>;
}

/** For fetching, settling and heartbeats; scripts and LISTEN have one each besides. */
const CONNECTIONS = 3;
/** A server that is killed leaves its jobs to the others after so long. */
const HEARTBEAT_SECONDS = 20;
/** Looks for such jobs; pg-boss's own 60 would add a minute. */
const SUPERVISE_SECONDS = 20;
/** A new job is announced; one that is tried again is not. */
const POLL_SECONDS = 5;
/** Two at least: with one, pg-boss waits out its polling interval between jobs. */
const BATCH_SIZE = 2;
/** Batches at a time, so that a long job does not hold up the others of its kind. */
const WORKERS = 2;
const STOP_TIMEOUT_MS = 5_000;

/** Forgets jobs that carry this id, and what became of them; none of them has anything to do any more. */
export async function forgetJobsAbout(tx: Tx, id: string): Promise<void> {
  await tx.execute(fragment`
    delete from pgboss.job where concat(data, output) like ${`%${id}%`}`);
}

export function defineJob<S extends z.ZodObject>(
  name: string,
  schema: S,
): JobDefinition<z.output<S>> {
  return {
    name,
    enqueue: (deps, tx, data, options) => deps.jobs.send(tx, name, data, options),
    handle: (handler) => ({
      name,
      run: (deps, data, signal) => handler(deps, schema.parse(data), signal),
    }),
  };
}

/**
 * Starts the queue on clients of its own that may write (`openWritingClient`), and closes them when
 * the queue stops.
 *
 * @param open - opens a client of so many connections.
 * @param names - every kind of job there is; a job of another kind cannot be sent.
 */
export async function startJobs(
  open: (max: number) => postgres.Sql,
  names: readonly string[],
  log: Deps["log"],
): Promise<Jobs> {
  const [client, scripts] = [open(CONNECTIONS), open(1)];
  const boss = await startBoss(createJobDatabase(client, scripts), names, log);
  const stopping = new AbortController();
  const working = new Set<string>();

  return {
    async send(tx, name, data, { delaySeconds = 0 } = {}) {
      const db = fromDrizzle(tx, fragment);
      await boss.send(name, data, delaySeconds > 0 ? { db, startAfter: delaySeconds } : { db });
    },

    async work(deps, handlers) {
      for (const handler of handlers) {
        working.add(handler.name);
        const run = createRunner(boss, deps, handler, stopping.signal);
        await boss.work<object>(
          handler.name,
          {
            batchSize: BATCH_SIZE,
            localConcurrency: WORKERS,
            burstWhenBatchFull: true,
            notifyPollingIntervalSeconds: POLL_SECONDS,
            perJobResults: true,
          },
          (jobs) => Promise.all(jobs.map(run)),
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
      await requireAnswer(client);
    },

    async stop() {
      // First no new jobs, then an end to those that run, so that none is taken up here again.
      const quiet = [...working].map((name) => boss.offWork(name, { wait: true }));
      stopping.abort(new AppError("busy", "The server is stopping."));
      await Promise.race([Promise.allSettled(quiet), pauseUnref(STOP_TIMEOUT_MS)]);
      await boss.stop({ graceful: false }).catch((error: unknown) => {
        log.warn({ err: error }, "the job queue did not stop in order");
      });
      await Promise.all([client, scripts].map((each) => each.end({ timeout: 5 })));
    },
  };
}

async function startBoss(
  db: BossDatabase,
  names: readonly string[],
  log: Deps["log"],
): Promise<PgBoss> {
  const boss = new PgBoss({
    db,
    useListenNotify: true,
    // Nothing of ours runs by the clock.
    schedule: false,
    superviseIntervalSeconds: SUPERVISE_SECONDS,
    monitorIntervalSeconds: SUPERVISE_SECONDS,
  });
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
  return boss;
}

/**
 * Runs one job of a batch and says how it ended; never throws, so that the others of the batch do
 * not end with it. What is stored of a failure is what may be logged: errors of the database quote
 * what people typed.
 */
function createRunner(boss: PgBoss, deps: Deps, handler: JobHandler, stopping: AbortSignal) {
  return async (job: Job<object>): Promise<JobResult> => {
    try {
      await handler.run(deps, job.data, AbortSignal.any([job.signal, stopping]));
      return { id: job.id, status: "completed" };
    } catch (error) {
      if (stopping.aborted) {
        // As a new job: a restart is nobody's failure and must not count as one of its tries.
        await boss.send(handler.name, job.data);
        return { id: job.id, status: "completed", output: { putBack: true } };
      }
      deps.log.error({ err: error, job: handler.name, jobId: job.id }, "job failed");
      return { id: job.id, status: "failed", output: { ...describeError(error) } };
    }
  };
}

const pauseUnref = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms).unref());
