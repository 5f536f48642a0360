import { randomBytes } from "node:crypto";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { createBackline } from "#sdk/index.ts";
import { wav } from "#tests/library/made-audio.ts";
import { createEmptyDatabase, createTestDatabase, createTestFolder } from "#tests/support/deps.ts";
import { spawnServer } from "#tests/support/process.ts";
import { ask } from "#tests/support/raw-http.ts";
import { ADMIN } from "#tests/support/server.ts";

const portOf = (baseUrl: string): number => Number(new URL(baseUrl).port);
const ring = (kid: string): string => `${kid}:${randomBytes(32).toString("base64")}`;
const keys = () => ({ ENCRYPTION_KEYS: ring("k1"), SESSION_KEYS: ring("k1") });

/** Whether nobody listens there any more. */
const isRefused = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1")
      .once("connect", () => resolve(socket.destroy() && false))
      .once("error", () => resolve(true));
  });

/** Everything it wrote that is for machines. */
const logOf = (stdout: readonly string[]): Record<string, unknown>[] =>
  stdout.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));

describe("npm start", { timeout: 60_000 }, () => {
  test("needs nothing, and what was done is there after a restart", async () => {
    const dataDir = join(await createTestFolder(), "made by the server");
    const first = await spawnServer({ dataDir });
    const baseUrl = await first.baseUrl;
    expect(baseUrl).toMatch(/^http:\/\/localhost:\d+$/);
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
    expect((await stat(join(dataDir, "keys.json"))).mode & 0o777).toBe(0o600);

    const link = new URL(first.setupLink() ?? "");
    expect(link.origin + link.pathname).toBe(`${baseUrl}/setup`);
    expect(link.search).toBe("");
    const backline = createBackline({ baseUrl });
    const setupToken = link.hash.replace("#token=", "");
    await backline.api.auth.setup.mutate({ setupToken, ...ADMIN });
    first.kill("SIGINT");
    expect(await first.ended).toBe(0);
    // The token is for eyes only: no line of the log has it.
    expect(JSON.stringify(logOf(first.stdout))).not.toContain(setupToken);
    expect(first.stderr()).toBe("");

    const second = await spawnServer({ dataDir });
    const again = createBackline({ baseUrl: await second.baseUrl });
    expect(second.setupLink()).toBeUndefined();
    const { email, password } = ADMIN;
    const answer = await again.api.auth.signIn.mutate({ email, password, rememberMe: false });
    expect(answer.status === "signed_in" && answer.me.user.name).toBe(ADMIN.name);
    second.kill("SIGKILL");
    await second.ended;

    const third = await spawnServer({ dataDir });
    expect((await ask(portOf(await third.baseUrl), "/health/ready")).status).toBe(200);
  });

  test("prints the setup link again, with another token, until somebody has used it", async () => {
    const database = await createTestDatabase();
    const dataDir = await createTestFolder();
    const links = [];
    for (let i = 0; i < 2; i += 1) {
      const server = await spawnServer({ dataDir, database });
      await server.baseUrl;
      links.push(server.setupLink()?.split("#")[1]);
      server.kill("SIGINT");
      await server.ended;
    }
    expect(links[0]).toMatch(/^token=.{40,}/);
    expect(links[0]).not.toBe(links[1]);
  });

  test("three times at once on an empty database makes the tables once, and all are ready", async () => {
    const database = await createEmptyDatabase();
    const environment = keys();
    const servers = await Promise.all([1, 2, 3].map(() => spawnServer({ database, environment })));
    for (const server of servers) {
      const port = portOf(await server.baseUrl);
      expect((await ask(port, "/health/ready")).status).toBe(200);
      expect((await ask(port, "/trpc/system.info")).status).toBe(200);
    }
  });
});

describe("a start that can't be", { timeout: 60_000 }, () => {
  test("for its settings ends with all of them, and no value", async () => {
    const server = await spawnServer({
      environment: { PORT: "canary", SESSION_KEYS: "canary", TRUST_PROXY: "2" },
    });
    expect(await server.ended).toBe(1);
    expect(server.stderr()).toMatch(/^The environment is not usable:\n( {2}[A-Z_]+: .+\n){3}$/);
    expect(server.stderr() + server.stdout.join()).not.toContain("canary");
  });

  test("for somebody else's data folder says whose it is", async () => {
    const dataDir = await createTestFolder();
    const first = await spawnServer({ dataDir });
    await first.baseUrl;
    const second = await spawnServer({ dataDir });
    expect(await second.ended).toBe(1);
    expect(second.stderr()).toMatch(/^Another Backline is running on this data folder.+\n$/);
    expect((await ask(portOf(await first.baseUrl), "/health/ready")).status).toBe(200);
  });

  test("for a taken port, an unknown address or a port for root says so in a sentence", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void taken.close());
    await new Promise((resolve) => taken.once("listening", resolve));
    const bound = taken.address();
    const port = String(typeof bound === "object" && bound ? bound.port : 0);
    const database = await createTestDatabase();
    const dataDir = await createTestFolder();
    const failing = async (environment: Record<string, string>) => {
      const server = await spawnServer({ dataDir, database, environment });
      expect(await server.ended).toBe(1);
      return server.stderr();
    };
    expect(await failing({ PORT: port })).toBe(
      `Port ${port} is taken by another program, perhaps another Backline. Stop that one, or set PORT to another number.\n`,
    );
    expect(await failing({ HOST: "203.0.113.7" })).toMatch(/^This machine has no address called/);
    expect(await failing({ HOST: "nowhere.invalid" })).toMatch(
      /^This machine has no address called/,
    );
  });

  test("for a database that is not there names neither user nor password", async () => {
    const server = await spawnServer({
      environment: { DATABASE_URL: "postgres://canary-user:canary-password@127.0.0.1:1/canary-db" },
    });
    expect(await server.ended).toBe(1);
    expect(server.stderr()).toMatch(/^Backline can't reach its database \(ECONNREFUSED\)\./);
    expect(server.stderr() + server.stdout.join()).not.toContain("canary");
  });

  test("for the keys of another server says where the right ones are", async () => {
    const database = await createTestDatabase();
    const first = await spawnServer({ database, environment: keys() });
    await first.baseUrl;
    const second = await spawnServer({ database, environment: keys() });
    expect(await second.ended).toBe(1);
    expect(second.stderr()).toMatch(/Copy keys\.json from the data folder/);
    expect((await ask(portOf(await first.baseUrl), "/health/ready")).status).toBe(200);
  });

  test("for a data folder that is a file says so, and leaves it alone", async () => {
    const folder = await createTestFolder();
    const dataDir = join(folder, "file");
    await writeFile(dataDir, "mine");
    const server = await spawnServer({ dataDir });
    expect(await server.ended).toBe(1);
    expect(server.stderr()).toMatch(/^Backline can't make its data folder/);
    expect(await readdir(folder)).toEqual(["file"]);
  });
});

