import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BandId, ConnectionId } from "#contract/ids.ts";
import type { ScanProgress } from "#contract/scans.ts";
import { type Backline, createBackline } from "#sdk/index.ts";
import { launchServer, type ServerProcess } from "#tests/support/launch.ts";
import type { WebdavServer } from "#tests/support/webdav-servers.ts";

/** A real Backline on the embedded Postgres, with its admin signed in. */
export interface Bench {
  readonly process: ServerProcess;
  readonly baseUrl: string;
  readonly admin: Backline;
  /** The cookies of the admin, for load generators. */
  readonly cookie: string;
  readonly bandId: BandId;
  stop(): Promise<void>;
}

export async function startBacklineBench(
  dataDir?: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Bench> {
  const folder = dataDir ?? (await mkdtemp(join(tmpdir(), "backline-bench-")));
  const process = launchServer({
    dataDir: folder,
    environment: { EGRESS_ALLOW_LOOPBACK: "1", LOG_LEVEL: "info", ...environment },
  });
  const baseUrl = (await process.baseUrl).replace("localhost", "127.0.0.1");
  let cookie = "";
  const admin = createBackline({
    baseUrl,
    async fetch(input, init) {
      cookie = new Headers(init?.headers).get("cookie") ?? cookie;
      return fetch(input, init);
    },
  });
  const link = process.setupLink();
  const account = { email: "anna@band.example", password: "seven blue trombones" };
  if (link) {
    const setupToken = link.split("#token=")[1] ?? "";
    await admin.api.auth.setup.mutate({ ...account, name: "Anna", setupToken });
  } else {
    await admin.api.auth.signIn.mutate({ ...account, rememberMe: false });
  }
  const { personalBandId } = await admin.api.auth.me.query();
  return {
    process,
    baseUrl,
    admin,
    get cookie() {
      return cookie;
    },
    bandId: personalBandId,
    async stop() {
      process.kill("SIGTERM");
      await process.ended;
      if (!dataDir) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The embedded database of a server that runs: a socket that its owner may open. */
export async function findDatabase(dataDir: string) {
  const file = join(dataDir, "postgres/cluster/postmaster.pid");
  const lines = (await readFile(file, "utf8")).split("\n");
  return {
    ...{ host: lines[4] ?? "", port: Number(lines[3]) },
    ...{ username: "backline", database: "backline" },
  };
}

/** Connects the whole of a WebDAV server and waits for the end of its scan. */
export async function connectAndScan(
  { admin, bandId }: Bench,
  { url, username, password }: Pick<WebdavServer, "url" | "username" | "password">,
): Promise<ScanProgress> {
  const form = { provider: "webdav", url, username, password } as const;
  const { id } = await admin.api.connections.create.mutate({ bandId, form });
  await admin.api.connections.setRoot.mutate({ connectionId: id, folder: null });
  return waitForScan(admin, bandId, id);
}

export async function waitForScan(
  admin: Backline,
  bandId: BandId,
  id: ConnectionId,
): Promise<ScanProgress> {
  for (;;) {
    const cards = await admin.api.connections.list.query({ bandId });
    const scan = cards.find((card) => card.id === id)?.scan;
    if (scan?.finishedAt) return scan;
    // Well below what an account may ask within a minute.
    await new Promise((wake) => setTimeout(wake, 100));
  }
}

/** Resident memory of a process without its children, in bytes. Linux only. */
export async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

/** Seconds of CPU that a process has used so far. Linux only. */
export async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
