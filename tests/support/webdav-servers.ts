import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import nephele from "nephele";
import { v2 as webdav } from "webdav-server";

/**
 * WebDAV servers that we did not write, on loopback, over a folder on the disk.
 *
 * ```ts
 * const server = await startNephele(await createTestFolder());
 * onTestFinished(() => server.stop());
 * await writeFile(join(server.folder, "take 1.mp3"), bytes);
 * const form = { provider: "webdav", url: server.url, username: server.username, password: server.password };
 * ```
 *
 * Nephele and webdav-server run in this process. Apache and rclone run when they are installed
 * (`apt-get install apache2 rclone`); `installedServers` says who is there.
 */
export interface WebdavServer {
  /** The DAV root, ends in `/`. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  /** What is put here is served. */
  readonly folder: string;
  /** Until the server sees what was changed in a folder that it has shown already. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

export type StartWebdavServer = (folder: string) => Promise<WebdavServer>;

const USERNAME = "anna";
/** With what Basic authentication gets wrong easily: a colon and letters beyond ASCII. */
const PASSWORD = "prøve: 4711";
/** For webdav-server, which does get it wrong. */
const PLAIN_PASSWORD = "rehearsal-4711";
const STARTUP_MS = 15_000;
const APACHE = "/usr/sbin/apache2";
const APACHE_MODULES = "/usr/lib/apache2/modules";
const RCLONE = "/usr/bin/rclone";
/** Without a cache rclone reads the whole folder again for each entry of a listing. */
const RCLONE_CACHE_MS = 20;

// Untyped modules.
const require = createRequire(import.meta.url);
const express = require("express");
const basicAuth = require("express-basic-auth");
const NepheleFiles = require("@nephele/adapter-file-system").default;
const NepheleAnybody = require("@nephele/authenticator-none").default;

/** Nephele 1.0.0-alpha.67: absolute hrefs, etags without quotes in listings. */
export async function startNephele(folder: string): Promise<WebdavServer> {
  const app = express();
  app.use(basicAuth({ users: { [USERNAME]: PASSWORD }, challenge: true, realm: "Nephele" }));
  const adapter = new NepheleFiles({ root: folder });
  const serve = nephele({ adapter, authenticator: new NepheleAnybody() }, { compression: false });
  app.use("/dav", serve);
  const server = createServer(app);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return toServer(folder, `http://127.0.0.1:${portOf(server)}/dav/`, () => stopServer(server));
}

/** webdav-server 2.6.3, the badly behaved one: no etags, no sizes in ranges, `#` not encoded. */
export async function startWebdavServer(folder: string): Promise<WebdavServer> {
  const users = new webdav.SimpleUserManager();
  const anna = users.addUser(USERNAME, PLAIN_PASSWORD, false);
  const privileges = new webdav.SimplePathPrivilegeManager();
  privileges.setRights(anna, "/", ["all"]);
  const dav = new webdav.WebDAVServer({
    hostname: "127.0.0.1",
    port: 0,
    httpAuthentication: new webdav.HTTPBasicAuthentication(users, "webdav-server"),
    privilegeManager: privileges,
    requireAuthentification: true,
  });
  await dav.setFileSystemAsync("/", new webdav.PhysicalFileSystem(folder));
  const server = await new Promise<Server>((resolve) => {
    dav.start((started) => resolve(started as unknown as Server));
  });
  const url = `http://127.0.0.1:${portOf(server)}/`;
  return { ...toServer(folder, url, () => stopServer(server)), password: PLAIN_PASSWORD };
}

/** Apache with mod_dav, as Debian has it. */
export async function startApache(folder: string): Promise<WebdavServer> {
  const home = await mkdtemp(join(tmpdir(), "backline-apache-"));
  const isRoot = process.getuid?.() === 0;
  await mkdir(join(home, "locks"), { mode: 0o777 });
  // As root it hands its requests to www-data, who must get here and to the files.
  await chmod(home, 0o755);
  await chmod(folder, 0o777);
  await chmod(join(home, "locks"), 0o777);
  const hash = createHash("sha1").update(PASSWORD).digest("base64");
  await writeFile(join(home, "users"), `${USERNAME}:{SHA}${hash}\n`);

  const port = await findFreePort();
  await writeFile(join(home, "apache.conf"), toApacheConfig({ home, folder, port, isRoot }));
  const child = startChild(APACHE, ["-f", join(home, "apache.conf"), "-DFOREGROUND"]);
  const server = toServer(folder, `http://127.0.0.1:${port}/dav/`, async () => {
    await stopChild(child);
    await rm(home, { recursive: true, force: true });
  });
  await untilAnswers(child, server);
  return server;
}

/** `rclone serve webdav`: no etags of folders. */
export async function startRclone(folder: string): Promise<WebdavServer> {
  const flags = [
    "--addr",
    "127.0.0.1:0",
    "--baseurl",
    "/files",
    "--dir-cache-time",
    `${RCLONE_CACHE_MS}ms`,
    "-v",
  ];
  const child = startChild(RCLONE, ["serve", "webdav", folder, ...flags, "--config", "/dev/null"], {
    RCLONE_USER: USERNAME,
    RCLONE_PASS: PASSWORD,
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const deadline = Date.now() + STARTUP_MS;
  for (;;) {
    const origin = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
    if (origin) {
      const settle = () => delay(RCLONE_CACHE_MS + 5);
      return { ...toServer(folder, `${origin}/files/`, () => stopChild(child)), settle };
    }
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`rclone: ${said}`);
    await delay(20);
  }
}

/** Who can be run on this machine, with what is missing here. */
export const installedServers: Readonly<Record<string, StartWebdavServer>> = {
  nephele: startNephele,
  "webdav-server": startWebdavServer,
  ...(existsSync(APACHE) && existsSync(`${APACHE_MODULES}/mod_dav_fs.so`)
    ? { apache: startApache }
    : {}),
  ...(existsSync(RCLONE) ? { rclone: startRclone } : {}),
};

/** Names of servers that the tests know and this machine does not have. */
export const missingServers: readonly string[] = ["apache", "rclone"].filter(
  (name) => !(name in installedServers),
);

const toServer = (folder: string, url: string, stop: () => Promise<void>): WebdavServer => ({
  url,
  username: USERNAME,
  password: PASSWORD,
  folder,
  settle: async () => {},
  stop,
});

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

async function stopServer(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}

/**
 * Ends the server when its standard input closes: also when this process is killed and cannot stop
 * anything any more.
 */
const WATCHED =
  'exec 3<&0; "$@" & server=$!; (cat <&3 >/dev/null; kill "$server" 2>/dev/null) & wait "$server"';

function startChild(program: string, args: readonly string[], env: Record<string, string> = {}) {
  return spawn("/bin/sh", ["-c", WATCHED, "sh", program, ...args], {
    env: { PATH: "/usr/bin:/bin", ...env },
    stdio: ["pipe", "ignore", "pipe"],
  });
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.stdin?.end();
  await ended;
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const port = portOf(server);
  await stopServer(server);
  return port;
}

async function untilAnswers(child: ChildProcess, server: WebdavServer): Promise<void> {
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const deadline = Date.now() + STARTUP_MS;
  while (child.exitCode === null && Date.now() < deadline) {
    const answer = await fetch(server.url).catch(() => null);
    if (answer?.status === 401) return;
    await delay(50);
  }
  await server.stop();
  throw new Error(`Apache did not start: ${said}`);
}

function toApacheConfig(options: {
  home: string;
  folder: string;
  port: number;
  isRoot: boolean;
}): string {
  const { home, folder, port, isRoot } = options;
  const modules = [
    "mpm_event",
    "authn_core",
    "authn_file",
    "authz_core",
    "authz_user",
    "auth_basic",
    "alias",
    "mime",
    "dir",
    "dav",
    "dav_fs",
  ];
  return `
ServerRoot "${home}"
ServerName 127.0.0.1
Listen 127.0.0.1:${port}
${modules.map((name) => `LoadModule ${name}_module ${APACHE_MODULES}/mod_${name}.so`).join("\n")}
${isRoot ? "User www-data\nGroup www-data" : ""}
PidFile "${home}/pid"
DefaultRuntimeDir "${home}"
ErrorLog "${home}/error.log"
TypesConfig /etc/mime.types
StartServers 2
ServerLimit 2
ThreadsPerChild 16
MaxRequestWorkers 32
MinSpareThreads 1
MaxSpareThreads 32
DocumentRoot "${home}"
DirectorySlash On
DavLockDB "${home}/locks/db"
Alias "/dav" "${folder}"
<Location "/dav">
  Dav On
  DirectoryIndex disabled
  AuthType Basic
  AuthName "Apache"
  AuthUserFile "${home}/users"
  Require valid-user
</Location>
`;
}
