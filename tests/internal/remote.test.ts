import { openForScan } from "#server/internal/service.ts";
import type { Storage, StorageIo } from "#server/storage/provider.ts";
import { describeStorage } from "#tests/storage/conformance.ts";
import { inCloud } from "#tests/storage/webdav/fault-storage.ts";
import { onDisk } from "#tests/storage/worlds.ts";
import { createTestFolder } from "#tests/support/deps.ts";
import { startFaultServer } from "#tests/support/fault-server.ts";
import { annasServer, connect, runJobs, type World } from "#tests/support/world.ts";
import { holdScan, serveStorages, withoutKeys } from "./storage-servers.ts";

describeStorage("a folder, for a process without keys,", async () => {
  const path = await createTestFolder();
  const world = await annasServer({ environment: { FOLDER_ROOTS: path } });
  const { anna, bandId, server } = world;
  const form = { provider: "folder", folder: path } as const;
  const { id } = await anna.api.connections.create.mutate({ bandId, form });
  await anna.api.connections.setRoot.mutate({ connectionId: id, folder: null });
  await runJobs(server);
  return { ...onDisk(path), attach: await attachThrough(world), stop: async () => {} };
});

describeStorage(
  "a WebDAV server, for a process without keys,",
  async () => {
    const cloud = await startFaultServer();
    const world = await annasServer();
    await connect(world, cloud);
    return { ...inCloud(cloud), attach: await attachThrough(world) };
  },
  { hasNoFileIds: true },
);

/** As a worker opens it that scans this storage. */
async function attachThrough(world: World): Promise<(io: StorageIo) => Storage> {
  const scan = await holdScan(world);
  const deps = await withoutKeys(world, await serveStorages(world.server.deps));
  return ({ signal }) => {
    const opening = openForScan(deps, scan, signal);
    return {
      list: async (...asked) => (await opening).storage.list(...asked),
      stat: async (...asked) => (await opening).storage.stat(...asked),
      openRange: async (...asked) => (await opening).storage.openRange(...asked),
    };
  };
}
