import { readFileSync } from "node:fs";
import closeWithGrace from "close-with-grace";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { startResealing } from "#server/admin/resealing.ts";
import { startSetup } from "#server/auth/setup.ts";
import type { DrainOptions } from "#server/base/drain.ts";
import { logDestination, loggerOptions } from "#server/base/log.ts";
import { whenParentGone } from "#server/base/parent.ts";
import { explainStartFailure, toListenFailure } from "#server/base/start-failure.ts";
import { version } from "#server/base/version.ts";
import { startSweeping } from "#server/leaving/purge.ts";
import { startScanWatch } from "#server/library/scans.ts";
import { watchStorages } from "#server/library/watch.ts";
import { startCacheSweep } from "#server/playback/cache-start.ts";
import { startUploadSweep } from "#server/uploads/sweeping.ts";
import { startDrawing } from "#server/waveforms/drawing.ts";
import { buildApp } from "./app.ts";
import { type Config, parseConfig, withSecretFiles } from "./config.ts";
import type { Deps } from "./deps.ts";
import { buildInternalApp, buildWorkerApp } from "./inner-apps.ts";
import { type Stops, startDeps } from "./start-deps.ts";
import { handlersOf } from "./worker.ts";

/** On SIGTERM a load balancer gets to see that we are not ready. Ctrl-C has none to tell. */
const NOTICE_MS = 1_000;
/** Running streams may go on for so long. */
const DRAIN_MS = 30_000;
/** After an unexpected error nothing is certain, so there is less patience. */
const HASTY_DRAIN_MS = 2_000;
/** Everything together; what is not closed by then never will be. */
const STOP_MS = 45_000;

type Log = Deps["log"];

async function main(config: Config): Promise<void> {
  const log = pino(loggerOptions(config.logLevel), logDestination());
  const stops: Stops = [];
  leaveWithGrace(log, stops);
  try {
    const deps = await startDeps(config, log, stops);
    const isWorker = config.role === "worker";
    const { listen } = config.internal;
    if (listen) {
      const internal = await buildInternalApp(deps);
      await open(internal, listen, stops, "INTERNAL_");
      log.info({ port: portOf(internal) }, "Workers reach this server");
    }
    const app = await (isWorker ? buildWorkerApp(deps) : buildApp(deps));
    await open(app, config.http, stops);
    await deps.jobs.work(deps, handlersOf(config.role));
    const watching = new AbortController();
    // Looking needs the keys; what it finds, workers scan.
    const watched = isWorker ? undefined : watchStorages(deps, watching.signal);
    stops.push(async () => {
      watching.abort();
      await watched;
    });
    startScanWatch(deps, watching.signal);
    // Long, and without need of a key.
    const drawing = config.role === "web" ? undefined : startDrawing(deps, watching.signal);
    stops.push(async () => {
      watching.abort();
      await drawing;
    });
    if (!isWorker) {
      startSweeping(deps, watching.signal);
      startResealing(deps, watching.signal);
      startUploadSweep(deps, watching.signal);
      startCacheSweep(deps, watching.signal);
    }
    log.info({ version, role: config.role }, "Backline is ready");
    greet(addressOf(config, app), isWorker ? null : await startSetup(deps));
  } catch (error) {
    process.stderr.write(`${explainStartFailure(error)}\n`);
    log.debug({ err: error }, "the start failed");
    await stopAll(log, stops, { noticeMs: 0, deadlineMs: 0 });
    process.exit(1);
  }
}

async function open(
  app: FastifyInstance,
  at: { readonly host: string; readonly port: number },
  stops: Stops,
  prefix = "",
): Promise<void> {
  stops.push((how) => app.drain.begin(how));
  await app.listen({ host: at.host, port: at.port }).catch((error) => {
    throw toListenFailure(at, error, prefix);
  });
}

/**
 * What a person reads who started the server. Log lines are JSON and these are not, so that both can
 * share stdout; the token is in the fragment, which no browser sends to any server.
 */
function greet(address: string, setupToken: string | null): void {
  const lines = [`Backline is ready at ${address}`];
  if (setupToken !== null) {
    lines.push(`Create the first account: ${address}/setup#token=${setupToken}`);
  }
  process.stdout.write(`\n  ${lines.join("\n  ")}\n\n`);
}

/** The public address, with the port that the system chose when it was asked to (`PORT=0`). */
function addressOf(config: Config, app: FastifyInstance): string {
  const url = new URL(config.http.publicUrl);
  if (url.port === "0") url.port = String(portOf(app));
  return url.origin;
}

function portOf({ server }: FastifyInstance): number {
  const bound = server.address();
  return typeof bound === "object" && bound ? bound.port : 0;
}

function leaveWithGrace(log: Log, stops: Stops): void {
  const watching = new AbortController();
  const { close } = closeWithGrace(
    { delay: STOP_MS, logger: false },
    async ({ err, signal, manual }) => {
      watching.abort();
      if (err) log.fatal({ err }, "stopping after an unexpected error");
      else log.info({ signal: manual ? "npm ended" : signal }, "stopping");
      await stopAll(log, stops, {
        noticeMs: signal === "SIGTERM" || manual ? NOTICE_MS : 0,
        deadlineMs: err ? HASTY_DRAIN_MS : DRAIN_MS,
      });
      log.info("stopped");
    },
  );
  if (process.env.npm_lifecycle_event !== undefined) {
    void whenParentGone(watching.signal).then(close);
  }
}

async function stopAll(log: Log, stops: Stops, how: DrainOptions): Promise<void> {
  for (const stop of stops.splice(0).reverse()) {
    await stop(how).catch((error: unknown) => log.error({ err: error }, "a part did not stop"));
  }
}

/** Exits with every variable that is not usable, and no value. */
function readConfig(): Config {
  try {
    return parseConfig(withSecretFiles(process.env, (path) => readFileSync(path, "utf8")));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : "Unusable environment"}\n`);
    process.exit(1);
  }
}

await main(readConfig());
