import { createHash } from "node:crypto";
import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { sql } from "drizzle-orm";
import { parseBuffer } from "music-metadata";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ConnectForm, Connection } from "#contract/connections.ts";
import type { EditField, Edits } from "#contract/edits.ts";
import type { EditId, TrackId } from "#contract/ids.ts";
import { write } from "#server/base/db.ts";
import { join as joinBand } from "#tests/comments/rehearsal-room.ts";
import { createTestFolder } from "#tests/support/deps.ts";
import { startFaultServer } from "#tests/support/fault-server.ts";
import { ffmpeg } from "#tests/support/ffmpeg.ts";
import { refused } from "#tests/support/refused.ts";
import { installedServers } from "#tests/support/webdav-servers.ts";
import {
  annasServer,
  connect,
  listTracks,
  runJobs,
  trackAt,
  type World,
} from "#tests/support/world.ts";
import { flac, mp3, mp3Frames } from "./made-audio.ts";
import { deedsOf, NOTHING } from "./scanning.ts";

const PICTURE = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

interface Shelf extends World {
  readonly folder: string;
  readonly connection: Connection;
}

type Files = Readonly<Record<string, Buffer>>;

async function fill(folder: string, files: Files): Promise<void> {
  for (const [path, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
    // Apache goes to the files as somebody else.
    await chmod(dirname(join(folder, path)), 0o777);
  }
}

async function connectForm(world: World, form: ConnectForm): Promise<Connection> {
  const { anna, bandId, server } = world;
  const { id: connectionId } = await anna.api.connections.create.mutate({ bandId, form });
  const made = await anna.api.connections.setRoot.mutate({ connectionId, folder: null });
  await runJobs(server);
  return made;
}

/** Anna's band with a folder of the server, scanned. */
async function annasFolder(files: Files): Promise<Shelf> {
  const folder = await createTestFolder();
  await fill(folder, files);
  const world = await annasServer({ environment: { FOLDER_ROOTS: folder } });
  return { ...world, folder, connection: await connectForm(world, { provider: "folder", folder }) };
}

async function edit(
  world: World,
  path: string,
  fields: Edits,
  blank: readonly EditField[] = [],
): Promise<TrackId> {
  const { id, editId } = await trackAt(world, path);
  const { bandId } = world;
  const tracks = [{ trackId: id, version: editId }];
  await world.anna.api.library.edits.save.mutate({ bandId, tracks, fields, blank: [...blank] });
  return id;
}

const switchOn = ({ anna, bandId }: World) =>
  anna.api.library.tagWriting.set.mutate({ bandId, isOn: true });

const writingOf = async (world: World, trackId: TrackId) =>
  (await world.anna.api.library.edits.list.query({ trackId })).writing;

/** What waits is due now, as it would be after a while. */
const passTime = ({ server }: World): Promise<unknown> =>
  write(server.deps, (tx) =>
    tx.execute(sql`update tag_writings set due_at = now(), lease_until = null`),
  );

/** What `runJobs` does not wait for: jobs that are to run later. */
async function runLater(world: World): Promise<void> {
  await passTime(world);
  await write(world.server.deps, (tx) =>
    tx.execute(sql`update pgboss.job set start_after = now() where state < 'active'`),
  );
  await runJobs(world.server);
}

async function scanAgain(world: Shelf) {
  const connectionId = world.connection.id;
  await world.anna.api.connections.scan.mutate({ connectionId });
  await runJobs(world.server);
  const all = await world.anna.api.connections.list.query({ bandId: world.bandId });
  const found = all.find(({ id }) => id === connectionId);
  if (!found?.scan) throw new Error("There was no scan.");
  return deedsOf(found.scan);
}

/** SHA-256 of the packets, as ffmpeg takes them out of the file. */
async function packetsOf(bytes: Buffer): Promise<string> {
  const path = join(await createTestFolder(), "sound");
  await writeFile(path, bytes);
  const options = ["-i", path, "-map", "0:a", "-c", "copy", "-f", "streamhash"];
  return (await ffmpeg(options)).toString().trim();
}

/** Of what `mp3` makes. */
const soundOf = (bytes: Buffer): Buffer => bytes.subarray(bytes.indexOf(mp3Frames(1)));

const digest = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

const hidden = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true })).filter((name) => name.includes(".backline"));

