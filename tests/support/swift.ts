import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/**
 * OpenStack Swift with its S3 API, which checks every signature, on loopback:
 * `apt-get install --no-install-recommends swift-proxy swift-account swift-container swift-object`.
 * Files are put there through Swift's own API, so that nothing of ours has a hand in it.
 */
export interface Swift {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  createBucket(): Promise<SwiftBucket>;
  stop(): Promise<void>;
}

export interface SwiftBucket {
  readonly name: string;
  put(key: string, bytes: Buffer): Promise<void>;
  remove(key: string): Promise<void>;
  copy(from: string, to: string): Promise<void>;
}

const KINDS = ["account", "container", "object"] as const;
const USER = "test:tester";
const SECRET = "testing-4711";
const STARTUP_MS = 45_000;
/** Of one listing. It takes 30 uploads a second at most, so more pages are to be had with short ones. */
const PAGE_KEYS = 40;

/** Whether it is installed here. */
export const hasSwift: boolean = ["proxy", ...KINDS].every((kind) =>
  existsSync(`/usr/bin/swift-${kind}-server`),
);

/** Three rings of one device each; the command for it takes longer than the servers to start. */
const RINGS = `
import sys
from swift.common.ring import RingBuilder
home, ports = sys.argv[1], sys.argv[2:]
for kind, port in zip(("account", "container", "object"), ports):
    builder = RingBuilder(4, 1, 1)
    builder.add_dev({"id": 0, "region": 1, "zone": 1, "weight": 1.0, "device": "disk",
                     "ip": "127.0.0.1", "port": int(port)})
    builder.rebalance()
    builder.get_ring().save(f"{home}/{kind}.ring.gz")
`;

/** @param patienceMs - on a busy machine it takes a minute and more to start. */
export async function startSwift(patienceMs = STARTUP_MS): Promise<Swift> {
  // It syncs every file to the disk: in memory it is several times as fast.
  const base = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
  const home = await mkdtemp(join(base, "backline-swift-"));
  await mkdir(join(home, "devices/disk"), { recursive: true });
  await chmod(home, 0o755);
  const [proxyPort, backDoorPort, ...ringPorts] = await findFreePorts(KINDS.length + 2);
  await run("/usr/bin/python3", ["-c", RINGS, home, ...ringPorts.map(String)]);
  const user = process.getuid?.() === 0 ? "root" : (process.env.USER ?? "nobody");
  const configs = {
    ...Object.fromEntries(
      KINDS.map((kind, at) => [kind, toConfig(kind, home, user, ringPorts[at])]),
    ),
    proxy: toProxyConfig(home, user, proxyPort, "s3api tempauth copy slo"),
    "back-door": toProxyConfig(home, user, backDoorPort, "copy slo"),
  };
  const children: ChildProcess[] = [];
  for (const [kind, config] of Object.entries(configs)) {
    await writeFile(join(home, `${kind}.conf`), config);
    const program = kind === "back-door" ? "proxy" : kind;
    children.push(startChild(`/usr/bin/swift-${program}-server`, [join(home, `${kind}.conf`)]));
  }
  const stop = async (): Promise<void> => {
    await Promise.all(children.map(stopChild));
    await rm(home, { recursive: true, force: true });
  };
  const endpoint = `http://127.0.0.1:${proxyPort}`;
  const backDoor = `http://127.0.0.1:${backDoorPort}/v1/AUTH_test`;
  await untilAnswers([endpoint, `${backDoor}/first`], children, patienceMs).catch(async (error) => {
    await stop();
    throw error;
  });
  let buckets = 0;
  return {
    endpoint,
    accessKeyId: USER,
    secretAccessKey: SECRET,
    async createBucket() {
      buckets += 1;
      const name = `band-${buckets}`;
      const ask = createAsk(`${backDoor}/${name}`);
      await ask("PUT", null);
      return {
        name,
        put: (key, bytes) => ask("PUT", key, {}, bytes),
        remove: (key) => ask("DELETE", key),
        copy: (from, to) =>
          ask("PUT", to, { "x-copy-from": encodeURIComponent(`${name}/${from}`) }),
      };
    },
    stop,
  };
}

function createAsk(url: string) {
  return async (
    method: string,
    key: string | null,
    headers: Record<string, string> = {},
    body?: Buffer,
  ): Promise<void> => {
    const address = key === null ? url : `${url}/${encodeURIComponent(key)}`;
    const answer = await fetch(address, {
      method,
      headers,
      ...(body ? { body: new Uint8Array(body) } : {}),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`Swift: ${method} ${address}: ${answer.status} ${text}`);
  };
}

async function untilAnswers(
  [endpoint, container]: readonly [string, string],
  children: readonly ChildProcess[],
  patienceMs: number,
): Promise<void> {
  let said = "";
  for (const { stderr } of children) {
    stderr?.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-4000);
    });
  }
  const deadline = Date.now() + patienceMs;
  while (children.every(({ exitCode }) => exitCode === null) && Date.now() < deadline) {
    const anonymous = await fetch(endpoint).catch(() => null);
    const made = await fetch(container, { method: "PUT" }).catch(() => null);
    if (anonymous && made?.ok) return;
    await delay(100);
  }
  throw new Error(`Swift did not start: ${said}`);
}

const toConfig = (kind: string, home: string, user: string, port = 0): string => `
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${port}
workers = 0
user = ${user}
swift_dir = ${home}
devices = ${home}/devices
mount_check = false
log_level = ERROR
fallocate_reserve = 0
disable_fallocate = true
[pipeline:main]
pipeline = ${kind}-server
[app:${kind}-server]
use = egg:swift#${kind}
`;

/**
 * A server that was not there ten times is left out for a minute otherwise: at the start, all are.
 *
 * @param middle - without the two that ask who somebody is, everybody may do everything.
 */
const toProxyConfig = (home: string, user: string, port = 0, middle = ""): string => `
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${port}
workers = 0
user = ${user}
swift_dir = ${home}
log_level = ERROR
[pipeline:main]
pipeline = catch_errors gatekeeper cache listing_formats ${middle} proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
allow_account_management = true
error_suppression_limit = 1000000
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:1
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:s3api]
use = egg:swift#s3api
s3_acl = false
max_bucket_listing = ${PAGE_KEYS}
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = ${SECRET} .admin
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
`;

/** Ends the server when its standard input closes: also when this process is killed. */
const WATCHED =
  'exec 3<&0; "$@" & server=$!; (cat <&3 >/dev/null; kill "$server" 2>/dev/null) & wait "$server"';

const startChild = (program: string, args: readonly string[]): ChildProcess =>
  spawn("/bin/sh", ["-c", WATCHED, "sh", program, ...args], {
    env: { PATH: "/usr/bin:/bin" },
    stdio: ["pipe", "ignore", "pipe"],
  });

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.stdin?.end();
  await ended;
}

async function run(program: string, args: readonly string[]): Promise<void> {
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "inherit"] });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`${program} ended with ${code}.`);
}

async function findFreePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}
