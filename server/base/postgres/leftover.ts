import { execFile } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import type { Home } from "./cluster.ts";
import { type Endpoint, socketOf } from "./endpoint.ts";
import { toAlreadyRunning, toStillStopping } from "./failure.ts";
import { CLUSTER_NAME } from "./settings.ts";

const run = promisify(execFile);

/** A fast shutdown writes what is in memory to disk first, which may take a while on a slow one. */
const GOING_AWAY_MS = 30_000;
const LOOK_AGAIN_MS = 50;

/** The first line of `postmaster.pid` is the server's process, the fifth its socket folder. */
const SOCKET_FOLDER_LINE = 4;

interface Process {
  readonly parentPid: number;
  readonly isZombie: boolean;
  readonly commandLine: string;
}

/**
 * Makes way for a new PostgreSQL on this folder.
 *
 * A server whose Backline was killed is asked to stop, and waited for (with util-linux the kernel
 * has already asked). A pid file that names a process which is something else by now, or a zombie,
 * is removed, because PostgreSQL would take any living process for a rival. Everything else is left
 * to PostgreSQL's own judgement, which also protects against what we can't see.
 *
 * @throws AppError `conflict` when a living Backline has the folder.
 */
export async function clearLeftover(
  home: Home,
  endpoint: Endpoint,
  log: (line: string) => void,
): Promise<void> {
  const deadlineMs = performance.now() + GOING_AWAY_MS;
  for (let isAsked = false; ; await pause(LOOK_AGAIN_MS)) {
    const pid = await findHolderPid(home);
    if (pid === undefined) return;
    const server = await findServer(pid, home);
    if (!server) return clearStalePidFile(pid, home, endpoint);
    if (!isOrphan(server)) throw toAlreadyRunning(home.dataDir, pid);
    if (performance.now() > deadlineMs) throw toStillStopping(home.dataDir, pid);
    if (!isAsked) askToStop(pid, log);
    isAsked = true;
  }
}

function askToStop(pid: number, log: (line: string) => void): void {
  log(`A PostgreSQL of an earlier run (process ${pid}) is still there; waiting for it to stop.`);
  try {
    process.kill(pid, "SIGINT");
  } catch {
    // It ended by itself, or is not ours to stop: the next look tells.
  }
}

async function clearStalePidFile(pid: number, home: Home, endpoint: Endpoint): Promise<void> {
  await requireSilence(home, endpoint);
  if (process.platform === "win32" || !isAlive(pid)) return;
  for (const file of [pidFileOf(home), `${socketOf(endpoint.host)}.lock`]) {
    const [first] = await readLines(file);
    if (first === String(pid)) await rm(file, { force: true });
  }
}

/** The process that holds the cluster, or held it last. */
export async function findHolderPid(home: Home): Promise<number | undefined> {
  const [first] = await readLines(pidFileOf(home));
  const pid = Number(first);
  // A negative one is PostgreSQL without a server, which only a person starts.
  return pid > 0 ? pid : undefined;
}

/** A server that answers although we don't see its process runs in another container. */
async function requireSilence(home: Home, endpoint: Endpoint): Promise<void> {
  if (process.platform === "win32") return;
  const lines = await readLines(pidFileOf(home));
  for (const folder of new Set([endpoint.host, lines[SOCKET_FOLDER_LINE] || endpoint.host])) {
    if (await answers(socketOf(folder))) throw toAlreadyRunning(home.dataDir, undefined);
  }
}

/** It belongs to the Backline that is named in its arguments for as long as that is its parent. */
function isOrphan(server: Process): boolean {
  const owner = new RegExp(`cluster_name=${CLUSTER_NAME}(\\d+)`).exec(server.commandLine)?.[1];
  return owner !== undefined && Number(owner) !== server.parentPid;
}

/** @returns the process if it is alive and a PostgreSQL on this very folder. */
async function findServer(pid: number, home: Home): Promise<Process | undefined> {
  if (process.platform === "win32" || !isAlive(pid)) return undefined;
  const found = process.platform === "linux" ? await readProc(pid) : await askPs(pid);
  return found && !found.isZombie && found.commandLine.includes(home.cluster) ? found : undefined;
}

/** `/proc/<pid>/stat` is `pid (name) state parent …`, and the name may hold anything. */
async function readProc(pid: number): Promise<Process | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8");
    return { parentPid: Number(parent), isZombie: state === "Z", commandLine };
  } catch {
    // It ended while we looked.
    return undefined;
  }
}

async function askPs(pid: number): Promise<Process | undefined> {
  try {
    const columns = ["-o", "ppid=", "-o", "stat=", "-o", "command="];
    const { stdout } = await run("ps", ["-ww", ...columns, "-p", String(pid)]);
    const [, parent, state, commandLine = ""] = /^\s*(\d+)\s+(\S+)\s+(.*)$/m.exec(stdout) ?? [];
    return { parentPid: Number(parent), isZombie: state?.startsWith("Z") ?? false, commandLine };
  } catch {
    // It ended while we looked.
    return undefined;
  }
}

/** A process of somebody else's is alive too, but answers EPERM; PostgreSQL does not mind those. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket)
      .once("error", () => resolve(false))
      .once("connect", () => {
        connection.destroy();
        resolve(true);
      });
  });
}

const pidFileOf = (home: Home): string => join(home.cluster, "postmaster.pid");

async function readLines(file: string): Promise<string[]> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text.split("\n");
}