describe("what a band edits", () => {
  test("stays beside the file until an owner wants it in there, and can be taken back out", async () => {
    const before = mp3({ TIT2: "Foam", TPE1: "Herons", TRCK: "3/12" }, 1, PICTURE);
    const world = await annasFolder({ "Tides/foam.mp3": before, "Tides/salt.mp3": mp3() });
    const file = join(world.folder, "Tides/foam.mp3");
    await chmod(file, 0o640);
    const id = await edit(world, "Tides/foam.mp3", { title: "Zebra ✓", year: 2024, discNumber: 2 });
    await runJobs(world.server);
    expect(await readFile(file)).toEqual(before);
    expect(await writingOf(world, id)).toBeNull();

    const ben = await joinBand(world, "ben", "editor");
    const { bandId } = world;
    const set = ben.client.api.library.tagWriting.set.mutate({ bandId, isOn: true });
    expect((await refused(set)).code).toBe("forbidden");
    expect(await switchOn(world)).toEqual({
      ...{ bandId, isOn: true, waiting: 0, failed: 0, written: 0, beside: 1 },
    });
    expect(await writingOf(world, id)).toMatchObject({ state: "beside" });
    const { events } = await world.anna.api.account.audit.list.query({
      action: "band.tag_writing_changed",
    });
    expect(events).toMatchObject([{ details: { isOn: true }, bandId }]);
    await runJobs(world.server);
    expect(await readFile(file)).toEqual(before);

    await world.anna.api.library.tagWriting.writeAll.mutate({ bandId });
    expect(await writingOf(world, id)).toMatchObject({ state: "waiting", message: null });
    await runJobs(world.server);
    expect(await writingOf(world, id)).toMatchObject({
      ...{ state: "written", message: null, writtenAt: expect.any(String) },
    });
    const after = await readFile(file);
    const { common, native } = await parseBuffer(after, "audio/mpeg");
    expect(common).toMatchObject({
      ...{ title: "Zebra ✓", artist: "Herons", year: 2024, track: { no: 3, of: 12 } },
      ...{ disk: { no: 2 }, picture: [{ data: new Uint8Array(PICTURE) }] },
    });
    expect(Object.keys(native)).toEqual(["ID3v2.4"]);
    // Of the whole file only what lies before the sound is another.
    expect(soundOf(after)).toEqual(soundOf(before));
    expect((await stat(file)).mode & 0o777).toBe(0o640);
    expect(await hidden(world.folder)).toEqual([]);
    // The library knows it for its own: the same track with all that was written down.
    expect(await scanAgain(world)).toEqual(NOTHING);
    const page = await world.anna.api.library.edits.list.query({ trackId: id });
    expect(page).toMatchObject({ unedited: { title: "Foam", year: null }, versions: [{}] });

    await world.anna.api.library.edits.restore.mutate({
      ...{ trackId: id, editId: null, version: page.version },
    });
    await runJobs(world.server);
    const back = await parseBuffer(await readFile(file), "audio/mpeg");
    expect([back.common.title, back.common.year]).toEqual(["Foam", undefined]);
    expect(await trackAt(world, "Tides/foam.mp3")).toMatchObject({ id, title: "Foam", year: null });
    expect(await scanAgain(world)).toEqual(NOTHING);
  });

  test("of a file without tags is written with what its name says, and without what is left empty", async () => {
    const world = await annasFolder({ "Ann/Demos/03 - Sea.mp3": mp3() });
    await switchOn(world);
    const id = await edit(world, "Ann/Demos/03 - Sea.mp3", { artist: "AC/DC" });
    await runJobs(world.server);
    const { common } = await parseBuffer(
      await readFile(join(world.folder, "Ann/Demos/03 - Sea.mp3")),
      "audio/mpeg",
    );
    expect(common).toMatchObject({
      ...{ title: "Sea", artist: "AC/DC", album: "Demos", track: { no: 3 } },
    });
    expect(await writingOf(world, id)).toMatchObject({ state: "written" });

    await edit(world, "Ann/Demos/03 - Sea.mp3", {}, ["title", "artist", "trackNumber"]);
    await runJobs(world.server);
    expect(await writingOf(world, id)).toMatchObject({ state: "written", message: null });
    const bytes = await readFile(join(world.folder, "Ann/Demos/03 - Sea.mp3"));
    const { common: left } = await parseBuffer(bytes, "audio/mpeg");
    expect([left.title, left.artist, left.album, left.track.no]).toEqual([
      ...[undefined, undefined, "Demos", null],
    ]);
    expect(await trackAt(world, "Ann/Demos/03 - Sea.mp3")).toMatchObject({ title: "Sea" });
  });

  test("is not put into a file that was changed meanwhile, until a scan has seen it", async () => {
    const world = await annasFolder({ "foam.flac": flac({ TITLE: "Foam", ARTIST: "Herons" }) });
    await switchOn(world);
    const other = flac({ TITLE: "Foam", ARTIST: "Others", COMMENT: "mine" }, 2);
    await writeFile(join(world.folder, "foam.flac"), other);
    const id = await edit(world, "foam.flac", { title: "Zebra" });
    await runJobs(world.server);
    expect(await readFile(join(world.folder, "foam.flac"))).toEqual(other);
    expect(await writingOf(world, id)).toMatchObject({
      ...{ state: "waiting", message: expect.stringMatching(/kept beside it.*tried again/) },
    });
    expect(await scanAgain(world)).toMatchObject({ changed: 1 });
    const bytes = await readFile(join(world.folder, "foam.flac"));
    expect((await parseBuffer(bytes, "audio/flac")).common).toMatchObject({
      ...{ title: "Zebra", artist: "Others", comment: [{ text: "mine" }] },
    });
    expect(await writingOf(world, id)).toMatchObject({ state: "written" });

    // Whoever writes something else into it later is not fought with.
    const third = flac({ TITLE: "Third", ARTIST: "Others" }, 2);
    await writeFile(join(world.folder, "foam.flac"), third);
    await scanAgain(world);
    expect(await writingOf(world, id)).toMatchObject({ state: "beside" });
    expect(await trackAt(world, "foam.flac")).toMatchObject({ id, title: "Zebra" });
    expect(await readFile(join(world.folder, "foam.flac"))).toEqual(third);
  });

  test.each(["the job", "a scan"])(
    "is known for ours again by %s, when we were killed right after it was written",
    async (who) => {
      const world = await annasFolder({ "foam.mp3": mp3({ TIT2: "Foam", TPE1: "Herons" }) });
      const { deps } = world.server;
      await switchOn(world);
      const id = await edit(world, "foam.mp3", { title: "Zebra" });
      // Nothing that was done is written down, as if nobody had been there any more.
      await write(deps, async (tx) => {
        await tx.execute(sql`create function die() returns trigger language plpgsql as
          $$ begin raise exception 'killed'; end $$`);
        await tx.execute(sql`create trigger die before update of etag on tracks
          for each row execute function die()`);
      });
      await runJobs(world.server);
      await write(deps, (tx) => tx.execute(sql`drop trigger die on tracks`));
      const written = await readFile(join(world.folder, "foam.mp3"));
      expect((await parseBuffer(written, "audio/mpeg")).common.title).toBe("Zebra");
      expect(await writingOf(world, id)).toMatchObject({ state: "waiting" });

      if (who === "a scan") expect(await scanAgain(world)).toMatchObject({ missing: 0, added: 0 });
      await runLater(world);
      expect(await writingOf(world, id)).toMatchObject({ state: "written" });
      expect(await readFile(join(world.folder, "foam.mp3"))).toEqual(written);
      const page = await world.anna.api.library.edits.list.query({ trackId: id });
      expect(page).toMatchObject({ shown: { title: "Zebra" }, unedited: { title: "Foam" } });
      expect(await scanAgain(world)).toEqual(NOTHING);
    },
  );
});

