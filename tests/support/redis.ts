import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { onTestFinished } from "vitest";
import { createTestFolder } from "./deps.ts";

/** A Redis of the test's own, on a loopback port; it keeps nothing. */
export interface RedisServer {
  readonly url: string;
  /** As a crash would; what was counted is gone. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

const PROGRAMS = ["redis-server", "valkey-server"];

const HOW_TO =
  "The tests of limits need a Redis or Valkey, and neither redis-server nor valkey-server was found. " +
  "Install one (Debian, Ubuntu: `sudo apt-get install redis-server`) and run `npm test` again.";

/** @throws Error that says how to get one, when there is none. */
export async function startRedis(): Promise<RedisServer> {
  const folder = await createTestFolder();
  const port = await findFreePort();
  let running: ChildProcess | undefined;
  const stop = async (): Promise<void> => {
    const process = running;
    running = undefined;
    if (!process || process.exitCode !== null) return;
    process.kill("SIGKILL");
    await once(process, "exit");
  };
  const start = async (): Promise<void> => {
    running = await launch(port, folder);
  };
  onTestFinished(stop);
  await start();
  return { url: `redis://127.0.0.1:${port}`, stop, start };
}

async function launch(port: number, folder: string): Promise<ChildProcess> {
  for (const program of PROGRAMS) {
    const options = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder];
    const process = spawn(program, [...options, "--save", "", "--appendonly", "no"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    if (await isReady(process)) return process;
  }
  throw new Error(HOW_TO);
}

/** False when there is no such program. */
function isReady(process: ChildProcess): Promise<boolean> {
  return new Promise((resolve, reject) => {
    process.once("error", () => resolve(false));
    process.once("exit", (code) => reject(new Error(`Redis ended with ${code}.`)));
    process.stdout?.on("data", (text: Buffer) => {
      if (/ready to accept connections/i.test(String(text))) resolve(true);
    });
  });
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : 0;
}
