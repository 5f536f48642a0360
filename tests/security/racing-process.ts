import { readKnownDevice } from "#server/auth/known-device.ts";
import { resetPassword } from "#server/auth/passwords.ts";
import { register, verifyEmail } from "#server/auth/registration.ts";
import { renewSession } from "#server/auth/rotation.ts";
import { signInSecondFactor } from "#server/auth/second-step.ts";
import { setUp } from "#server/auth/setup.ts";
import { createDatabaseCounters } from "#server/base/database-counters.ts";
import { openDatabase, openWritingClient, openWritingPool } from "#server/base/db.ts";
import { startEvents } from "#server/base/events.ts";
import { nameFailure } from "#server/base/failures.ts";
import { startJobs } from "#server/base/jobs.ts";
import { createSessionKeys } from "#server/base/keys.ts";
import { startMaintenance } from "#server/base/maintenance.ts";
import { createVault } from "#server/base/vault.ts";
import { parseConfig } from "#server/config.ts";
import { beginListen } from "#server/shares/guests.ts";
import { jobNames } from "#server/worker.ts";
import { silentLog } from "#tests/support/log.ts";
import type { Cookies, Outcome } from "./racers.ts";

/**
 * A server without its HTTP: what a procedure calls is called, many at once, each over a connection
 * of its own.
 */
const { database, encryption, session, atOnce } = JSON.parse(process.argv[2] ?? "{}");

const { pool, sql } = openDatabase(database, { max: atOnce, applicationName: "racing" });
const jobs = await startJobs(
  (max) => openWritingClient(database, { max, applicationName: "racing jobs" }),
  jobNames,
  silentLog,
);
const config = parseConfig({});
const events = await startEvents(sql);
const now = () => new Date();
const deps = {
  config,
  counters: createDatabaseCounters(
    openWritingPool(database, { max: 3, applicationName: "racing limits" }),
  ),
  db: pool,
  events,
  jobs,
  maintenance: startMaintenance({ config, db: pool, events, now }),
  vault: createVault([{ kid: "test", key: Buffer.from(encryption, "base64") }]),
  sessionKeys: createSessionKeys([{ kid: "test", key: Buffer.from(session, "base64") }]),
  now,
  log: silentLog,
};
const device = { userAgent: "a test", ipAddress: "127.0.0.1", network: "127.0.0.1" };

// biome-ignore lint/suspicious/noExplicitAny: the test that asks knows which input is whose.
const procedures: Record<string, (input: any, cookies: Cookies) => Promise<unknown>> = {
  "auth.setup": (input) => setUp(deps, input, device),
  "auth.verifyEmail": ({ token }) => verifyEmail(deps, token, device),
  "auth.resetPassword": (input) => resetPassword(deps, input, device),
  "auth.register": (input) => register(deps, input, device),
  "auth.signInSecondFactor": (input, cookies) => {
    const knownUserId = readKnownDevice(deps, cookies["backline-device"]);
    return signInSecondFactor(deps, { ...input, device, knownUserId });
  },
  "playback.shares.beginListen": (input, cookies) =>
    beginListen(deps, input, cookies["backline-guest"]),
  "auth.refresh": async (_, cookies) =>
    (await renewSession(deps, cookies["backline-refresh"])).refreshToken,
};

async function attempt(path: string, input: unknown, cookies: Cookies): Promise<Outcome> {
  try {
    const given = await procedures[path]?.(input, cookies);
    return { code: "won", refreshToken: typeof given === "string" ? given : null };
  } catch (error) {
    return { code: nameFailure(error).code, refreshToken: null };
  }
}

interface Heat {
  readonly path: string;
  readonly asks: readonly { readonly input: unknown; readonly cookies: Cookies }[];
}

process.on("message", ({ path, asks }: Heat) => {
  void Promise.all(asks.map(({ input, cookies }) => attempt(path, input, cookies))).then(
    (outcomes) => process.send?.(outcomes),
  );
});
process.once("disconnect", () => process.exit(0));
process.send?.("ready");