const TONE = ["-f", "lavfi", "-i", "sine=440:d=1"];
const OLD = [
  ...["-metadata", "title=Old", "-metadata", "artist=Herons", "-metadata", "comment=keep"],
  ...["-metadata", "track=3/12"],
];
const NEW: Edits = {
  ...{ title: "Neu ✓", album: "Tides", albumArtist: "Various", trackNumber: 7, discNumber: 2 },
  ...{ year: 2021, genre: "Post-Rock", artist: "Seals" },
};
const formats: Readonly<Record<string, readonly string[]>> = {
  "id3v2.3.mp3": ["-id3v2_version", "3", "-write_id3v1", "1", "-f", "mp3"],
  "id3v2.4.mp3": ["-f", "mp3"],
  "a.flac": ["-f", "flac"],
  "vorbis.ogg": ["-c:a", "libvorbis", "-f", "ogg"],
  "a.opus": ["-c:a", "libopus", "-f", "opus"],
  "a.wav": ["-f", "wav"],
  "a.aiff": ["-write_id3v2", "1", "-f", "aiff"],
};
/** MP4 is not written into a pipe as others have it: from a file. */
const mp4: Readonly<Record<string, readonly string[]>> = {
  "aac.m4a": ["-c:a", "aac", "-f", "ipod"],
  "fast.m4a": ["-c:a", "aac", "-movflags", "+faststart", "-f", "ipod"],
  "alac.m4a": ["-c:a", "alac", "-f", "ipod"],
};

