import { expect, onTestFinished, test } from "vitest";
import { createBackline } from "#sdk/index.ts";
import { mp3 } from "#tests/library/made-audio.ts";
import { createTestDatabase } from "#tests/support/deps.ts";
import { startFaultServer } from "#tests/support/fault-server.ts";
import { type ServerProcess, spawnServer } from "#tests/support/process.ts";
import { ADMIN } from "#tests/support/server.ts";

const TAKES = 40;

/** Prints where its listener for workers is, because it has chosen the port itself. */
const findInternalPort = (server: ServerProcess): number => {
  const line = server.stdout.find((each) => each.includes("Workers reach this server"));
  return Number(/"port":(\d+)/.exec(line ?? "")?.[1]);
};

test("a worker without keys scans, and another goes on when it is killed", {
  timeout: 180_000,
}, async () => {
  const cloud = await startFaultServer();
  onTestFinished(() => cloud.stop());
  for (let n = 0; n < TAKES; n += 1) {
    cloud.tree.put(`${n % 4}/take ${n}.mp3`, mp3({ TIT2: `Take ${n}` }, 0.5));
  }
  const database = await createTestDatabase();
  const web = await spawnServer({
    database,
    environment: { ROLE: "web", INTERNAL_PORT: "0", EGRESS_ALLOW_LOOPBACK: "1" },
  });
  const baseUrl = (await web.baseUrl).replace("localhost", "127.0.0.1");
  const anna = createBackline({ baseUrl });
  const setupToken = web.setupLink()?.split("#token=")[1] ?? "";
  await anna.api.auth.setup.mutate({ ...ADMIN, setupToken });
  const { personalBandId: bandId } = await anna.api.auth.me.query();
  const { url, username, password } = cloud;
  const form = { provider: "webdav", url, username, password } as const;
  const { id } = await anna.api.connections.create.mutate({ bandId, form });

  // Slow enough to be killed in the middle.
  const heal = cloud.fault({ method: "GET", bytesPerSecond: 2_000 });
  await anna.api.connections.setRoot.mutate({ connectionId: id, folder: null });
  const environment = {
    ...{ ROLE: "worker", EGRESS_ALLOW_LOOPBACK: "0" },
    INTERNAL_URL: `http://127.0.0.1:${findInternalPort(web)}`,
  };
  const scanOf = async () => {
    const all = await anna.api.connections.list.query({ bandId });
    return all.find((each) => each.id === id)?.scan ?? null;
  };
  await expect.poll(async () => (await scanOf())?.state, { timeout: 30_000 }).toBe("queued");

  const first = await spawnServer({ database, environment });
  await first.baseUrl;
  await expect.poll(async () => (await scanOf())?.state, { timeout: 30_000 }).toBe("reading");
  first.kill("SIGKILL");
  await first.ended;
  heal();
  const second = await spawnServer({ database, environment });
  const workerUrl = (await second.baseUrl).replace("localhost", "127.0.0.1");
  await expect
    .poll(async () => (await scanOf())?.state, { timeout: 90_000, interval: 500 })
    .toBe("done");
  const { tracks } = await anna.api.library.tracks.list.query({ bandId, limit: 200 });
  expect(tracks.map(({ title }) => title).toSorted()).toEqual(
    Array.from({ length: TAKES }, (_, n) => `Take ${n}`).toSorted(),
  );

  expect((await fetch(`${workerUrl}/health/ready`)).status).toBe(200);
  for (const path of ["/", "/trpc/system.info", "/setup", `/stream/${tracks[0]?.id}`]) {
    expect((await fetch(`${workerUrl}${path}`)).status).toBe(404);
  }
  const said = [...first.stdout, ...second.stdout, first.stderr(), second.stderr()].join("\n");
  expect(said).not.toContain(password);
  second.kill("SIGTERM");
  expect(await second.ended).toBe(0);
});
