import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import type { BandId } from "#contract/ids.ts";
import { uploads } from "#drizzle/schema/index.ts";
import { write } from "#server/base/db.ts";
import { openBrowser } from "#tests/auth/browser.ts";
import { createRandom } from "#tests/library/disturbances.ts";
import { createTestDatabase, createTestFolder, testDeps } from "#tests/support/deps.ts";
import { spawnServer } from "#tests/support/process.ts";
import { ADMIN } from "#tests/support/server.ts";
import {
  connect,
  createTus,
  fileHash,
  filesIn,
  hashOf,
  offsetOf,
  pathOf,
  recording,
} from "./uploading.ts";

const MB = 1024 * 1024;

test("a server that is killed again and again loses nothing of an upload, and doubles nothing", async () => {
  const [database, dataDir, folder] = await Promise.all([
    createTestDatabase(),
    createTestFolder(),
    createTestFolder(),
  ]);
  const deps = await testDeps({ database });
  const start = () => spawnServer({ database, dataDir, environment: { FOLDER_ROOTS: folder } });
  let server = await start();
  let baseUrl = await server.baseUrl;
  let browser = openBrowser(baseUrl);
  const [, setupToken] = /token=(.+)$/.exec(server.setupLink() ?? "") ?? [];
  await browser.mutate("auth.setup", { setupToken, ...ADMIN });
  const { data } = await browser.query("auth.me");
  const { personalBandId: bandId } = data as { personalBandId: BandId };
  await connect({ browser, bandId, deps }, { provider: "folder", folder });

  const bytes = recording(96 * MB);
  const random = createRandom(4711);
  let tus = createTus(browser, baseUrl);
  const path = pathOf(await tus.create({ bandId, filename: "long.wav", sizeBytes: bytes.length }));
  const readOffset = async (): Promise<number> =>
    (await deps.db.select({ at: uploads.offsetBytes }).from(uploads))[0]?.at ?? 0;
  const offsets = [0];
  for (let kills = 0; kills < 4; kills += 1) {
    const from = offsets.at(-1) ?? 0;
    const sending = tus.patch(path, from, bytes.subarray(from)).catch(() => null);
    // Somewhere in a part, at least one further on.
    await expect.poll(readOffset, { interval: 2, timeout: 10_000 }).toBeGreaterThan(from);
    await sleep(random() * 60);
    server.kill("SIGKILL");
    await Promise.all([sending, server.ended]);
    await write(deps, (tx) => tx.update(uploads).set({ leaseUntil: null }));
    server = await start();
    baseUrl = await server.baseUrl;
    browser = browser.at(baseUrl);
    tus = createTus(browser, baseUrl);
    offsets.push(offsetOf(await tus.head(path)));
  }
  expect(new Set(offsets).size).toBe(5);
  expect(offsets).toEqual(offsets.toSorted((one, other) => one - other));
  const from = offsets.at(-1) ?? 0;
  if (from < bytes.length) await tus.patch(path, from, bytes.subarray(from));
  await expect
    .poll(async () => (await tus.list(bandId))[0]?.state, { timeout: 20_000 })
    .toBe("done");
  const files = await filesIn(folder);
  expect(files).toHaveLength(1);
  expect(await fileHash(folder, files[0] ?? "")).toBe(hashOf(bytes));
}, 120_000);