async function makeFile(folder: string, options: readonly string[]): Promise<Buffer> {
  const path = join(folder, "made");
  await ffmpeg([...TONE, ...OLD, "-y", ...options, path, "-f", "null"]);
  return readFile(path);
}

test("every kind of file says it, sounds as it did by every byte, and keeps what else it said", async () => {
  const workshop = await createTestFolder();
  const files: Record<string, Buffer> = {};
  for (const [name, options] of Object.entries({ ...formats, ...mp4 })) {
    files[name] = await makeFile(workshop, options);
  }
  const world = await annasFolder(files);
  await switchOn(world);
  const { bandId } = world;
  const tracks = (await listTracks(world)).map(({ id }) => ({
    ...{ trackId: id, version: null as EditId | null },
  }));
  expect(tracks).toHaveLength(Object.keys(files).length);
  await world.anna.api.library.edits.save.mutate({ bandId, tracks, fields: NEW });
  await runJobs(world.server);
  for (const [name, before] of Object.entries(files)) {
    const { id } = await trackAt(world, name);
    expect([name, await writingOf(world, id)]).toMatchObject([name, { state: "written" }]);
    const after = await readFile(join(world.folder, name));
    expect(digest(after)).not.toBe(digest(before));
    expect([name, await packetsOf(after)]).toEqual([name, await packetsOf(before)]);
    const { common, native } = await parseBuffer(after);
    expect([name, common]).toMatchObject([
      name,
      {
        ...{ title: NEW.title, album: NEW.album, albumartist: NEW.albumArtist, year: NEW.year },
        ...{ track: { no: 7 }, disk: { no: 2 }, genre: [NEW.genre], artist: NEW.artist },
      },
    ]);
    expect([name, JSON.stringify(native)]).toEqual([name, expect.stringContaining('"keep"')]);
  }
  expect(await scanAgain(world)).toEqual(NOTHING);
}, 180_000);

test("what cannot be written safely is left as it is, with a sentence that says so", async () => {
  const workshop = await createTestFolder();
  const fragments = ["-c:a", "aac", "-movflags", "frag_keyframe+empty_moov", "-f", "ipod"];
  const cut = await makeFile(workshop, ["-f", "wav"]);
  const files = {
    "fragments.m4a": await makeFile(workshop, fragments),
    "a.wma": await makeFile(workshop, ["-c:a", "wmav2", "-f", "asf"]),
    "cut.wav": cut.subarray(0, cut.length - 1000),
    "slash.mp3": await makeFile(workshop, ["-id3v2_version", "3", "-f", "mp3"]),
  };
  const world = await annasFolder(files);
  await switchOn(world);
  for (const [name, before] of Object.entries(files)) {
    const id = await edit(world, name, { artist: "AC/DC", title: "New" });
    await runJobs(world.server);
    expect([name, await writingOf(world, id)]).toMatchObject([
      name,
      {
        state: "failed",
        message: expect.stringMatching(/tag editor.*as it was.*kept beside it\.$/),
      },
    ]);
    expect(digest(await readFile(join(world.folder, name)))).toBe(digest(before));
  }
  expect(await hidden(world.folder)).toEqual([]);
});

