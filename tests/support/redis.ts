import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
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

/** Where one of them is installed here; `undefined` where none is. */
const PROGRAM = (process.env.PATH ?? "")
  .split(delimiter)
  .flatMap((folder) => PROGRAMS.map((name) => join(folder, name)))
  .find((path) => existsSync(path));

/** Nobody needs a Redis to run Backline, so the tests go without where there is none. */
export const hasRedis = PROGRAM !== undefined;

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
  const options = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder];
  const child = spawn(PROGRAM ?? "", [...options, "--save", "", "--appendonly", "no"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  await new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`Redis ended with ${code}.`)));
    child.stdout?.on("data", (text: Buffer) => {
      if (/ready to accept connections/i.test(String(text))) resolve();
    });
  });
  return child;
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : 0;
}
