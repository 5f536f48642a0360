import { statfs } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { AppError } from "#server/base/errors.ts";
import { type Account, findAccount } from "./account.ts";
import { type Binaries, requireBinaries } from "./binaries.ts";
import { clearUnfinished, type Home, handOver, openHome, requireCluster } from "./cluster.ts";
import { openDatabase, USERNAME } from "./database.ts";
import { type Endpoint, openEndpoint, prepareSecret } from "./endpoint.ts";
import { toAlreadyRunning, toFolderFailure, toStartFailure } from "./failure.ts";
import { clearLeftover } from "./leftover.ts";
import { openLogFile } from "./log-file.ts";
import { type Postmaster, spawnPostmaster } from "./postmaster.ts";
import { toServerArguments } from "./settings.ts";

/** How long the processes of a killed PostgreSQL may hold its folder. Two seconds were seen. */
const LET_GO_MS = 10_000;
const TRY_AGAIN_MS = 100;

/** A disk with less is full: PostgreSQL writes its log of changes in files of 16 MiB. */
const FULL_BYTES = 1024 * 1024;

/** PostgreSQL's own words for "somebody has this folder". */
const HELD =
  /lock file ".*" already exists|pre-existing shared memory block|Is another postmaster|could not lock/;

export interface EmbeddedPostgres {
  /**
   * For postgres.js: `postgres({ ...connection, … })`. `host` is the folder of the socket; only on
   * Windows it is an address, and there is a password.
   */
  readonly connection: {
    readonly host: string;
    readonly port: number;
    readonly username: string;
    readonly database: string;
    readonly password?: string;
  };
  /** Resolves with a sentence if PostgreSQL ends although nobody stopped it, and else never. */
  readonly lost: Promise<string>;
  /** Ends all connections and resolves when PostgreSQL is gone. Can be called twice. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Absolute. PostgreSQL takes `<dataDir>/postgres` and `<dataDir>/postgres.log`. */
  readonly dataDir: string;
  readonly log: (line: string) => void;
  /** `backline` when not given. */
  readonly database?: string;
  /** PostgreSQL settings over ours, such as `{ fsync: "off" }` for tests. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Where the binaries lie; the installed npm package when not given. */
  readonly packageDir?: string;
}

/**
 * Starts the PostgreSQL that comes with Backline, and makes its cluster and database at the first
 * start. It dies with this process, however that dies; whatever was left over is cleared away. Call
 * it on the main thread: on Linux the server lives as long as the thread that started it.
 *
 * Run on Linux x64, as root and as an ordinary account. The branches for macOS (no user namespaces,
 * no death signal) and Windows (TCP with a password) were never run.
 *
 * @throws AppError `conflict` when another Backline has the folder, `precondition_failed` when
 *   somebody must change something first (rights, space, version), `internal` with PostgreSQL's
 *   last words for all else.
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const { database = "backline", log } = options;
  const binaries = await requireBinaries(options.packageDir);
  const home = await openHome(options.dataDir);
  const account = await findAccount(binaries, home.path);
  const endpoint = await prepareFolder(home, account, binaries);
  const serverArguments = toServerArguments(endpoint, home.cluster, options.settings ?? {});
  const postmaster = await launch({
    home,
    account,
    binaries,
    endpoint,
    serverArguments,
    database,
    log,
  });
  await clearUnfinished(home).catch((error: unknown) =>
    log(`An unfinished database in ${home.path} could not be removed: ${error}`),
  );

  let isStopping = false;
  return {
    connection: { ...endpoint, username: USERNAME, database },
    lost: new Promise((resolve) => {
      postmaster.ended.then((how) => {
        if (!isStopping) resolve(`PostgreSQL ended unexpectedly (${how}); see ${home.log}.`);
      });
    }),
    async stop() {
      isStopping = true;
      await postmaster.stop();
    },
  };
}

interface Launch {
  readonly home: Home;
  readonly account: Account;
  readonly binaries: Binaries;
  readonly endpoint: Endpoint;
  readonly serverArguments: readonly string[];
  readonly database: string;
  readonly log: (line: string) => void;
}

async function prepareFolder(home: Home, account: Account, binaries: Binaries): Promise<Endpoint> {
  try {
    await handOver(home, account);
    await requireCluster(home, account, binaries, await prepareSecret(home));
    return await openEndpoint(home, account);
  } catch (error) {
    throw error instanceof AppError ? error : toFolderFailure(home.dataDir, error);
  }
}

/** Starts PostgreSQL, again and again while what is left of a killed one lets go of the folder. */
async function launch(plan: Launch): Promise<Postmaster> {
  const { home, endpoint, log } = plan;
  const giveUpMs = performance.now() + LET_GO_MS;
  for (;;) {
    await clearLeftover(home, endpoint, log);
    const outcome = await tryLaunch(plan);
    if (typeof outcome !== "string") return outcome;
    if (!HELD.test(outcome)) throw toStartFailure(home.dataDir, outcome);
    if (performance.now() > giveUpMs) throw toAlreadyRunning(home.dataDir, undefined);
    await pause(TRY_AGAIN_MS);
  }
}

/** @returns the running server, or what it said before it ended. */
async function tryLaunch(plan: Launch): Promise<Postmaster | string> {
  const { home, endpoint, database, log } = plan;
  const logFile = await openLogFile(home.log, plan.account).catch((error: unknown) => {
    throw toFolderFailure(home.dataDir, error);
  });
  const output = logFile.handle.fd;
  let postmaster: Postmaster | undefined;
  try {
    postmaster = await spawnPostmaster({ ...plan, cluster: home.cluster, output });
    const isReady = await openDatabase({ home, endpoint, postmaster, database, log });
    return isReady ? postmaster : (await logFile.readTail()) || (await explainSilence(home));
  } catch (error) {
    await postmaster?.stop();
    throw toStartFailure(home.dataDir, String(error));
  } finally {
    await logFile.handle.close();
  }
}

/** On a full disk not even the complaint about it is written. */
async function explainSilence(home: Home): Promise<string> {
  const { bavail, bsize } = await statfs(home.path);
  return bavail * bsize < FULL_BYTES ? "No space left on device" : "";
}
