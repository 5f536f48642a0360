import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ConnectForm, Connection } from "#contract/connections.ts";
import { createTestFolder } from "#tests/support/deps.ts";
import { startNephele, startWebdavServer } from "#tests/support/webdav-servers.ts";
import { annasServer, listTracks, runJobs, type World } from "#tests/support/world.ts";
import { mp3 } from "./made-audio.ts";
import { deedsOf, NOTHING } from "./scanning.ts";

/** A real folder, and how Anna's server gets to it. */
interface Source {
  readonly folder: string;
  readonly form: ConnectForm;
  readonly environment: Readonly<Record<string, string>>;
  /** Until what was changed in the folder can be seen. */
  settle(): Promise<void>;
}

async function overWebdav(start: typeof startNephele): Promise<Source> {
  const server = await start(await createTestFolder());
  onTestFinished(() => server.stop());
  const { folder, url, username, password } = server;
  const form = { provider: "webdav", url, username, password } as const;
  return { folder, form, environment: {}, settle: () => server.settle() };
}

async function onDisk(): Promise<Source> {
  const folder = await createTestFolder();
  const environment = { FOLDER_ROOTS: folder };
  return { folder, form: { provider: "folder", folder }, environment, settle: async () => {} };
}

const sources: { name: string; start: () => Promise<Source> }[] = [
  { name: "a folder of this server", start: onDisk },
  { name: "a folder behind nephele", start: () => overWebdav(startNephele) },
  {
    name: "a folder behind webdav-server",
    start: () => overWebdav(startWebdavServer),
  },
];

async function connectSource(source: Source): Promise<{ world: World; connection: Connection }> {
  const world = await annasServer({ environment: source.environment });
  const { anna, bandId } = world;
  const made = await anna.api.connections.create.mutate({ bandId, form: source.form });
  await anna.api.connections.setRoot.mutate({ connectionId: made.id, folder: null });
  await runJobs(world.server);
  return { world, connection: made };
}

async function scanAgain(world: World, { id: connectionId }: Connection) {
  await world.anna.api.connections.scan.mutate({ connectionId });
  await runJobs(world.server);
  const [connection] = await world.anna.api.connections.list.query({ bandId: world.bandId });
  if (!connection?.scan) throw new Error("There was no scan.");
  return connection.scan;
}

describe.each(sources)("$name", ({ start }) => {
  test("is kept in step with", async () => {
    const source = await start();
    const at = (...path: string[]): string => join(source.folder, ...path);
    await mkdir(at("Low", "B-sides"), { recursive: true });
    for (const path of ["Low/tide.mp3", "Low/foam.mp3", "Low/B-sides/100% #1 + Ö 日本.mp3"]) {
      await writeFile(at(path), mp3({ TIT2: path }, 1));
    }
    await writeFile(at("Low", "notes.txt"), "bring strings");
    await source.settle();
    const { world, connection } = await connectSource(source);
    const before = await listTracks(world);
    expect(before.map((track) => [track.path, track.title, track.state])).toEqual(
      ["Low/B-sides/100% #1 + Ö 日本.mp3", "Low/foam.mp3", "Low/tide.mp3"].map((path) => [
        path,
        path,
        "present",
      ]),
    );
    expect(deedsOf(await scanAgain(world, connection))).toEqual(NOTHING);

    await rename(at("Low", "B-sides"), at("Rare"));
    await rm(at("Low", "foam.mp3"));
    await writeFile(at("Low", "tide.mp3"), mp3({ TIT2: "Ebb" }, 2));
    await writeFile(at("new.mp3"), mp3({ TIT2: "New" }, 1));
    await source.settle();
    const scan = await scanAgain(world, connection);
    expect(scan).toMatchObject({ state: "done", added: 1, changed: 1, moved: 1, missing: 1 });
    const after = await listTracks(world);
    expect(after.map((track) => [track.path, track.title, track.state])).toEqual([
      ["Low/foam.mp3", "Low/foam.mp3", "missing"],
      ["Low/tide.mp3", "Ebb", "present"],
      ["Rare/100% #1 + Ö 日本.mp3", "Low/B-sides/100% #1 + Ö 日本.mp3", "present"],
      ["new.mp3", "New", "present"],
    ]);
    const ids = after.map((track) => track.id);
    for (const { id } of before) expect(ids).toContain(id);
    expect(deedsOf(await scanAgain(world, connection))).toEqual(NOTHING);
  });
});

test("a new file is not taken for the one whose inode it got", async () => {
  const source = await onDisk();
  await writeFile(join(source.folder, "old.mp3"), mp3({ TIT2: "Old" }, 1));
  const { world, connection } = await connectSource(source);
  await rm(join(source.folder, "old.mp3"));
  await writeFile(join(source.folder, "other.mp3"), mp3({ TIT2: "Other" }, 1));
  expect(await scanAgain(world, connection)).toMatchObject({ added: 1, moved: 0, missing: 1 });
});
