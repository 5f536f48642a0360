import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inject, onTestFinished } from "vitest";
import { openAnswerCache } from "#server/base/answer-cache.ts";
import { openCounters } from "#server/base/counters.ts";
import {
  type DatabaseTarget,
  openDatabase,
  openWritingClient,
  openWritingPool,
} from "#server/base/db.ts";
import { createEgress } from "#server/base/egress/client.ts";
import { startEvents } from "#server/base/events.ts";
import { startJobs } from "#server/base/jobs.ts";
import { createSessionKeys } from "#server/base/keys.ts";
import { createMailer } from "#server/base/mailer.ts";
import { startMaintenance } from "#server/base/maintenance.ts";
import { createVault } from "#server/base/vault.ts";
import { parseConfig } from "#server/config.ts";
import type { Deps } from "#server/deps.ts";
import { openRangeCache } from "#server/playback/cache-start.ts";
import { createProviders, type Providers } from "#server/storage/registry.ts";
import { openTranscoding } from "#server/transcoding/service.ts";
import { jobNames } from "#server/worker.ts";
import { silentLog } from "./log.ts";
import { connect, inDatabase } from "./postgres.ts";

export interface TestDepsOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly now?: () => Date;
  readonly log?: Deps["log"];
  /** Several servers on one database: give the second the first one's. */
  readonly database?: DatabaseTarget;
  /** In place of those that reach the real services. */
  readonly providers?: Partial<Providers>;
  /** Replicas share their keys: give the second the first one's. */
  readonly keys?: { readonly encryption: Buffer; readonly session: Buffer };
}

/** Deps for a test, and what it takes to make a second server on the same database. */
export type TestDeps = Deps & {
  readonly testDatabase: DatabaseTarget;
  readonly testKeys: { readonly encryption: Buffer; readonly session: Buffer };
};

/** A database of the test's own: a copy of the migrated template, dropped when the test ends. */
export const createTestDatabase = (): Promise<DatabaseTarget> =>
  createDatabase(inject("postgres").template);

/** The same without a single table, as a new installation finds it. */
export const createEmptyDatabase = (): Promise<DatabaseTarget> => createDatabase("template1");

async function createDatabase(template: string): Promise<DatabaseTarget> {
  const { target } = inject("postgres");
  const name = `test_${randomBytes(8).toString("hex")}`;
  const admin = connect(target, "postgres");
  // Files are copied in half the time that their blocks take through the log.
  await admin.unsafe(`create database ${name} template ${template} strategy file_copy`);
  await admin.end();
  onTestFinished(async () => {
    const last = connect(target, "postgres");
    await last.unsafe(`drop database if exists ${name} with (force)`);
    await last.end();
  });
  return inDatabase(target, name);
}

/** A folder of the test's own, gone when the test ends. */
export async function createTestFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "backline-test-"));
  // A Postgres whose server was killed may still be writing its last there.
  const options = { recursive: true, force: true, maxRetries: 20, retryDelay: 100 };
  onTestFinished(() => rm(folder, options));
  return folder;
}

/** Everything the server is made of, real, on a database of the test's own. */
export async function testDeps(options: TestDepsOptions = {}): Promise<TestDeps> {
  const testDatabase = options.database ?? (await createTestDatabase());
  const testKeys = options.keys ?? { encryption: randomBytes(32), session: randomBytes(32) };
  const config = parseConfig({
    DATA_DIR: await createTestFolder(),
    DATABASE_POOL_SIZE: "5",
    EGRESS_ALLOW_LOOPBACK: "1",
    ...options.environment,
  });
  const log = options.log ?? silentLog;
  const database = openDatabase(testDatabase, {
    max: config.database.poolSize,
    applicationName: "test",
  });
  const counters = await openCounters(
    config,
    (max) => openWritingPool(testDatabase, { max, applicationName: "test limits" }),
    log,
  );
  const jobs = await startJobs(
    (max) => openWritingClient(testDatabase, { max, applicationName: "test jobs" }),
    jobNames,
    log,
  );
  const events = await startEvents(database.sql);
  const answers = await openAnswerCache(config, events, log);
  const now = options.now ?? (() => new Date());
  const maintenance = startMaintenance({ config, db: database.pool, events, now });
  const egress = createEgress(config.egress);
  const transcoding = await openTranscoding({ config, log, now });
  onTestFinished(async () => {
    await transcoding?.close();
    await jobs.stop();
    await answers.close();
    await events.close();
    await egress.close();
    await counters.close();
    await database.close();
  });
  return {
    config,
    db: database.pool,
    probe: database.probe,
    answers,
    counters,
    jobs,
    events,
    maintenance,
    vault: createVault([{ kid: "test", key: testKeys.encryption }]),
    sessionKeys: createSessionKeys([{ kid: "test", key: testKeys.session }]),
    providers: { ...createProviders(config.providers), ...options.providers },
    egress,
    storageServer: null,
    transcoding,
    rangeCache: openRangeCache(config, [{ kid: "test", key: testKeys.encryption }], log),
    mailer: createMailer(config, log),
    now,
    log,
    testDatabase,
    testKeys,
  };
}