/** Servers of others that heed conditions. */
const careful = ["nephele", "apache"].filter((name) => name in installedServers);

describe.each(careful)("over the WebDAV of %s", (name) => {
  test("a file is replaced as long as nobody else has changed it", async () => {
    const start = installedServers[name];
    if (!start) throw new Error("There is no such server.");
    const server = await start(await createTestFolder());
    onTestFinished(() => server.stop());
    const { folder, url, username, password } = server;
    const before = mp3({ TIT2: "Foam", TPE1: "Herons" });
    await fill(folder, { "Tides #1/foam.mp3": before, "Tides #1/salt.mp3": mp3({ TIT2: "Salt" }) });
    await server.settle();
    const world = await annasServer();
    const form = { provider: "webdav", url, username, password } as const;
    const shelf = { ...world, folder, connection: await connectForm(world, form) };
    await switchOn(world);
    const id = await edit(world, "Tides #1/foam.mp3", { title: "Zebra" });
    // A file of this very second is left for later.
    await expect
      .poll(
        async () => {
          await runLater(world);
          return (await writingOf(world, id))?.state;
        },
        { timeout: 60_000, interval: 500 },
      )
      .toBe("written");
    const after = await readFile(join(folder, "Tides #1/foam.mp3"));
    expect((await parseBuffer(after, "audio/mpeg")).common.title).toBe("Zebra");
    expect(soundOf(after)).toEqual(soundOf(before));
    expect(await hidden(folder)).toEqual([]);
    expect(await scanAgain(shelf)).toEqual(NOTHING);
  });
});

test("a Nextcloud replaces a file in one request, and not while it is locked or another one", async () => {
  const cloud = await startFaultServer({ persona: "nextcloud" });
  onTestFinished(() => cloud.stop());
  const before = mp3({ TIT2: "Foam" });
  cloud.tree.put("foam.mp3", before);
  const world = await annasServer();
  await connect(world, cloud);
  await switchOn(world);
  const fileId = cloud.tree.find("foam.mp3")?.fileId;
  const troubles = [
    { status: 423, says: /being changed at.*as it was.*tried again/ },
    { status: 507, says: /no room left.*as it was.*Make room/ },
    { status: 403, says: /does not let this account put anything.*write the tags again/ },
    { reset: true, says: /as it was.*tried again/ },
  ] as const;
  for (const { says, ...fault } of troubles) {
    const heal = cloud.fault({ method: "PUT", ...fault });
    const id = await edit(world, "foam.mp3", { title: `Zebra ${says}` });
    await runJobs(world.server);
    expect(await writingOf(world, id)).toMatchObject({ message: expect.stringMatching(says) });
    expect(cloud.tree.find("foam.mp3")).toMatchObject({ fileId, sizeBytes: before.length });
    heal();
  }
  const id = await edit(world, "foam.mp3", { title: "Zebra" });
  await runJobs(world.server);
  expect(await writingOf(world, id)).toMatchObject({ state: "written", message: null });
  expect(cloud.tree.find("foam.mp3")).toMatchObject({ fileId });
  expect(cloud.count({ method: "MOVE" })).toBe(0);
});

test("a WebDAV server that heeds no conditions has nothing replaced", async () => {
  const cloud = await startFaultServer();
  onTestFinished(() => cloud.stop());
  cloud.tree.put("foam.mp3", mp3({ TIT2: "Foam" }));
  const before = cloud.tree.find("foam.mp3");
  const world = await annasServer();
  await connect(world, cloud);
  await switchOn(world);
  const id = await edit(world, "foam.mp3", { title: "Zebra" });
  await runJobs(world.server);
  expect(await writingOf(world, id)).toMatchObject({
    ...{ state: "failed", message: expect.stringMatching(/only replaced as long as.*kept beside/) },
  });
  expect(cloud.tree.find("foam.mp3")).toEqual(before);
  expect([...cloud.tree.top.children.keys()]).toEqual(["foam.mp3"]);
});
