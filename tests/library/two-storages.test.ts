import { sql } from "drizzle-orm";
import { expect, onTestFinished, test } from "vitest";
import type { Connection } from "#contract/connections.ts";
import type { Track } from "#contract/library.ts";
import { createPerson } from "#tests/auth/people.ts";
import { annasGoogle, type GoogleWorld } from "#tests/connections/google-world.ts";
import { type FaultServer, startFaultServer } from "#tests/support/fault-server.ts";
import { connect, listTracks, runJobs } from "#tests/support/world.ts";
import { mp3 } from "./made-audio.ts";

const song = mp3({ TIT2: "Harbour Lights", TPE1: "Low Tide Radio" }, 1);
const other = mp3({ TIT2: "Foam", TPE1: "Low Tide Radio" }, 1);

interface TwoStorages extends GoogleWorld {
  readonly cloud: FaultServer;
  /** A Google Drive and its folder Band. */
  readonly drive: Connection;
}

/** Anna's band with a Google Drive, and a WebDAV server that is not connected yet. */
async function annasDriveAndCloud(): Promise<TwoStorages> {
  const world = await annasGoogle();
  world.google.tree.put("Band/Live/harbour.mp3", song);
  world.google.tree.put("Band/Live/foam.mp3", other);
  const { id: connectionId } = await world.connect();
  const { api } = world.anna;
  const top = await api.connections.browse.query({ connectionId, folder: null });
  const band = top.folders.find(({ name }) => name === "Band");
  await api.connections.setRoot.mutate({ connectionId, folder: band?.ref ?? "?" });
  await runJobs(world.server);
  const cloud = await startFaultServer();
  onTestFinished(() => cloud.stop());
  return { ...world, cloud, drive: await world.find(connectionId) };
}

async function scan(world: TwoStorages, { id: connectionId }: Connection) {
  await world.anna.api.connections.scan.mutate({ connectionId });
  await runJobs(world.server);
  return (await world.find(connectionId)).scan;
}

const named = async (world: TwoStorages, title: string): Promise<Track[]> =>
  (await listTracks(world)).filter((track) => track.title === title);

async function play(world: TwoStorages, track: Track | undefined): Promise<Buffer> {
  const answer = await world.anna.fetch(`${world.server.baseUrl}/stream/${track?.id}`);
  expect(answer.status).toBe(200);
  return Buffer.from(await answer.arrayBuffer());
}

/** The file goes from the Drive to the other storage, as people move things. */
function moveAcross(world: TwoStorages): void {
  Object.assign(world.google.tree.find("Band/Live/harbour.mp3") ?? {}, { isTrashed: true });
  world.cloud.tree.put("2026/Harbour (final).mp3", song);
}

test("a recording that moved to another provider stays who it is, whichever is scanned first", async () => {
  const world = await annasDriveAndCloud();
  const [before] = await named(world, "Harbour Lights");
  moveAcross(world);
  expect(await scan(world, world.drive)).toMatchObject({ missing: 1, moved: 0 });
  const second = await connect(world, world.cloud);
  expect((await world.find(second.id)).scan).toMatchObject({ added: 0, moved: 1, missing: 0 });

  const found = await named(world, "Harbour Lights");
  expect(found).toMatchObject([
    {
      id: before?.id,
      addedAt: before?.addedAt,
      connectionId: second.id,
      path: "2026/Harbour (final).mp3",
      state: "present",
    },
  ]);
  expect((await play(world, found[0])).equals(song)).toBe(true);
  // Its place is its own: neither storage has anything to say about it now.
  expect(await scan(world, world.drive)).toMatchObject({ added: 0, moved: 0, missing: 0 });
  expect(await scan(world, second)).toMatchObject({ added: 0, moved: 0, missing: 0 });
  expect(await named(world, "Harbour Lights")).toEqual(found);
});

test("the same when the new place was seen before the old one was missed", async () => {
  const world = await annasDriveAndCloud();
  const [before] = await named(world, "Harbour Lights");
  moveAcross(world);
  const second = await connect(world, world.cloud);
  expect(await named(world, "Harbour Lights")).toHaveLength(2);
  expect(await scan(world, world.drive)).toMatchObject({ missing: 1, moved: 1 });

  const found = await named(world, "Harbour Lights");
  expect(found).toMatchObject([{ id: before?.id, connectionId: second.id, state: "present" }]);
});

test("who moves to another storage disconnects the old one and keeps every recording that is in both", async () => {
  const world = await annasDriveAndCloud();
  const [before] = await named(world, "Harbour Lights");
  world.cloud.tree.put("copy/harbour.mp3", song);
  const second = await connect(world, world.cloud);
  const { api } = world.anna;
  await api.connections.setPrimary.mutate({ connectionId: second.id });
  expect(await named(world, "Harbour Lights")).toHaveLength(2);
  const connectionId = world.drive.id;
  const preview = await api.connections.removalPreview.query({ connectionId });
  expect(preview).toEqual({ leaving: 1, staying: 1, nextPrimary: null });

  await api.connections.remove.mutate({ connectionId });
  const left = await listTracks(world);
  expect(left).toMatchObject([
    { id: before?.id, addedAt: before?.addedAt, connectionId: second.id, path: "copy/harbour.mp3" },
  ]);
  expect((await play(world, left[0])).equals(song)).toBe(true);
  expect(await scan(world, second)).toMatchObject({ added: 0, changed: 0, toRead: 0, missing: 0 });
});

