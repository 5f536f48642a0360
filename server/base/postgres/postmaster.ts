import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import type { Account } from "./account.ts";
import type { Binaries } from "./binaries.ts";

const run = promisify(execFile);

/** A fast shutdown that takes longer becomes an immediate one, which the next start repairs. */
const STOP_MS = 30_000;

/** PostgreSQL's main process. */
export interface Postmaster {
  readonly pid: number | undefined;
  /** How it ended, as `exit code 1` or `SIGKILL`. */
  readonly ended: Promise<string>;
  hasEnded(): boolean;
  /** Ends every connection, writes everything down and resolves when it is gone. */
  stop(): Promise<void>;
}

export interface PostmasterOptions {
  readonly binaries: Binaries;
  readonly account: Account;
  readonly cluster: string;
  readonly serverArguments: readonly string[];
  /** A file descriptor for all that it says. */
  readonly output: number;
}

/**
 * Starts PostgreSQL in a session of its own, so that Ctrl-C in a terminal reaches only us, and we
 * can finish our requests before we stop it. Once started it keeps no process alive.
 */
export async function spawnPostmaster(options: PostmasterOptions): Promise<Postmaster> {
  const { account, binaries, output } = options;
  const [program = "", ...args] = [
    ...account.prefix,
    binaries.postgres,
    ...options.serverArguments,
  ];
  const child = spawn(program, args, {
    ...account.identity,
    detached: true,
    stdio: ["ignore", output, output],
  });
  let hasEnded = false;
  const ended = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => {
      hasEnded = true;
      resolve(signal ?? `exit code ${code}`);
    });
  });
  await once(child, "spawn");
  // From here on an error is a signal that was not delivered, which `stop` finds out by itself.
  child.on("error", () => undefined);

  // Where the kernel does not stop it for us, an ordinary exit of ours still does.
  const stopWithUs = (): void => void child.kill("SIGINT");
  process.once("exit", stopWithUs);
  ended.then(() => process.removeListener("exit", stopWithUs));
  child.unref();

  const askToStop = async (): Promise<void> => {
    if (process.platform !== "win32") return void child.kill("SIGINT");
    // There a signal would be a crash.
    await run(binaries.pgCtl, ["stop", "--mode=fast", "--no-wait", `--pgdata=${options.cluster}`]);
  };
  return {
    pid: child.pid,
    ended,
    hasEnded: () => hasEnded,
    async stop() {
      if (hasEnded) return;
      child.ref();
      await askToStop();
      const gaveUp = new AbortController();
      const tooLong = pause(STOP_MS, "too long", { signal: gaveUp.signal }).catch(() => "aborted");
      if ((await Promise.race([ended, tooLong])) === "too long") child.kill("SIGQUIT");
      await ended;
      gaveUp.abort();
    },
  };
}
