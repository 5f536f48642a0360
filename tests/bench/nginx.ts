import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Peer {
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * nginx as the plain reverse proxy that everybody knows, in front of the same storage, with its
 * default buffers and a keep-alive pool.
 */
export async function startNginx(upstreamPort: number, authorization: string): Promise<Peer> {
  const folder = await mkdtemp(join(tmpdir(), "backline-nginx-"));
  const port = await findFreePort();
  const isRoot = process.getuid?.() === 0;
  const config = `
    daemon off; ${isRoot ? "user root;" : ""} worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
    events { worker_connections 1024; }
    http {
      access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
      fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
      upstream storage { server 127.0.0.1:${upstreamPort}; keepalive 64; }
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass http://storage; proxy_http_version 1.1; proxy_set_header Connection "";
          proxy_set_header Authorization "${authorization}";
        }
      }
    }`;
  await writeFile(join(folder, "nginx.conf"), config);
  const child = spawn("nginx", ["-p", folder, "-c", join(folder, "nginx.conf")], {
    stdio: "ignore",
  });
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await waitForPort(port);
  return {
    port,
    async stop() {
      child.kill("SIGTERM");
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export const findFreePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });

export async function waitForPort(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect({ port, host: "127.0.0.1" });
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (isOpen) return;
    await new Promise((wake) => setTimeout(wake, 50));
  }
  throw new Error(`Nothing listens on port ${port}.`);
}
