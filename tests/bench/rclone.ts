import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { WebdavServer } from "#tests/support/webdav-servers.ts";

const run = promisify(execFile);
const STARTUP_MS = 15_000;
const LOOK_MS = 50;

type Storage = Pick<WebdavServer, "url" | "username" | "password">;

/** A WebDAV server as rclone wants to be told of it, without a file of its own. */
export async function toRemote({ url, username, password }: Storage): Promise<string> {
  const { stdout } = await run("rclone", ["obscure", password]);
  return `:webdav,url="${url}",vendor=other,user=${username},pass=${stdout.trim()}:`;
}

/** As it says it: Debian's is years old, and newer ones may be faster. */
export async function rcloneVersion(): Promise<string> {
  const { stdout } = await run("rclone", ["version"]);
  return /v(\d+\.\d+\.\d+)/.exec(stdout)?.[1] ?? "unknown";
}

export interface RcloneHttp {
  readonly port: number;
  stop(): Promise<void>;
}

/** `rclone serve http` of a WebDAV server, as it is without any cache. */
export async function startRcloneHttp(storage: Storage): Promise<RcloneHttp> {
  const port = await findFreePort();
  const flags = ["--addr", `127.0.0.1:${port}`, "--read-only", "--config", "/dev/null"];
  const child = spawn("rclone", ["serve", "http", await toRemote(storage), ...flags], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const ended = once(child, "exit");
  // It does not say when it listens.
  const until = performance.now() + STARTUP_MS;
  while (!(await answers(port))) {
    if (child.exitCode !== null || performance.now() > until) {
      child.kill("SIGKILL");
      throw new Error("rclone does not serve.");
    }
    await sleep(LOOK_MS);
  }
  return {
    port,
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

async function answers(port: number): Promise<boolean> {
  try {
    const { ok, body } = await fetch(`http://127.0.0.1:${port}/`);
    await body?.cancel();
    return ok;
  } catch {
    return false;
  }
}

async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}
