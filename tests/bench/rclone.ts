import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import type { WebdavServer } from "#tests/support/webdav-servers.ts";

const run = promisify(execFile);

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
  const flags = ["--addr", "127.0.0.1:0", "--read-only", "--config", "/dev/null", "-v"];
  const child = spawn("rclone", ["serve", "http", await toRemote(storage), ...flags], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = once(child, "exit");
  let said = "";
  for await (const text of child.stderr.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
    said += text;
    if (/http:\/\/127\.0\.0\.1:\d+/.test(said)) break;
  }
  child.stderr.resume();
  const port = Number(/http:\/\/127\.0\.0\.1:(\d+)/.exec(said)?.[1]);
  if (!port) throw new Error(`rclone: ${said}`);
  return {
    port,
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
