import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

export interface Nginx {
  readonly port: number;
  readonly secondPort: number;
  /** Of the process that does the work. Linux only. */
  workerPid(): Promise<number>;
  stop(): Promise<void>;
}

/** What stands in its `http` block, to listen on one port of loopback or two. */
export type ToServers = (port: number, secondPort: number) => string;

const NGINX = "/usr/sbin/nginx";
/** Somebody else may take a port before it does. */
const TRIES = 5;
const LOOK_MS = 20;

/** Whether it is installed here: `apt-get install nginx-light`. */
export const hasNginx: boolean = existsSync(NGINX);

/**
 * nginx on loopback, with the buffers that it has by itself.
 *
 * @param modules - files of those that are loaded into it.
 */
export async function startNginx(
  toServers: ToServers,
  modules: readonly string[] = [],
): Promise<Nginx> {
  for (let tries = 1; ; tries += 1) {
    const ports = await findFreePorts();
    try {
      return { ...ports, ...(await start(toServers(ports.port, ports.secondPort), modules)) };
    } catch (error) {
      if (tries === TRIES || !/Address already in use/.test(String(error))) throw error;
    }
  }
}

async function start(
  servers: string,
  modules: readonly string[],
): Promise<Pick<Nginx, "workerPid" | "stop">> {
  const folder = await mkdtemp(join(tmpdir(), "backline-nginx-"));
  const isRoot = process.getuid?.() === 0;
  const config = `
    ${modules.map((file) => `load_module ${file};`).join(" ")}
    daemon off; ${isRoot ? "user root;" : ""} worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
    events { worker_connections 4096; }
    http {
      access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
      fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
      ${servers}
    }`;
  await writeFile(join(folder, "nginx.conf"), config);
  const child = spawn(
    hasNginx ? NGINX : "nginx",
    ["-p", folder, "-c", join(folder, "nginx.conf")],
    {
      stdio: ["ignore", "ignore", "pipe"],
    },
  );
  const said = text(child.stderr);
  const gone = once(child, "exit");
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await gone;
    await rm(folder, { recursive: true, force: true });
  };
  // It writes its number down when it listens.
  while (child.exitCode === null && !existsSync(join(folder, "pid"))) await sleep(LOOK_MS);
  const workerPid = async (): Promise<number> => {
    const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, "utf8");
    return Number(children.trim().split(" ")[0]);
  };
  if (child.exitCode === null) return { workerPid, stop };
  await rm(folder, { recursive: true, force: true });
  throw new Error(`nginx: ${await said}`);
}

/** A plain reverse proxy as everybody knows it, in front of the same storage, with a keep-alive pool. */
export const toPlainProxy =
  (upstreamPort: number, authorization: string): ToServers =>
  (port) =>
    `
    upstream storage { server 127.0.0.1:${upstreamPort}; keepalive 64; }
    server {
      listen 127.0.0.1:${port};
      location / {
        proxy_pass http://storage; proxy_http_version 1.1; proxy_set_header Connection "";
        proxy_set_header Authorization "${authorization}";
      }
    }`;

async function findFreePorts(): Promise<Pick<Nginx, "port" | "secondPort">> {
  const [first, second] = [createServer(), createServer()];
  const take = async (probe: typeof first): Promise<number> => {
    probe.listen(0, "127.0.0.1");
    await once(probe, "listening");
    return (probe.address() as AddressInfo).port;
  };
  const ports = { port: await take(first), secondPort: await take(second) };
  for (const probe of [first, second]) {
    probe.close();
    await once(probe, "close");
  }
  return ports;
}
