import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type TestDeps, type TestDepsOptions, testDeps } from "./deps.ts";
import { type ServerProcess, spawnServer } from "./process.ts";
import { ask } from "./raw-http.ts";

export interface ReplicaOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** How far its clock is ahead of the database's; negative: behind. */
  readonly clockAheadMs?: number;
}

/** A real `node server/main.ts`, ready. */
export interface ReplicaProcess {
  readonly baseUrl: string;
  readonly port: number;
  readonly process: ServerProcess;
}

export interface Replicas {
  readonly replicas: readonly ReplicaProcess[];
  /** Deps of the test's own on the same database with the same keys. */
  readonly deps: TestDeps;
  /** The token that one of them printed for the first administrator. */
  readonly setupToken: string;
}

const SHIFTED_CLOCK = pathToFileURL(join(import.meta.dirname, "shifted-clock.ts")).href;

/** What servers take for theirs that are told no port: tokens are for the server at one address. */
export const SAME_URL = "http://localhost:0";

/**
 * Server processes over one database with the same keys, each with a port and a data folder of its
 * own, behind a proxy on this machine: what `x-forwarded-for` says is where a client is. They are
 * killed when the test ends.
 */
export async function startReplicas(
  each: readonly ReplicaOptions[] = [{}, {}, {}],
  options: TestDepsOptions = {},
): Promise<Replicas> {
  const environment = { PUBLIC_URL: SAME_URL, ...options.environment };
  const deps = await testDeps({ ...options, environment });
  const { encryption, session } = deps.testKeys;
  const keys = {
    ENCRYPTION_KEYS: `test:${encryption.toString("base64")}`,
    SESSION_KEYS: `test:${session.toString("base64")}`,
  };
  const servers = await Promise.all(
    each.map(({ environment: own, clockAheadMs }) =>
      spawnServer({
        database: deps.testDatabase,
        environment: {
          ...keys,
          EGRESS_ALLOW_LOOPBACK: "1",
          LOG_LEVEL: "warn",
          TRUST_PROXY: "127.0.0.1",
          ...clockVariables(clockAheadMs),
          ...own,
        },
      }),
    ),
  );
  const replicas = await Promise.all(servers.map(toReplica));
  const link = servers.map((server) => server.setupLink()).find((found) => found !== undefined);
  return { replicas, deps, setupToken: link?.split("#token=")[1] ?? "" };
}

async function toReplica(server: ServerProcess): Promise<ReplicaProcess> {
  const baseUrl = (await server.baseUrl).replace("localhost", "127.0.0.1");
  const port = Number(new URL(baseUrl).port);
  const { status } = await ask(port, "/health/ready");
  if (status !== 200) throw new Error(`A replica is not ready: ${server.stderr()}`);
  return { baseUrl, port, process: server };
}

function clockVariables(aheadMs: number | undefined): Record<string, string> {
  if (aheadMs === undefined) return {};
  return { NODE_OPTIONS: `--import=${SHIFTED_CLOCK}`, CLOCK_AHEAD_MS: String(aheadMs) };
}
