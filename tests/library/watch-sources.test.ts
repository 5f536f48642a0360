import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import type { ConnectForm } from "#contract/connections.ts";
import { annasGoogle } from "#tests/connections/google-world.ts";
import { formOf, annasServer as startMediaServer } from "#tests/storage/jellyfin/worlds.ts";
import { createTestFolder } from "#tests/support/deps.ts";
import { startFakeS3 } from "#tests/support/fake-s3.ts";
import { startFaultServer } from "#tests/support/fault-server.ts";
import { hasSwift, startSwift } from "#tests/support/swift.ts";
import { installedServers, type StartWebdavServer } from "#tests/support/webdav-servers.ts";
import { listTracks, type World } from "#tests/support/world.ts";
import { mp3 } from "./made-audio.ts";
import { startWatching, untilSettled } from "./watching.ts";

/** A storage that recordings appear in, and how Anna's server gets to it. */
interface Source {
  readonly name: string;
  readonly form: ConnectForm;
  put(path: string, bytes: Buffer): Promise<void>;
}

const ROUNDS = 2;
const PROMISED_SECONDS = 30;

const inFolder = (folder: string) => async (path: string, bytes: Buffer) => {
  await mkdir(join(folder, path, ".."), { recursive: true });
  await writeFile(join(folder, path), bytes);
};

async function overWebdav(name: string, start: StartWebdavServer): Promise<Source> {
  const server = await start(await createTestFolder());
  onTestFinished(() => server.stop());
  const { url, username, password, folder } = server;
  return { name, form: { provider: "webdav", url, username, password }, put: inFolder(folder) };
}

async function nextcloud(): Promise<Source> {
  const cloud = await startFaultServer({ persona: "nextcloud" });
  onTestFinished(() => cloud.stop());
  const { url, username, password, tree } = cloud;
  const put = async (path: string, bytes: Buffer) => tree.put(path, bytes);
  return { name: "Nextcloud", form: { provider: "webdav", url, username, password }, put };
}

async function mediaServer(product: "jellyfin" | "emby"): Promise<Source> {
  const media = await startMediaServer(product);
  const put = async (path: string, bytes: Buffer) => media.library.put(`Music/${path}`, bytes);
  return { name: product, form: formOf(media), put };
}

const toS3Form = (at: { endpoint: string; accessKeyId: string; secretAccessKey: string }) => ({
  provider: "s3" as const,
  endpoint: at.endpoint,
  accessKeyId: at.accessKeyId,
  secretAccessKey: at.secretAccessKey,
  region: "us-east-1",
  pathStyle: true,
});

async function amazon(): Promise<Source> {
  const cloud = await startFakeS3();
  onTestFinished(() => cloud.stop());
  const put = async (path: string, bytes: Buffer) => void cloud.put(path, bytes);
  return {
    name: "Amazon S3",
    form: { ...toS3Form(cloud), region: cloud.region, bucket: cloud.bucket },
    put,
  };
}

async function swift(): Promise<Source> {
  const server = await startSwift(180_000);
  onTestFinished(() => server.stop());
  const { name: bucket, put } = await server.createBucket();
  return { name: "OpenStack Swift", form: { ...toS3Form(server), bucket }, put };
}

async function startSources(folder: string): Promise<Source[]> {
  // It takes long to start, and gives up when it has to share.
  const first = hasSwift ? [await swift()] : [];
  return Promise.all([
    ...first,
    ...Object.entries(installedServers).map(([name, start]) => overWebdav(name, start)),
    ...[nextcloud(), mediaServer("jellyfin"), mediaServer("emby"), amazon()],
    { name: "folder", form: { provider: "folder", folder } as const, put: inFolder(folder) },
  ]);
}

/** Connects a source as it is; its band has several then. */
async function connect({ anna, bandId }: World, { form, name }: Source): Promise<void> {
  const { id, provider } = await anna.api.connections.create.mutate({ bandId, form });
  const { folders } = await anna.api.connections.browse.query({ connectionId: id, folder: null });
  const folder = provider === "jellyfin" ? (folders[0]?.ref ?? null) : null;
  await anna.api.connections.setRoot.mutate({ connectionId: id, folder }).catch((error) => {
    throw new Error(`${name}: ${error}`);
  });
}

/** Seconds until each is there with its tags, by name. */
async function untilAllThere(world: World, titles: readonly string[]) {
  const beganAtMs = performance.now();
  const seen = new Map<string, number>();
  while (seen.size < titles.length && performance.now() - beganAtMs < 60_000) {
    const tracks = await listTracks(world);
    for (const title of titles) {
      const isThere = tracks.some((track) => track.title === title && track.state === "present");
      if (isThere && !seen.has(title)) seen.set(title, (performance.now() - beganAtMs) / 1000);
    }
    await sleep(250);
  }
  return seen;
}

test("a new recording is in the library within 30 s of appearing, wherever it appears", async () => {
  const folder = await createTestFolder();
  const environment = { FOLDER_ROOTS: folder };
  const world = await annasGoogle({ environment, isWorking: true });
  const google: Omit<Source, "form"> = {
    name: "Google Drive",
    put: async (path, bytes) => void world.google.tree.put(path, bytes),
  };
  const sources = await startSources(folder);
  const all = [google, ...sources];
  for (const { name, put } of all) await put(`${name}/old.mp3`, mp3({ TIT2: `${name} 0` }, 0.2));
  for (const source of sources) await connect(world, source);
  const { id: connectionId } = await world.connect();
  await world.anna.api.connections.setRoot.mutate({ connectionId, folder: null });
  expect(world.server.deps.config.watchSeconds).toBe(15);
  startWatching(world.server.deps);
  await untilSettled(world);

  const figures = new Map<string, number[]>();
  for (let round = 1; round <= ROUNDS; round += 1) {
    const titles = all.map(({ name }) => `${name} ${round}`);
    for (const { name, put } of all) {
      await put(`${name}/Take ${round}/new.mp3`, mp3({ TIT2: `${name} ${round}` }, 0.2));
    }
    const seconds = await untilAllThere(world, titles);
    for (const { name } of all) {
      const took = seconds.get(`${name} ${round}`) ?? Number.POSITIVE_INFINITY;
      figures.set(name, [...(figures.get(name) ?? []), took]);
    }
  }
  const told = [...figures].map(([name, each]) => `${name} ${Math.max(...each).toFixed(1)} s`);
  process.stdout.write(`A new recording was in the library after: ${told.join(", ")}.\n`);
  for (const [name, each] of figures) {
    expect(Math.max(...each), name).toBeLessThan(PROMISED_SECONDS);
  }
}, 480_000);
