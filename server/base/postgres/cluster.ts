import { execFile } from "node:child_process";
import {
  access,
  chmod,
  lchown,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
} from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { AppError } from "#server/base/errors.ts";
import type { Account } from "./account.ts";
import type { Binaries } from "./binaries.ts";
import { toFolderFailure, toStartFailure } from "./failure.ts";

const run = promisify(execFile);

/** The account that owns the cluster. The app never signs in as it: see `database.ts`. */
export const SUPERUSER = "postgres";

const UNFINISHED = "initdb-";

/**
 * Where everything of PostgreSQL lies:
 *
 *     <dataDir>/postgres.log          what it says
 *     <dataDir>/postgres/             0700, owned by the account that PostgreSQL runs as
 *     <dataDir>/postgres/cluster/     the data (PGDATA)
 *     <dataDir>/postgres/run/         its socket, when the path is short enough
 *     <dataDir>/postgres/initdb-…/    a cluster that is being made
 */
export interface Home {
  readonly dataDir: string;
  readonly path: string;
  readonly cluster: string;
  readonly log: string;
}

/** @throws AppError `precondition_failed` when the folder can't be made or belongs to another. */
export async function openHome(dataDir: string): Promise<Home> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    const real = await realpath(dataDir);
    const path = join(real, "postgres");
    await mkdir(path, { recursive: true, mode: 0o700 });
    await requireOwnFolder(path, real);
    return { dataDir: real, path, cluster: join(path, "cluster"), log: join(real, "postgres.log") };
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw toFolderFailure(dataDir, error);
  }
}

/** Gives everything of PostgreSQL to the account it runs as. Only root can, and only root needs to. */
export async function handOver(home: Home, account: Account): Promise<void> {
  if ((await stat(home.path)).uid === account.ownerUid) return;
  await giveTo(account, home.path);
  const inside = await readdir(home.path, { recursive: true });
  for (const entry of inside) await giveTo(account, join(home.path, entry));
}

/**
 * Makes the cluster when there is none. It is made beside its place and moved there whole, so that
 * whatever happens in between leaves no half a cluster; and when two servers make one at the same
 * moment, one of them wins and the other's is thrown away.
 *
 * @param secretFile holds the password for a server that listens on TCP; `null` where only a socket
 *   in a folder of mode 0700 leads to PostgreSQL, which admits exactly the owner (and root). There
 *   `trust` says the same as `peer` would, and needs no names that a container might not have.
 * @throws AppError when PostgreSQL can't make it, or the one that is there has another major version.
 */
export async function requireCluster(
  home: Home,
  account: Account,
  binaries: Binaries,
  secretFile: string | null,
): Promise<void> {
  if (!(await isThere(home.cluster))) await makeCluster(home, account, binaries, secretFile);
  const version = (await readFile(join(home.cluster, "PG_VERSION"), "utf8")).trim();
  if (version !== String(binaries.majorVersion)) {
    throw new AppError(
      "precondition_failed",
      `The database in ${home.cluster} was made by PostgreSQL ${version}, and this Backline brings PostgreSQL ${binaries.majorVersion}, which cannot open it. Nothing was changed. Start the Backline that made it, export your data there and import it here; or open it with a PostgreSQL ${version} of your own and set DATABASE_URL.`,
    );
  }
  await chmod(home.cluster, 0o700);
}

/** Removes what a killed `initdb` left. Only safe while our own PostgreSQL holds the cluster. */
export async function clearUnfinished(home: Home): Promise<void> {
  for (const name of await readdir(home.path)) {
    if (name.startsWith(UNFINISHED))
      await rm(join(home.path, name), { recursive: true, force: true });
  }
}

async function makeCluster(
  home: Home,
  account: Account,
  binaries: Binaries,
  secretFile: string | null,
): Promise<void> {
  const draft = await mkdtemp(join(home.path, UNFINISHED));
  try {
    if (account.identity) await giveTo(account, draft);
    const [program = "", ...args] = [
      ...account.prefix,
      binaries.initdb,
      ...initdbArguments(draft, secretFile),
    ];
    await run(program, args, { ...account.identity });
    await rename(draft, home.cluster);
    await flushFolder(home.path);
  } catch (error) {
    // Another server was quicker. Which of the two may run is decided when PostgreSQL starts.
    if (await isThere(home.cluster)) return;
    throw toStartFailure(home.dataDir, saidBy(error));
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

function initdbArguments(draft: string, secretFile: string | null): string[] {
  // Sorting and case folding are PostgreSQL's own; this one only says what a letter is, and must
  // know more than ASCII or pg_trgm would not find "Übung". Names differ between systems.
  const locales: Partial<Record<NodeJS.Platform, string>> = {
    darwin: "en_US.UTF-8",
    win32: "en-US",
  };
  return [
    `--pgdata=${draft}`,
    `--username=${SUPERUSER}`,
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    `--locale=${locales[process.platform] ?? "C.UTF-8"}`,
    "--data-checksums",
    "--no-instructions",
    "--auth-local=trust",
    ...(secretFile === null
      ? ["--auth-host=reject"]
      : ["--auth-host=scram-sha-256", `--pwfile=${secretFile}`]),
  ];
}

async function requireOwnFolder(path: string, dataDir: string): Promise<void> {
  const uid = process.getuid?.();
  if (uid === undefined || uid === 0) return;
  const owner = (await stat(path)).uid;
  if (owner !== uid) {
    throw new AppError(
      "precondition_failed",
      `The database folder ${path} belongs to another account (number ${owner}), perhaps because Backline was once started as root. Nothing was changed. Run \`sudo chown -R ${uid} "${dataDir}"\` and start again.`,
    );
  }
}

/** Makes a rename outlive a power cut: acknowledged rows must not lie under a forgotten name. */
async function flushFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(path);
  await folder.sync().finally(() => folder.close());
}

async function giveTo(account: Account, path: string): Promise<void> {
  await lchown(path, account.ownerUid, account.ownerGid);
}

async function isThere(cluster: string): Promise<boolean> {
  return access(join(cluster, "PG_VERSION")).then(
    () => true,
    () => false,
  );
}

function saidBy(error: unknown): string {
  const { stdout, stderr, message } = error as Partial<
    Record<"stdout" | "stderr" | "message", string>
  >;
  return [stdout, stderr || message].filter(Boolean).join("\n");
}
