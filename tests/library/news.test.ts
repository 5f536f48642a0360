import { once } from "node:events";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type SQL, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { write } from "#server/base/db.ts";
import { quietInMs } from "#server/library/news.ts";
import { watchStorages } from "#server/library/watch.ts";
import * as store from "#server/library/watch-store.ts";
import { folder } from "#server/storage/folder/index.ts";
import type { OnNews } from "#server/storage/provider.ts";
import { configure } from "#server/storage/registry.ts";
import { isHeld } from "#tests/storage/folder/disk.ts";
import { createTestFolder, type TestDeps } from "#tests/support/deps.ts";
import { recordLog, silentLog } from "#tests/support/log.ts";
import { annasServer, listTracks, type World } from "#tests/support/world.ts";
import { mp3 } from "./made-audio.ts";
import { startWatching, untilSettled } from "./watching.ts";

const SOON = { timeout: 30_000, interval: 100 };
const MANY = { recursive: true };
const never = new AbortController().signal;
/** By the clock nobody looks before the test is over. */
const SELDOM = { WATCH_SECONDS: "3600" };

const take = (title: string) => mp3({ TIT2: title }, 0.2);

async function put(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, take(path));
}

/** In place of the folder's own. */
type Watching = (root: string | null, onNews: OnNews, signal: AbortSignal) => Promise<void>;

/** A folder with three recordings that is connected, scanned and watched. */
async function annasFolder(
  environment: Record<string, string>,
  { watch, log = silentLog }: { watch?: Watching; log?: TestDeps["log"] } = {},
) {
  const music = await createTestFolder();
  for (const name of ["one", "two", "three"]) await put(join(music, `Live/${name}.mp3`));
  const real = configure(folder, { FOLDER_ROOTS: [music] });
  const attach: typeof real.attach = (credential, io) => {
    const storage = real.attach(credential, io);
    if (!watch) return storage;
    return { ...storage, watch: (root, onNews) => watch(root, onNews, io.signal) };
  };
  const world = await annasServer({
    environment,
    log,
    providers: { folder: { ...real, attach } },
    isWorking: true,
  });
  const { api } = world.anna;
  const form = { provider: "folder", folder: music } as const;
  const { id: connectionId } = await api.connections.create.mutate({ bandId: world.bandId, form });
  await api.connections.setRoot.mutate({ connectionId, folder: null });
  const stop = startWatching(world.server.deps);
  await untilSettled(world);
  return { ...world, music, connectionId, stop };
}

const pathsOf = async (world: World): Promise<string[]> =>
  (await listTracks(world)).filter(({ state }) => state === "present").map(({ path }) => path);

/** When the next look is, in seconds. */
async function nextLookIn({ db }: TestDeps): Promise<number> {
  const [row] = await db.execute<{ seconds: number }>(
    sql`select extract(epoch from next_look_at - clock_timestamp())::float8 as seconds from watches`,
  );
  return row?.seconds ?? expect.unreachable();
}

/** News is acted on, that of the beginning too, and there is no more of it. */
async function untilQuiet(world: World & { music: string }): Promise<void> {
  await put(join(world.music, "Live/first.mp3"));
  await expect.poll(() => pathsOf(world), SOON).toContain("Live/first.mp3");
  await expect.poll(() => nextLookIn(world.server.deps), SOON).toBeGreaterThan(3_000);
}

test("what happens in a folder is in the library long before the clock says to look", async () => {
  const world = await annasFolder(SELDOM);
  const { music } = world;
  await put(join(music, "Live/four.mp3"));
  await expect.poll(() => pathsOf(world), SOON).toContain("Live/four.mp3");
  await rm(join(music, "Live/one.mp3"));
  await expect.poll(() => pathsOf(world), SOON).not.toContain("Live/one.mp3");
  await rename(join(music, "Live"), join(music, "Gigs"));
  const renamed = ["Gigs/four.mp3", "Gigs/three.mp3", "Gigs/two.mp3"];
  await expect.poll(() => pathsOf(world), SOON).toEqual(renamed);
  await put(join(music, "Tour/Berlin/Set 1/five.mp3"));
  await expect.poll(() => pathsOf(world), SOON).toContain("Tour/Berlin/Set 1/five.mp3");
}, 120_000);

test("what the library keeps nothing of is no news", async () => {
  const world = await annasFolder(SELDOM);
  await untilQuiet(world);
  const lookedAt = () => world.server.deps.db.execute(sql`select looked_at from watches`);
  const before = await lookedAt();
  await put(join(world.music, "Live/session.als"));
  await writeFile(join(world.music, "Live/notes.txt"), "Louder.");
  await rm(join(world.music, "Live/notes.txt"));
  await sleep(8_000);
  expect(await lookedAt()).toEqual(before);
}, 60_000);

