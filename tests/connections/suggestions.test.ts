import { describe, expect, onTestFinished, test } from "vitest";
import { findHomes } from "#server/connections/suggestions.ts";
import { startFaultServer } from "#tests/support/fault-server.ts";
import { annasServer, annasStorage, connect, type StorageWorld } from "#tests/support/world.ts";

const audio = { contentType: "audio/mpeg" };

const songs = (folder: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${folder}${folder ? "/" : ""}${index}.mp3`);

const homesOf = (...paths: readonly (readonly string[])[]) =>
  findHomes(paths.flat()).map(({ path, recordings }) => [path, recordings]);

describe("the folders that are suggested", () => {
  test("are the deepest one that has all recordings", () => {
    const years = [...songs("Band/Tapes/2025/May", 3), ...songs("Band/Tapes/2026", 2)];
    expect(homesOf(years)).toEqual([["Band/Tapes", 5]]);
    expect(homesOf(songs("Band/Tapes", 2), songs("Band/Tapes/old", 1))).toEqual([
      ["Band/Tapes", 3],
    ]);
  });

  test("are several where the top alone has all, those with most first, five at most", () => {
    const all = ["a", "b", "c", "d", "e", "f"].map((name, index) => songs(`${name}/x`, index + 1));
    expect(homesOf(...all)).toEqual([
      ["f/x", 6],
      ["e/x", 5],
      ["d/x", 4],
      ["c/x", 3],
      ["b/x", 2],
    ]);
  });

  test("are none where recordings lie at the top only, or there are none", () => {
    expect(homesOf(songs("", 3))).toEqual([]);
    expect(homesOf([])).toEqual([]);
    expect(homesOf(songs("", 3), songs("Live", 2))).toEqual([["Live", 2]]);
  });

  test("leave out playlists, and what is hidden", () => {
    const hidden = [...songs(".trash/Live", 9), ...songs("Live/.old", 9), "Live/.a.mp3"];
    expect(homesOf(["Lists/party.m3u"], hidden, songs("Live", 1))).toEqual([["Live", 1]]);
  });
});

async function annasNextcloud(): Promise<StorageWorld> {
  return annasStorage(
    ({ tree }) => {
      tree.put("Documents/invoice.pdf", "%PDF", { contentType: "application/pdf" });
      tree.put("Documents/party.m3u", "x", { contentType: "audio/x-mpegurl" });
      tree.put("Grüße & Töne/Probe #1/take 1.mp3", "x", audio);
      tree.put("Grüße & Töne/Probe #2/take 1.mp3", "x", audio);
      tree.put("Memos/idea.m4a", "x", { contentType: "audio/mp4" });
    },
    { cloud: { persona: "nextcloud" } },
  );
}

/** What the index says next. */
function found({ cloud }: StorageWorld, responses: readonly string[]): void {
  const text = `<d:multistatus xmlns:d="DAV:">${responses.join("")}</d:multistatus>`;
  const headers = { "content-type": "application/xml" };
  cloud.fault({ method: "SEARCH", status: 207, headers, text });
}

const toFound = (href: string, props = ""): string =>
  `<d:response><d:href>${href}</d:href><d:propstat><d:prop>${props}</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>`;

const suggest = ({ anna, connection }: StorageWorld) =>
  anna.api.connections.suggestFolders.query({ connectionId: connection.id });

describe("a Nextcloud", () => {
  test("is asked once, by SEARCH, where its recordings are", async () => {
    const world = await annasNextcloud();
    const since = world.cloud.requests.length;
    const connectionId = world.connection.id;
    const suggested = await suggest(world);
    expect(suggested).toEqual({
      folders: [
        { ref: "Grüße & Töne", path: "Grüße & Töne", recordings: 2 },
        { ref: "Memos", path: "Memos", recordings: 1 },
      ],
      isAll: true,
    });
    expect(world.cloud.requests.slice(since).map(({ method }) => method)).toEqual(["SEARCH"]);
    // What is suggested can be opened as it is.
    const folder = suggested.folders[0]?.ref ?? expect.unreachable();
    const page = await world.anna.api.connections.browse.query({ connectionId, folder });
    expect(page.folders.map(({ name }) => name)).toEqual(["Probe #1", "Probe #2"]);
  });

  test("is believed about what is below its own root only", async () => {
    const world = await annasNextcloud();
    const { pathname, host } = new URL(world.cloud.url);
    const folder = "<d:resourcetype><d:collection/></d:resourcetype>";
    found(world, [
      toFound(`${pathname}Live/1.mp3`),
      toFound(`http://${host}${pathname}Live/2.mp3`),
      toFound(`${pathname}Live/2.mp3`),
      toFound(`${pathname}Folder/like a file.mp3`, folder),
      toFound(`${pathname}../bert/Live/3.mp3`),
      toFound("/remote.php/dav/files/bert/Live/4.mp3"),
      toFound("http://elsewhere.example/remote.php/dav/files/anna/Live/5.mp3"),
    ]);
    const suggested = await suggest(world);
    expect(suggested.folders).toEqual([{ ref: "Live", path: "Live", recordings: 2 }]);
  });

  test("that has very many is not asked for all of them", async () => {
    const world = await annasNextcloud();
    const { pathname } = new URL(world.cloud.url);
    const many = Array.from({ length: 10_000 }, (_, at) => toFound(`${pathname}Live/${at}.mp3`));
    found(world, many);
    expect(await suggest(world)).toEqual({
      folders: [{ ref: "Live", path: "Live", recordings: 10_000 }],
      isAll: false,
    });
  });

  test.each([
    ["that does not know SEARCH", 501, "text/plain"],
    ["that is down", 503, "text/plain"],
    ["that does not let us", 403, "application/xml"],
    ["that sends a page", 207, "text/html"],
    ["that sends no multistatus", 207, "application/xml"],
  ])("%s suggests nothing, and that is no failure", async (_name, status, type) => {
    const world = await annasNextcloud();
    world.cloud.fault({ method: "SEARCH", status, headers: { "content-type": type } });
    expect(await suggest(world)).toEqual({ folders: [], isAll: true });
    const [card] = await world.anna.api.connections.list.query({ bandId: world.bandId });
    expect(card?.health).toBe("active");
  });
});

test("a storage without an index is not asked", async () => {
  const world = await annasServer();
  const cloud = await startFaultServer();
  onTestFinished(() => cloud.stop());
  cloud.tree.put("Live/1.mp3", "x", audio);
  const { id: connectionId } = await connect(world, cloud);
  const before = cloud.requests.length;
  expect(await world.anna.api.connections.suggestFolders.query({ connectionId })).toEqual({
    folders: [],
    isAll: true,
  });
  expect(cloud.requests).toHaveLength(before);
});
