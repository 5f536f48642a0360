import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { webdav } from "#server/storage/webdav/index.ts";
import { describeStorage, type Shortcomings } from "#tests/storage/conformance.ts";
import { onDisk } from "#tests/storage/worlds.ts";
import { createTestFolder } from "#tests/support/deps.ts";
import {
  installedServers,
  missingServers,
  type StartWebdavServer,
} from "#tests/support/webdav-servers.ts";
import { startFaultWorld } from "./fault-storage.ts";

const shortcomings: Readonly<Record<string, Shortcomings>> = {
  // Its etags are those of a listing only, names lose a backslash, and entities are decoded twice.
  "webdav-server": {
    hasNoEtagsWithBytes: true,
    losesNames: ["<b>&amp;<-b>.mp3", "back\\slash.mp3"],
  },
  // It shows a picture of the line break instead. It reads a folder again for an entry whenever what it
  // remembers is 20 ms old (see `startRclone`): a slow machine takes minutes for 3,000.
  rclone: { losesNames: ["two\nlines.mp3"], crowd: 500 },
};

console.log(`WebDAV servers in these tests: ${Object.keys(installedServers).join(", ")}.`);

test("where everything has to be tested, every WebDAV server is installed", () => {
  const isComplete = missingServers.length === 0 || process.env.CI !== "true";
  const sentence = `Install ${missingServers.join(" and ")} with apt-get, so that CI tests them.`;
  expect(isComplete, sentence).toBe(true);
});

for (const [name, start] of Object.entries(installedServers)) {
  describeStorage(name, () => startWorld(start), { hasNoFileIds: true, ...shortcomings[name] });
}

describeStorage("a plain WebDAV server", () => startFaultWorld("plain"), { hasNoFileIds: true });
describeStorage("Nextcloud", () => startFaultWorld("nextcloud"));

async function startWorld(start: StartWebdavServer) {
  const server = await start(await createTestFolder());
  const { url, username, password } = server;
  const credential = { url, username, password, dialect: "plain" as const, product: null };
  const disk = onDisk(server.folder);
  return {
    mkdir: disk.mkdir,
    put: async (path: string, bytes: Buffer) => {
      const isNew = !existsSync(join(server.folder, path));
      await disk.put(path, bytes);
      if (!isNew) await server.settle();
    },
    remove: (path: string) => disk.remove(path).then(server.settle),
    age: (path: string) => disk.age(path).then(server.settle),
    rename: (from: string, to: string) => disk.rename(from, to).then(server.settle),
    attach: (io: Parameters<typeof webdav.attach>[2]) => webdav.attach({}, credential, io),
    stop: server.stop,
  };
}