test("a folder of a paused storage is not watched, of one that is resumed it is again, and of a removed one never more", async () => {
  const world = await annasFolder(SELDOM);
  const { music, connectionId, anna } = world;
  await expect.poll(() => isHeld(join(music, "Live")), SOON).toBe(true);
  await anna.api.connections.pause.mutate({ connectionId });
  await expect.poll(() => isHeld(music), SOON).toBe(false);
  expect(isHeld(join(music, "Live"))).toBe(false);
  await anna.api.connections.resume.mutate({ connectionId });
  await expect.poll(() => isHeld(join(music, "Live")), SOON).toBe(true);
  await anna.api.connections.remove.mutate({ connectionId });
  await expect.poll(() => isHeld(music), SOON).toBe(false);
}, 60_000);

test("with another root, that one is watched and the old one is not", async () => {
  const world = await annasFolder(SELDOM);
  const { music, connectionId, anna } = world;
  await put(join(music, "Tour/four.mp3"));
  await expect.poll(() => isHeld(music), SOON).toBe(true);
  await anna.api.connections.setRoot.mutate({ connectionId, folder: "Tour" });
  await expect.poll(() => isHeld(music), SOON).toBe(false);
  await expect.poll(() => isHeld(join(music, "Tour")), SOON).toBe(true);
}, 60_000);

test("with another access to it, what that opens is watched", async () => {
  const world = await annasFolder(SELDOM);
  const { music, connectionId, anna } = world;
  await put(join(music, "Tour/four.mp3"));
  await expect.poll(() => isHeld(music), SOON).toBe(true);
  const form = { provider: "folder", folder: join(music, "Tour") } as const;
  await anna.api.connections.reconnect.mutate({ connectionId, form });
  await expect.poll(() => isHeld(music), SOON).toBe(false);
  await expect.poll(() => isHeld(join(music, "Tour")), SOON).toBe(true);
}, 60_000);

test.each([
  ["is not about bytes", null, 1_000],
  ["is about bytes of now", 0, 5_000],
  ["is about bytes of a moment ago", -2_000, 3_000],
  ["is about bytes that are old enough in a moment", -4_900, 1_000],
  ["is about a file of yesterday", -86_400_000, 1_000],
  ["is about a file that is from the future", 60_000, 1_000],
])("news that %s is worth a look in time", (_, writtenMs, inMs) => {
  const now = new Date("2026-03-14T20:00:00Z");
  const writtenAt = writtenMs === null ? null : new Date(now.getTime() + writtenMs);
  expect(quietInMs({ kind: "file", name: "take.mp3", writtenAt }, now)).toBe(inMs);
});

test("a server that ends holds no watch any more", async () => {
  const { music, stop } = await annasFolder(SELDOM);
  await expect.poll(() => isHeld(music), SOON).toBe(true);
  await stop();
  expect(isHeld(music)).toBe(false);
  expect(isHeld(join(music, "Live"))).toBe(false);
}, 60_000);

test("nobody watches where storages are only looked at when somebody asks", async () => {
  const { music, connectionId, ...world } = await annasFolder({ WATCH_SECONDS: "1" });
  await expect.poll(() => isHeld(music), SOON).toBe(true);
  await world.stop();
  const { deps } = world.server;
  await watchStorages({ ...deps, config: { ...deps.config, watchSeconds: null } }, never);
  expect(isHeld(music)).toBe(false);
}, 60_000);

test("where no watch is to be had the clock goes on, without a warning", async () => {
  const { log, lines } = recordLog();
  const asked: (string | null)[] = [];
  const full = async (root: string | null): Promise<void> => {
    asked.push(root);
    throw Object.assign(new Error("System limit reached"), { code: "ENOSPC" });
  };
  const world = await annasFolder({ WATCH_SECONDS: "1" }, { log, watch: full });
  await put(join(world.music, "Live/four.mp3"));
  await expect.poll(() => pathsOf(world), SOON).toContain("Live/four.mp3");
  expect(asked).toEqual([null]);
  const about = lines.map((line) => JSON.parse(line)).filter((line) => line.level >= 40);
  expect(about).toEqual([]);
}, 60_000);

