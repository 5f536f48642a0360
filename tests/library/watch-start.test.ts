import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import type { ScanId } from "#contract/ids.ts";
import { write } from "#server/base/db.ts";
import { runScan } from "#server/library/scan.ts";
import { annasGoogle } from "#tests/connections/google-world.ts";
import { annasMicrosoft } from "#tests/connections/microsoft-world.ts";
import type { OAuthWorld } from "#tests/connections/oauth-world.ts";
import type { Tree } from "#tests/support/fake-tree.ts";
import { listTracks, runJobs, type World } from "#tests/support/world.ts";
import { mp3 } from "./made-audio.ts";
import { lookNow, scansOf } from "./watching.ts";

/** A drive that tells what changes in it. */
interface Drive {
  readonly world: OAuthWorld;
  readonly tree: Tree;
  /** Answers the next request for what has changed with a failure. */
  failChanges(): void;
}

const server = { environment: { WATCH_SECONDS: "1" } };

const drives: Readonly<Record<string, () => Promise<Drive>>> = {
  "Google Drive": async () => {
    const world = await annasGoogle(server);
    const failChanges = () => world.google.failDrive({ status: 500 }, 1, "startPageToken");
    return { world, tree: world.google.tree, failChanges };
  },
  OneDrive: async () => {
    const world = await annasMicrosoft(server);
    const failChanges = () => world.microsoft.failGraph({ status: 500 }, 1, "/delta");
    return { world, tree: world.microsoft.tree, failChanges };
  },
};

const put = (tree: Tree, path: string) => tree.put(path, mp3({ TIT2: path }, 0.2));

/** Connected, with a root, and not scanned yet. */
async function connect({ world }: Drive): Promise<void> {
  const { id } = await world.connect();
  await world.anna.api.connections.setRoot.mutate({ connectionId: id, folder: null });
}

const titlesOf = async (world: World) => (await listTracks(world)).map(({ title }) => title).sort();

describe.each(Object.entries(drives))("%s that was just connected", (_name, start) => {
  test("is scanned once, and then for what changes", async () => {
    const drive = await start();
    const { world, tree } = drive;
    for (const take of [1, 2, 3]) put(tree, `Live/${take}/${take}.mp3`);
    await connect(drive);
    await runJobs(world.server);
    expect(await scansOf(world)).toBe(1);

    await lookNow(world);
    expect(await scansOf(world)).toBe(1);

    put(tree, "Live/4/4.mp3");
    await lookNow(world);
    expect(await scansOf(world)).toBe(2);
    await runJobs(world.server);
    const all = [1, 2, 3, 4].map((take) => `Live/${take}/${take}.mp3`);
    expect(await titlesOf(world)).toEqual(all);
  });

  test("misses nothing that came while it was scanned", async () => {
    const drive = await start();
    const { world, tree } = drive;
    put(tree, "Live/1.mp3");
    await connect(drive);
    await runJobs(world.server);
    // As if the scan had listed the folder already when this came.
    put(tree, "Live/2.mp3");
    await lookNow(world);
    await runJobs(world.server);
    expect(await titlesOf(world)).toEqual(["Live/1.mp3", "Live/2.mp3"]);
  });

  test("is not asked again where to begin from, which would pass over what came before", async () => {
    const drive = await start();
    const { world, tree } = drive;
    for (const band of ["Anna", "Bert"]) put(tree, `${band}/1.mp3`);
    await connect(drive);
    await runJobs(world.server);
    put(tree, "Anna/2.mp3");
    await lookNow(world);
    // The scan that goes to Anna's folder alone has not begun.
    put(tree, "Bert/2.mp3");
    await runJobs(world.server);
    await lookNow(world);
    await runJobs(world.server);
    expect(await titlesOf(world)).toEqual(["Anna/1.mp3", "Anna/2.mp3", "Bert/1.mp3", "Bert/2.mp3"]);
  });

  test("that does not say where it begins is scanned all the same, and again by the first look", async () => {
    const drive = await start();
    const { world, tree } = drive;
    put(tree, "Live/1.mp3");
    await connect(drive);
    drive.failChanges();
    await runJobs(world.server);
    expect(await titlesOf(world)).toEqual(["Live/1.mp3"]);
    await lookNow(world);
    expect(await scansOf(world)).toBe(2);
  });

  test("and was half listed before it was asked is asked by the first look", async () => {
    const drive = await start();
    const { world, tree } = drive;
    put(tree, "Live/1.mp3");
    await connect(drive);
    await runJobs(world.server);
    const { deps } = world.server;
    const scan = await write(deps, async (tx) => {
      await tx.execute(sql`delete from watches`);
      await tx.execute(sql`update scan_folders set state = 'waiting'`);
      const how = sql`state = 'listing', finished_at = null`;
      const [row] = await tx.execute<{ id: ScanId }>(sql`update scans set ${how} returning id`);
      return row ?? expect.unreachable();
    });
    await runScan(deps, scan.id, new AbortController().signal);
    await lookNow(world);
    expect(await scansOf(world)).toBe(2);
  });
});
