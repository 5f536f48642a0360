import { chmod } from "node:fs/promises";
import { dirname, join } from "node:path";
import { webdav } from "#server/storage/webdav/index.ts";
import { describeRemoving } from "#tests/storage/removing.ts";
import { onDisk } from "#tests/storage/worlds.ts";
import {
  describeWriting,
  type WritableWorld,
  type WritingShortcomings,
} from "#tests/storage/writing.ts";
import { createTestFolder } from "#tests/support/deps.ts";
import { startFaultServer } from "#tests/support/fault-server.ts";
import { filesOf } from "#tests/support/fault-tree.ts";
import { installedServers, type StartWebdavServer } from "#tests/support/webdav-servers.ts";
import { filesIn } from "#tests/uploads/uploading.ts";

const shortcomings: Readonly<Record<string, WritingShortcomings>> = {
  // mod_dav looks whether the name is free and renames after that.
  apache: { hasRaces: true },
  nephele: { hasRaces: true },
  // It shows entities as what they stand for.
  "webdav-server": {
    hasRaces: true,
    losesNames: ["<b>&amp;<-b>.mp3"],
    keepsNames: ["back\\slash.mp3"],
  },
};

for (const [name, start] of Object.entries(installedServers)) {
  describeWriting(name, () => startWorld(start), shortcomings[name]);
  describeRemoving(name, () => startWorld(start), shortcomings[name]);
}
describeWriting("a plain WebDAV server", () => startFaultWorld("plain"));
describeWriting("Nextcloud", () => startFaultWorld("nextcloud"));
describeRemoving("a plain WebDAV server", () => startFaultWorld("plain"));
describeRemoving("Nextcloud", () => startFaultWorld("nextcloud"));

async function startWorld(start: StartWebdavServer): Promise<WritableWorld> {
  const server = await start(await createTestFolder());
  const { url, username, password } = server;
  const credential = { url, username, password, dialect: "plain" as const, product: null };
  return {
    put: async (path, bytes) => {
      await onDisk(server.folder).put(path, bytes);
      // Apache goes to the files as somebody else.
      await chmod(join(server.folder, dirname(path)), 0o777);
      await server.settle();
    },
    attach: (io) => webdav.attach({}, credential, io),
    everything: () => filesIn(server.folder),
    stop: server.stop,
  };
}

async function startFaultWorld(persona: "plain" | "nextcloud"): Promise<WritableWorld> {
  const cloud = await startFaultServer({ persona });
  return {
    put: async (path, bytes) => cloud.tree.put(path, bytes),
    attach: (io) => webdav.attach({}, cloud.credential, io),
    everything: async () => [...filesOf(cloud.tree.top), ...cloud.unfinishedUploads()].toSorted(),
    stop: cloud.stop,
  };
}