test("news that came while somebody looked is looked into after that", async () => {
  const world = await annasFolder(SELDOM);
  const { db } = world.server.deps;
  await untilQuiet(world);
  const set = (how: SQL) => write({ db }, (tx) => tx.execute(sql`update watches set ${how}`));
  await set(sql`lease_until = now() + interval '1 hour'`);
  await put(join(world.music, "Live/four.mp3"));
  await sleep(7_500);
  await set(sql`lease_until = null, looked_at = now(), next_look_at = now() + interval '1 hour'`);
  await expect.poll(() => pathsOf(world), SOON).toContain("Live/four.mp3");
}, 60_000);

test("news that comes while a look is brought forward brings another one", async () => {
  let tell: OnNews = () => expect.unreachable();
  const world = await annasFolder(SELDOM, {
    watch: async (_root, onNews, signal) => {
      tell = onNews;
      await once(signal, "abort");
    },
  });
  await world.stop();
  const { deps } = world.server;
  const news = { kind: "file", name: "four.mp3", writtenAt: null } as const;
  const looks = new Set<unknown>();
  const lookedAt = async (): Promise<unknown> => {
    const [row] = await deps.db.execute(sql`select looked_at::text as at from watches`);
    return row?.at;
  };
  let isArmed = false;
  const transaction: typeof deps.db.transaction = async (...given) => {
    const before = await lookedAt();
    const done = await deps.db.transaction(...given);
    // Of what is written here only bringing a look forward returns that.
    if (isArmed && done === true) {
      isArmed = false;
      // That look is over before there is more: it has not seen it, however slow all is.
      await expect.poll(lookedAt, SOON).not.toBe(before);
      looks.add(await lookedAt());
      tell(news);
    }
    return done;
  };
  const db = new Proxy(deps.db, {
    get: (target, name) => (name === "transaction" ? transaction : Reflect.get(target, name)),
  });
  const deaf = tell;
  startWatching({ ...deps, db });
  await expect.poll(() => tell !== deaf, SOON).toBe(true);
  await expect.poll(() => nextLookIn(deps), SOON).toBeGreaterThan(3_000);
  const count = async (): Promise<number> => looks.add(await lookedAt()).size;
  expect(await count()).toBe(1);
  isArmed = true;
  tell(news);
  await expect.poll(count, SOON).toBe(3);
}, 60_000);

const STATES: readonly (readonly [string, SQL, boolean])[] = [
  ["all is well", sql`failures = 0`, true],
  ["it was looked at just now", sql`looked_at = now() - interval '2 seconds'`, false],
  ["somebody looks", sql`lease_until = now() + interval '10 seconds'`, false],
  ["who looked has died", sql`lease_until = now() - interval '1 second'`, true],
  ["it did not answer", sql`failures = 1`, false],
  ["it is slow", sql`next_look_at = looked_at + interval '300 seconds'`, false],
  [
    "it is slow, and a quarter of its pause is over",
    sql`next_look_at = now() + interval '210 seconds', looked_at = now() - interval '90 seconds'`,
    true,
  ],
];

test("news hurries nobody who has a reason to wait", async () => {
  const { server, connectionId, stop } = await annasFolder({ WATCH_SECONDS: "15" });
  await stop();
  for (const [name, state, isHurried] of STATES) {
    await write(server.deps, async (tx) => {
      await tx.execute(sql`update watches set failures = 0, lease_until = null,
        looked_at = now() - interval '5 seconds', next_look_at = now() + interval '10 seconds'`);
      await tx.execute(sql`update watches set ${state}`);
    });
    const before = await nextLookIn(server.deps);
    const newsworthy = await store.listNewsworthy(server.deps.db, ["folder"], 15);
    expect(newsworthy, name).toMatchObject([{ id: connectionId, mayHurry: isHurried }]);
    const hurried = await write(server.deps, (tx) => store.hurryLook(tx, connectionId, 15));
    expect(hurried, name).toBe(isHurried);
    const after = await nextLookIn(server.deps);
    if (isHurried) expect(after, name).toBeLessThanOrEqual(0);
    else expect(after, name).toBeGreaterThan(before - 1);
  }
});

test("a disk is looked at as often with many folders as with few", async () => {
  const world = await annasFolder({ WATCH_SECONDS: "1" });
  for (let index = 0; index < 80; index += 1) await mkdir(join(world.music, `Tour/${index}`), MANY);
  await put(join(world.music, "Tour/7/four.mp3"));
  await expect.poll(() => pathsOf(world), SOON).toContain("Tour/7/four.mp3");
  expect(await nextLookIn(world.server.deps)).toBeLessThan(20);
}, 60_000);