test("a copy that came later goes with its storage, and comes again with it as one of its own", async () => {
  const world = await annasDriveAndCloud();
  world.cloud.tree.put("copy/harbour.mp3", song);
  const second = await connect(world, world.cloud);
  const [here] = (await named(world, "Harbour Lights")).filter(
    (track) => track.connectionId === world.drive.id,
  );
  await world.anna.api.connections.remove.mutate({ connectionId: second.id });
  expect(await named(world, "Harbour Lights")).toEqual([here]);

  const again = await connect(world, world.cloud);
  expect((await named(world, "Harbour Lights")).map((track) => track.connectionId).sort()).toEqual(
    [world.drive.id, again.id].sort(),
  );
});

test("what another band has is nobody's twin", async () => {
  const world = await annasDriveAndCloud();
  world.cloud.tree.put("copy/harbour.mp3", song);
  const { email, password } = await createPerson(world.server.deps, "ben");
  const ben = world.server.guest();
  await ben.api.auth.signIn.mutate({ email, password, rememberMe: false });
  const { personalBandId } = await ben.api.auth.me.query();
  await connect({ ...world, anna: ben, bandId: personalBandId }, world.cloud);
  const connectionId = world.drive.id;
  const preview = await world.anna.api.connections.removalPreview.query({ connectionId });
  expect(preview).toMatchObject({ leaving: 2, staying: 0 });
  await world.anna.api.connections.remove.mutate({ connectionId });
  expect(await listTracks(world)).toEqual([]);
  expect(await listTracks({ ...world, anna: ben, bandId: personalBandId })).toHaveLength(1);
});

test("a link to a recording that is found to be another leads to that one from then on", async () => {
  const world = await annasDriveAndCloud();
  world.cloud.tree.put("copy/harbour.mp3", song);
  await runJobs(world.server);
  await connect(world, world.cloud);
  const [older, younger] = (await named(world, "Harbour Lights")).toSorted((one, two) =>
    one.addedAt < two.addedAt ? -1 : 1,
  );
  if (!older || !younger) throw new Error("There are no two.");
  const terms = { expiresAt: null, playLimit: null, canDownload: false };
  const order = { trackId: younger.id, terms, password: null };
  const { path } = await world.anna.api.playback.shares.create.mutate(order);
  await world.anna.api.connections.remove.mutate({ connectionId: older.connectionId });

  expect((await named(world, "Harbour Lights")).map(({ id }) => id)).toEqual([older.id]);
  const token = path.slice("/s/".length);
  const opened = await world.server.guest().api.playback.shares.open.mutate({ token });
  expect(opened).toMatchObject({ status: "open", tracks: [{ id: older.id }] });
});

test("what was edited of either stays when two are found to be one, with all that was written down", async () => {
  const world = await annasDriveAndCloud();
  const [older] = await named(world, "Harbour Lights");
  moveAcross(world);
  const second = await connect(world, world.cloud);
  const younger = (await named(world, "Harbour Lights")).find(
    ({ connectionId }) => connectionId === second.id,
  );
  if (!older || !younger) throw new Error("There are not two.");
  const { edits } = world.anna.api.library;
  for (const [{ id: trackId }, fields] of [
    [older, { title: "Harbour", artist: "Tide" }],
    [younger, { title: "Lights", genre: "Folk" }],
  ] as const) {
    const { bandId } = world;
    await edits.save.mutate({ bandId, tracks: [{ trackId, version: null }], fields });
  }
  expect(await scan(world, world.drive)).toMatchObject({ missing: 1, moved: 1 });
  const [found, ...others] = await listTracks(world, "harbour tide");
  // Of what both were edited in, that of the one who stays who they are.
  const shown = { title: "Harbour", artist: "Tide", genre: "Folk", connectionId: second.id };
  expect([found, others]).toMatchObject([{ id: older.id, ...shown }, []]);
  const page = await edits.list.query({ trackId: older.id });
  expect(page.version).toBe(found?.editId);
  expect(page.versions.map(({ changes }) => changes[0]?.after)).toEqual(["Lights", "Harbour"]);
  expect(page.unedited).toMatchObject({ title: "Harbour Lights", genre: null });
  expect(await scan(world, second)).toMatchObject({ moved: 0, missing: 0 });
  expect(await listTracks(world, "harbour tide")).toEqual([found]);
});

test("whatever hangs on a track says what becomes of it when two are found to be one", async () => {
  const world = await annasGoogle();
  const hanging = await world.server.deps.db.execute(sql`
    select conrelid::regclass::text as "table" from pg_constraint
    where contype = 'f' and confrelid = 'tracks'::regclass order by 1`);
  // `keepElsewhere` deletes the row of the younger one: what hangs on that goes to the older first.
  // Guests begin to listen anew.
  // What is drawn goes with the file.
  expect(hanging).toEqual([
    { table: "comments" },
    { table: "favourites" },
    { table: "listens" },
    { table: "playlist_items" },
    { table: "plays" },
    { table: "rehearsal_takes" },
    { table: "share_listens" },
    { table: "shares" },
    { table: "tag_writings" },
    { table: "track_edits" },
    { table: "waveforms" },
  ]);
});
