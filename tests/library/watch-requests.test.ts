import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Changes } from "#server/storage/changes.ts";
import type { Storage, StorageIo } from "#server/storage/provider.ts";
import { s3 } from "#server/storage/s3/index.ts";
import { webdav } from "#server/storage/webdav/index.ts";
import { annasDrive } from "#tests/storage/google-drive/signed-in.ts";
import { annasServer, attachTo } from "#tests/storage/jellyfin/worlds.ts";
import { annasOnedrive } from "#tests/storage/onedrive/signed-in.ts";
import { askForChanges } from "#tests/storage/watching.ts";
import { createTestIo } from "#tests/storage/worlds.ts";
import { createTestFolder } from "#tests/support/deps.ts";
import { startFakeS3 } from "#tests/support/fake-s3.ts";
import { startFaultServer } from "#tests/support/fault-server.ts";
import { installedServers } from "#tests/support/webdav-servers.ts";

/** A storage with files in folders of fifty, and how much its server was asked. */
interface Counted {
  readonly storage: Storage;
  readonly root: string | null;
  asked(): number;
}

const bytes = Buffer.from("x");
const pathsOf = (files: number): string[] =>
  Array.from({ length: files }, (_, at) => `Folder ${Math.floor(at / 50)}/take ${at}.mp3`);

/** Requests of a server that cannot count are counted on their way out. */
function countingIo(): StorageIo & { asked(): number } {
  const io = createTestIo();
  let asked = 0;
  const request: StorageIo["egress"]["request"] = (...args) => {
    asked += 1;
    return io.egress.request(...args);
  };
  return { ...io, egress: { ...io.egress, request }, asked: () => asked };
}

async function overDav(persona: "plain" | "nextcloud", files: number): Promise<Counted> {
  const cloud = await startFaultServer({ persona });
  onTestFinished(() => cloud.stop());
  for (const path of pathsOf(files)) cloud.tree.put(path, bytes);
  const storage = webdav.attach({}, cloud.credential, createTestIo());
  return { storage, root: null, asked: () => cloud.requests.length };
}

async function overWebdav(name: string, files: number): Promise<Counted> {
  const server = await (installedServers[name] ?? expect.unreachable())(await createTestFolder());
  onTestFinished(() => server.stop());
  for (const path of pathsOf(files)) {
    await mkdir(join(server.folder, path, ".."), { recursive: true });
    await writeFile(join(server.folder, path), bytes);
  }
  const { url, username, password } = server;
  const io = countingIo();
  const credential = { url, username, password, dialect: "plain" as const, product: null };
  return { storage: webdav.attach({}, credential, io), root: null, asked: io.asked };
}

async function inBucket(files: number): Promise<Counted> {
  const cloud = await startFakeS3();
  onTestFinished(() => cloud.stop());
  for (const path of pathsOf(files)) cloud.put(path, bytes);
  const { accessKeyId, secretAccessKey, region, bucket } = cloud;
  const at = { endpoint: `${cloud.endpoint}/`, region, bucket, isPathStyle: true, product: null };
  const storage = s3.attach({}, { ...at, accessKeyId, secretAccessKey }, createTestIo());
  return { storage, root: null, asked: () => cloud.requests.length };
}

async function inLibrary(product: "jellyfin" | "emby", files: number): Promise<Counted> {
  const media = await annasServer(product);
  for (const path of pathsOf(files)) media.library.put(`Music/${path}`, bytes);
  const { storage } = await attachTo(media);
  const root = media.library.refOf("Music") ?? expect.unreachable();
  return { storage, root, asked: () => media.requests.length };
}

async function inDrive(folder: string | null, files: number): Promise<Counted> {
  const { google, storage, tree } = await annasDrive();
  for (const path of pathsOf(files)) tree.put(`Music/${path}`, bytes);
  const found = (await storage.list(null, null)).entries.find(({ name }) => name === folder);
  return { storage, root: found?.ref ?? null, asked: () => google.driveRequests.length };
}

async function inOnedrive(folder: string | null, files: number): Promise<Counted> {
  const { microsoft, storage, tree } = await annasOnedrive();
  for (const path of pathsOf(files)) tree.put(`Music/${path}`, bytes);
  const found = (await storage.list(null, null)).entries.find(({ name }) => name === folder);
  return { storage, root: found?.ref ?? null, asked: () => microsoft.graphRequests.length };
}

const kinds: Readonly<
  Record<string, { start: (files: number) => Promise<Counted>; of10: number; of1000: number }>
> = {
  Nextcloud: { start: (files) => overDav("nextcloud", files), of10: 1, of1000: 1 },
  "Google Drive, a folder": { start: (files) => inDrive("Music", files), of10: 1, of1000: 1 },
  "Google Drive, the top": { start: (files) => inDrive(null, files), of10: 2, of1000: 2 },
  "OneDrive, a folder": { start: (files) => inOnedrive("Music", files), of10: 1, of1000: 1 },
  "OneDrive, the top": { start: (files) => inOnedrive(null, files), of10: 1, of1000: 1 },
  Jellyfin: { start: (files) => inLibrary("jellyfin", files), of10: 3, of1000: 3 },
  Emby: { start: (files) => inLibrary("emby", files), of10: 3, of1000: 3 },
  S3: { start: inBucket, of10: 1, of1000: 1 },
  "plain WebDAV": { start: (files) => overDav("plain", files), of10: 2, of1000: 21 },
  ...Object.fromEntries(
    Object.keys(installedServers).map((name) => [
      name,
      { start: (files: number) => overWebdav(name, files), of10: 2, of1000: 21 },
    ]),
  ),
};

const ask = ({ storage, root }: Counted, cursor: string | null): Promise<Changes> =>
  askForChanges(storage, root, cursor);

/** Requests of the look that finds nothing. */
async function countQuietLook(counted: Counted): Promise<number> {
  let { cursor } = await ask(counted, null);
  for (let tries = 0; tries < 100; tries += 1) {
    const since = counted.asked();
    const changes = await ask(counted, cursor);
    if (changes.kind === "none") {
      const took = counted.asked() - since;
      expect(changes.requests, "what it says of itself").toBe(took);
      return took;
    }
    cursor = changes.cursor;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return expect.unreachable();
}

test.each(Object.entries(kinds))(
  "a look at an unchanged library of %s takes as many requests as are promised",
  async (name, { start, of10, of1000 }) => {
    const few = await countQuietLook(await start(10));
    const many = await countQuietLook(await start(1_000));
    process.stdout.write(`${name}: ${few} requests a look for 10 files, ${many} for 1,000.\n`);
    expect([few, many]).toEqual([of10, of1000]);
  },
  120_000,
);
