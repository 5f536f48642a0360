import { createHash, randomUUID } from "node:crypto";
import { chmodSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, expect, onTestFinished, test } from "vitest";
import { folder as folders } from "#server/storage/folder/index.ts";
import type { Storage, StorageIo } from "#server/storage/provider.ts";
import type { NewVersion } from "#server/storage/replacing.ts";
import { webdav } from "#server/storage/webdav/index.ts";
import { createTestFolder } from "#tests/support/deps.ts";
import { startFaultServer } from "#tests/support/fault-server.ts";
import { filesOf } from "#tests/support/fault-tree.ts";
import { installedServers, type StartWebdavServer } from "#tests/support/webdav-servers.ts";
import { filesIn } from "#tests/uploads/uploading.ts";
import { createTestIo } from "./worlds.ts";

/** A storage, with the hands of somebody else in it. */
interface World {
  attach(io: StorageIo): Storage;
  /** Done when it returns. */
  put(path: string, bytes: Buffer): void;
  read(path: string): Buffer;
  everything(): Promise<readonly string[]>;
}

const PATH = "Live/take.mp3";
const before = Buffer.from("as it was read");
const theirs = Buffer.from("as they want it");

/** So old that no server takes it for one that is being written. */
function putOld(folder: string, path: string, bytes: Buffer, hours: number): void {
  writeFileSync(join(folder, path), bytes);
  // Apache goes to the files as somebody else.
  chmodSync(join(folder, path), 0o666);
  const then = new Date(Date.now() - hours * 3_600_000);
  utimesSync(join(folder, path), then, then);
}

async function onDisk(folder: string): Promise<Omit<World, "attach">> {
  await mkdir(join(folder, "Live"));
  chmodSync(join(folder, "Live"), 0o777);
  let hours = 9;
  return {
    put: (path, bytes) => putOld(folder, path, bytes, hours--),
    read: (path) => readFileSync(join(folder, path)),
    everything: () => filesIn(folder),
  };
}

async function inFolder(): Promise<World> {
  const music = await createTestFolder();
  const attach = (io: StorageIo): Storage =>
    folders.attach({ FOLDER_ROOTS: [music] }, { folder: music }, io);
  return { ...(await onDisk(music)), attach };
}

const behind = (start: StartWebdavServer) => async (): Promise<World> => {
  const server = await start(await createTestFolder());
  onTestFinished(() => server.stop());
  const { url, username, password } = server;
  const credential = { url, username, password, dialect: "plain" as const, product: null };
  const attach = (io: StorageIo): Storage => webdav.attach({}, credential, io);
  return { ...(await onDisk(server.folder)), attach };
};

async function inNextcloud(): Promise<World> {
  const cloud = await startFaultServer({ persona: "nextcloud" });
  onTestFinished(() => cloud.stop());
  return {
    attach: (io) => webdav.attach({}, cloud.credential, io),
    put: (path, bytes) => cloud.tree.put(path, bytes),
    read(path) {
      const node = cloud.tree.find(path);
      return node?.kind === "file" ? node.bytes(0, node.sizeBytes - 1) : expect.unreachable();
    },
    everything: async () => filesOf(cloud.tree.top),
  };
}

/** @param meanwhile - when its bytes are wanted: after the file was looked at for the first time. */
function versionOf(bytes: Buffer, meanwhile: () => void = () => {}): NewVersion {
  return {
    ...{ id: randomUUID(), sizeBytes: bytes.length },
    sha256: createHash("sha256").update(bytes).digest("hex"),
    open() {
      meanwhile();
      return Readable.from([bytes]);
    },
  };
}

const careful = Object.entries(installedServers).filter(([name]) =>
  ["apache", "nephele"].includes(name),
);

describe.each([
  ["a folder", inFolder],
  ["Nextcloud", inNextcloud],
  ...careful.map(([name, start]) => [name, behind(start)] as const),
] as const)("a new version of a file in %s", (_, start) => {
  async function begin() {
    const world = await start();
    world.put(PATH, before);
    const storage = world.attach(createTestIo());
    const known = await storage.stat(PATH);
    const replace = (version: NewVersion) => {
      if (!storage.replace) throw new Error("Nothing can be replaced in it.");
      return storage.replace(known, version);
    };
    const stays = async (bytes: Buffer): Promise<void> => {
      expect(world.read(PATH)).toEqual(bytes);
      expect(await world.everything()).toEqual([PATH]);
    };
    return { world, replace, stays };
  }
  const isChanged = expect.objectContaining({ name: "AppError", code: "conflict" });

  test("takes the place of the one that was read, and nothing else is left", async () => {
    const { replace, stays } = await begin();
    const bytes = Buffer.from("as the band wants it");
    expect(await replace(versionOf(bytes))).toMatchObject({ ref: PATH, sizeBytes: bytes.length });
    await stays(bytes);
  });

  test("does not when another one was there already", async () => {
    const { world, replace, stays } = await begin();
    world.put(PATH, theirs);
    await expect(replace(versionOf(Buffer.from("ours")))).rejects.toEqual(isChanged);
    await stays(theirs);
  });

  test("does not when somebody writes another one in that very moment", async () => {
    const { world, replace, stays } = await begin();
    const version = versionOf(Buffer.from("ours"), () => world.put(PATH, theirs));
    await expect(replace(version)).rejects.toEqual(isChanged);
    await stays(theirs);
  });
});

describe.each(careful)("a new version of a file over the WebDAV of %s", (_, start) => {
  test("takes no place when what lies there by then are other bytes", async () => {
    const world = await behind(start)();
    world.put(PATH, before);
    const storage = world.attach(createTestIo());
    const known = await storage.stat(PATH);
    const sha256 = createHash("sha256").update("what was sent").digest("hex");
    const replacing = storage.replace?.(known, { ...versionOf(Buffer.from("garbled")), sha256 });
    await expect(replacing).rejects.toMatchObject({ name: "AppError" });
    expect(world.read(PATH)).toEqual(before);
    expect(await world.everything()).toEqual([PATH]);
  });
});
