import type { StorageIo } from "#server/storage/provider.ts";
import { webdav } from "#server/storage/webdav/index.ts";
import type { StorageWorld } from "#tests/storage/worlds.ts";
import { type FaultServer, startFaultServer } from "#tests/support/fault-server.ts";

/** The hands that change what lies in a WebDAV server of ours. */
export const inCloud = (cloud: FaultServer): Omit<StorageWorld, "attach"> => ({
  put: async (path, bytes) => cloud.tree.put(path, bytes),
  mkdir: async (path) => cloud.tree.mkdir(path),
  remove: async (path) => cloud.tree.remove(path),
  age: async () => {},
  rename: async (from, to) => cloud.tree.move(from, to),
  openDownloads: cloud.openDownloads,
  stop: cloud.stop,
});

export async function startFaultWorld(persona: "plain" | "nextcloud"): Promise<StorageWorld> {
  const cloud = await startFaultServer({ persona });
  const attach = (io: StorageIo) => webdav.attach({}, cloud.credential, io);
  return { ...inCloud(cloud), attach };
}
