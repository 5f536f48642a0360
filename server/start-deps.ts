import { mkdir } from "node:fs/promises";
import { openAnswerCache } from "#server/base/answer-cache.ts";
import { openCounters } from "#server/base/counters.ts";
import {
  type DatabaseTarget,
  migrateDatabase,
  openDatabase,
  openWritingClient,
  openWritingPool,
} from "#server/base/db.ts";
import type { DrainOptions } from "#server/base/drain.ts";
import { createEgress } from "#server/base/egress/client.ts";
import { startEvents } from "#server/base/events.ts";
import { startJobs } from "#server/base/jobs.ts";
import { openKeys } from "#server/base/key-files.ts";
import { createSessionKeys, noSessionKeys } from "#server/base/keys.ts";
import { requireKnownKeys } from "#server/base/known-keys.ts";
import { createMailer } from "#server/base/mailer.ts";
import { startMaintenance } from "#server/base/maintenance.ts";
import { startEmbeddedPostgres } from "#server/base/postgres/launcher.ts";
import { toDataDirFailure } from "#server/base/start-failure.ts";
import { createVault, noVault } from "#server/base/vault.ts";
import { openRangeCache } from "#server/playback/cache-start.ts";
import { createProviders } from "#server/storage/registry.ts";
import { openTranscoding } from "#server/transcoding/service.ts";
import type { Config } from "./config.ts";
import type { Deps } from "./deps.ts";
import { jobNames } from "./worker.ts";

type Log = Deps["log"];

/** What has been started, to be stopped in reverse. */
export type Stops = ((how: DrainOptions) => Promise<void>)[];

/** Opens all that the server is made of. What is open is in `stops`, also when the rest fails. */
export async function startDeps(config: Config, log: Log, stops: Stops): Promise<Deps> {
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw toDataDirFailure(config.dataDir, error);
  });
  const target = await locateDatabase(config, log, stops);
  await migrateDatabase(target);

  const database = openDatabase(target, {
    max: config.database.poolSize,
    applicationName: "backline",
  });
  stops.push(database.close);
  const counters = await openCounters(
    config,
    (max) => openWritingPool(target, { max, applicationName: "backline limits" }),
    log,
  );
  stops.push(counters.close);
  const keys = await openKeyHolders(config, database.pool, log);

  const egress = createEgress(config.egress);
  stops.push(egress.close);
  const mailer = createMailer(config, log);
  stops.push(async () => mailer.close());
  const events = await startEvents(database.sql);
  stops.push(events.close);
  const answers = await openAnswerCache(config, events, log);
  stops.push(answers.close);
  const now = () => new Date();
  const transcoding = config.role === "worker" ? null : await openTranscoding({ config, log, now });
  stops.push(async () => transcoding?.close());
  const maintenance = startMaintenance({ config, db: database.pool, events, now });
  const jobs = await startJobs(
    (max) => openWritingClient(target, { max, applicationName: "backline jobs" }),
    jobNames,
    log,
  );
  stops.push(jobs.stop);

  return {
    config,
    db: database.pool,
    probe: database.probe,
    answers,
    counters,
    jobs,
    events,
    maintenance,
    ...keys,
    providers: createProviders(config.providers),
    egress,
    storageServer: openStorageServer(config, stops),
    transcoding,
    mailer,
    now,
    log,
  };
}

/** A worker has neither keys nor what they are for. */
async function openKeyHolders(
  config: Config,
  db: Deps["db"],
  log: Log,
): Promise<Pick<Deps, "vault" | "sessionKeys" | "rangeCache">> {
  if (config.role === "worker") {
    return { vault: noVault, sessionKeys: noSessionKeys, rangeCache: null };
  }
  const keys = await openKeys(config, log);
  await requireKnownKeys({ db }, keys);
  return {
    vault: createVault(keys.encryption),
    sessionKeys: createSessionKeys(keys.session),
    rangeCache: openRangeCache(config, keys.encryption, log),
  };
}

/** It may be at any address, because nobody but who runs the server says where. */
function openStorageServer({ internal }: Config, stops: Stops): Deps["storageServer"] {
  if (internal.url === null) return null;
  const egress = createEgress({ allow: ["0.0.0.0/0", "::/0"], allowLoopback: true });
  stops.push(egress.close);
  return { url: internal.url, egress };
}

/** Somebody's Postgres, or our own in the data folder. */
async function locateDatabase(config: Config, log: Log, stops: Stops): Promise<DatabaseTarget> {
  if (config.database.url !== null) return { url: config.database.url };
  const embedded = await startEmbeddedPostgres({
    dataDir: config.dataDir,
    log: (line) => log.info({ part: "postgres" }, line),
  });
  stops.push(embedded.stop);
  // Nothing works without it: as an unexpected error it ends the process, and whoever watches over
  // that starts both again.
  void embedded.lost.then((sentence) => {
    throw new Error(sentence);
  });
  return embedded.connection;
}