describe("a server that is told to stop", { timeout: 60_000 }, () => {
  test("by SIGTERM says first that it is not ready, and ends with 0", async () => {
    const server = await spawnServer({ database: await createTestDatabase() });
    const port = portOf(await server.baseUrl);
    server.kill("SIGTERM");
    await expect
      .poll(async () => (await ask(port, "/health/ready")).body, { timeout: 2_000, interval: 20 })
      .toContain("stopping");
    expect(await server.ended).toBe(0);
    expect(logOf(server.stdout).map((line) => line.msg)).toContain("stopped");
    expect(server.stderr()).toBe("");
  });

  test("by SIGTERM lets a recording play to its end before it goes", async () => {
    const roots = await createTestFolder();
    const recording = wav(400);
    await writeFile(join(roots, "long.wav"), recording);
    const server = await spawnServer({
      database: await createTestDatabase(),
      environment: { FOLDER_ROOTS: roots },
    });
    const backline = createBackline({ baseUrl: await server.baseUrl });
    const { api } = backline;
    const setupToken = server.setupLink()?.split("#token=")[1] ?? "";
    const { me } = await api.auth.setup
      .mutate({ setupToken, ...ADMIN })
      .then((answer) => (answer.status === "signed_in" ? answer : Promise.reject(answer)));
    const bandId = me.personalBandId;
    const form = { provider: "folder", folder: roots } as const;
    const { id: connectionId } = await api.connections.create.mutate({ bandId, form });
    await api.connections.setRoot.mutate({ connectionId, folder: null });
    const list = () => api.library.tracks.list.query({ bandId });
    await expect.poll(async () => (await list()).tracks.length, { timeout: 20_000 }).toBe(1);
    const [track] = (await list()).tracks;
    if (!track) throw new Error("no track");

    // Far more than the buffers between us hold, so that it is in the middle until we go on.
    const response = await backline.fetch(backline.streamUrl(track.id));
    const reader = response.body?.getReader();
    const first = await reader?.read();
    server.kill("SIGTERM");
    const port = portOf(await server.baseUrl);
    await expect.poll(() => isRefused(port), { timeout: 5_000 }).toBe(true);

    const received = [Buffer.from(first?.value ?? [])];
    for (;;) {
      const piece = await reader?.read();
      if (!piece || piece.done) break;
      received.push(Buffer.from(piece.value));
    }
    expect(Buffer.concat(received).equals(recording)).toBe(true);
    expect(await server.ended).toBe(0);
  });

  test("twice ends at once, and leaves no Postgres behind", async () => {
    const dataDir = await createTestFolder();
    const server = await spawnServer({ dataDir });
    await server.baseUrl;
    server.kill("SIGTERM");
    await expect.poll(() => server.stdout.join()).toContain("stopping");
    server.kill("SIGTERM");
    expect(await server.ended).toBe(1);
    const next = await spawnServer({ dataDir });
    await next.baseUrl;
  });

  test("by a SIGTERM to npm stops in order, though npm's shell ends without a word", async () => {
    const dataDir = await createTestFolder();
    const server = await spawnServer({ dataDir, isThroughNpm: true });
    await server.baseUrl;
    server.kill("SIGTERM");
    await server.ended;
    await server.fallenSilent;
    expect(logOf(server.stdout).map((line) => line.msg)).toContain("stopped");
    const next = await spawnServer({ dataDir });
    expect((await ask(portOf(await next.baseUrl), "/health/ready")).status).toBe(200);
  });

  test("while it starts ends, too", async () => {
    const dataDir = await createTestFolder();
    const server = await spawnServer({ dataDir });
    await expect.poll(() => readdir(dataDir)).toContain("postgres");
    server.kill("SIGTERM");
    expect([0, 1, "SIGTERM"]).toContain(await server.ended);
    const next = await spawnServer({ dataDir });
    expect((await ask(portOf(await next.baseUrl), "/health/ready")).status).toBe(200);
  });
});

test("a server whose own Postgres is killed ends, so that both are started again", {
  timeout: 60_000,
}, async () => {
  const dataDir = await createTestFolder();
  const server = await spawnServer({ dataDir });
  await server.baseUrl;
  const pid = Number(
    (await readFile(join(dataDir, "postgres/cluster/postmaster.pid"), "utf8")).split("\n")[0],
  );
  process.kill(pid, "SIGKILL");
  expect(await server.ended).toBe(1);
  expect(logOf(server.stdout).some((line) => line.level === 60)).toBe(true);
  const next = await spawnServer({ dataDir });
  expect((await ask(portOf(await next.baseUrl), "/health/ready")).status).toBe(200);
});
