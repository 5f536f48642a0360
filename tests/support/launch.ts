import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseTarget } from "#server/base/db.ts";

export interface LaunchOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** With a database of its own in it, when none is given. */
  readonly dataDir: string;
  readonly database?: DatabaseTarget;
  /** Types `npm start`; what is killed then is npm. */
  readonly isThroughNpm?: boolean;
}

/** A real `node server/main.ts`, or the npm that runs it. */
export interface ServerProcess {
  readonly pid: number;
  /** Where it says that it is ready. Rejects, with all it said, when it ends before. */
  readonly baseUrl: Promise<string>;
  /** The link that it printed for the first administrator; `undefined` when it printed none. */
  setupLink(): string | undefined;
  /** Whole lines. */
  readonly stdout: readonly string[];
  stderr(): string;
  kill(signal: NodeJS.Signals): void;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** Everything that could still write to its output has ended, too. */
  readonly fallenSilent: Promise<void>;
}

const ROOT = join(import.meta.dirname, "../..");
const MAIN = join(ROOT, "server/main.ts");

/** The flags of `npm start`. */
const FLAGS = ["--max-semi-space-size=16"];

/** Starts the program as people do. Whoever calls it ends it. */
export function launchServer(options: LaunchOptions): ServerProcess {
  const { HOME, LANG, PATH, TMPDIR } = process.env;
  const [program, args, cwd] = options.isThroughNpm
    ? (["npm", ["start"], ROOT] as const)
    : ([process.execPath, [...FLAGS, MAIN], tmpdir()] as const);
  const child = spawn(program, args, {
    cwd,
    env: {
      ...{ HOME, LANG, PATH, TMPDIR },
      ...databaseVariables(options.database),
      DATA_DIR: options.dataDir,
      PORT: "0",
      // Nothing is asked of a storage but what the test does, unless it wants that.
      WATCH_SECONDS: "0",
      ...options.environment,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once("exit", (code, signal) => resolve(signal ?? code ?? -1));
  });
  const fallenSilent = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
  });
  let [out, err] = ["", ""];
  const lines = (): string[] => out.split("\n").slice(0, -1);
  const baseUrl = new Promise<string>((resolve, reject) => {
    let isReady = false;
    child.stdout.setEncoding("utf8").on("data", (piece: string) => {
      out += piece;
      // Under load there are thousands of lines, and looking through all of them each time costs
      // more than the server does.
      if (isReady) return;
      const ready = lines().find((line) => line.includes("Backline is ready at "));
      isReady = ready !== undefined;
      if (ready) resolve(/https?:\/\/\S+/.exec(ready)?.[0] ?? "");
    });
    child.stderr.setEncoding("utf8").on("data", (piece: string) => {
      err += piece;
    });
    child.once("close", () => reject(new Error(`The server ended: ${err}${out}`)));
  });
  // Tests of a start that fails only look at how it ended.
  baseUrl.catch(() => {});

  return {
    pid: child.pid ?? 0,
    baseUrl,
    setupLink: () => /\S+\/setup#token=\S+/.exec(out)?.[0],
    get stdout() {
      return lines();
    },
    stderr: () => err,
    kill: (signal) => void child.kill(signal),
    ended,
    fallenSilent,
  };
}

/** A socket's folder does not fit into a URL, so it goes where libpq's programs look for it. */
function databaseVariables(target: DatabaseTarget | undefined): Record<string, string> {
  if (!target) return {};
  if ("url" in target) return { DATABASE_URL: target.url };
  return {
    DATABASE_URL: `postgres:///${target.database}`,
    PGHOST: target.host,
    PGPORT: String(target.port),
    PGUSERNAME: target.username,
  };
}
