import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import type { TestProject } from "vitest/node";
import { type DatabaseTarget, migrateDatabase, openWritingClient } from "#server/base/db.ts";
import { startJobs } from "#server/base/jobs.ts";
import { startEmbeddedPostgres } from "#server/base/postgres/launcher.ts";
import { jobNames } from "#server/worker.ts";
import { silentLog } from "./log.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The cluster that the tests share; every test clones `template`. */
    postgres: { target: DatabaseTarget; template: string };
  }
}

const TEMPLATE = "backline_template";

/**
 * Global set-up: one Postgres for the run, `TEST_DATABASE_URL` or a private one from the binaries
 * that Backline brings. It migrates one template; a test's own database is a copy of it.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cluster = await startCluster();
  const admin = connect(cluster.target, "postgres");
  await admin.unsafe(`drop database if exists ${TEMPLATE} with (force)`);
  await admin.unsafe(`create database ${TEMPLATE}`);
  await admin.end();

  const template = inDatabase(cluster.target, TEMPLATE);
  await migrateDatabase(template);
  const jobs = await startJobs(
    (max) => openWritingClient(template, { max, applicationName: "template" }),
    jobNames,
    silentLog,
  );
  await jobs.stop();

  project.provide("postgres", { target: cluster.target, template: TEMPLATE });
  return cluster.stop;
}

async function startCluster(): Promise<{ target: DatabaseTarget; stop: () => Promise<void> }> {
  const url = process.env.TEST_DATABASE_URL;
  if (url) return { target: { url }, stop: async () => {} };
  const dataDir = await mkdtemp(join(tmpdir(), "backline-tests-"));
  const embedded = await startEmbeddedPostgres({
    dataDir,
    log: () => {},
    settings: {
      fsync: "off",
      synchronous_commit: "off",
      full_page_writes: "off",
      max_connections: "300",
      // Only a superuser may end its worker, so that a database could not be dropped under it.
      autovacuum: "off",
    },
  });
  return {
    target: embedded.connection,
    stop: async () => {
      await embedded.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** The same cluster, another database. */
export function inDatabase(target: DatabaseTarget, database: string): DatabaseTarget {
  if (!("url" in target)) return { ...target, database };
  const url = new URL(target.url);
  url.pathname = `/${database}`;
  return { url: url.href };
}

export function connect(target: DatabaseTarget, database: string): postgres.Sql {
  const there = inDatabase(target, database);
  const options = { max: 1, onnotice: () => {} };
  return "url" in there ? postgres(there.url, options) : postgres({ ...there, ...options });
}
