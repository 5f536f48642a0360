import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { mp3 } from "#tests/library/made-audio.ts";
import { annasStorage, runJobs, type StorageWorld, trackAt } from "#tests/support/world.ts";

const SIZE = 300_000;

/** Bytes that are no audio: what streams does not have to be. */
const take = randomBytes(SIZE);

const annasTake = () => annasStorage((cloud) => cloud.tree.put("Live/take 1.mp3", take));

async function ask(
  world: StorageWorld,
  headers: Record<string, string> = {},
  method = "GET",
  path = "Live/take 1.mp3",
): Promise<Response> {
  const track = await trackAt(world, path);
  return world.anna.fetch(world.anna.streamUrl(track.id), { headers, method });
}

const bodyOf = async (response: Response): Promise<Buffer> =>
  Buffer.from(await response.arrayBuffer());

test("a page that comes in place of the file is not played, and nothing is forgotten for it", async () => {
  const world = await annasTake();
  const page = "<!doctype html><title>Sign in</title><form></form>";
  const heal = world.cloud.fault({
    ...{ method: "GET", path: "Live/take 1.mp3", status: 200, text: page },
    headers: { "content-type": "text/plain", "content-length": String(page.length) },
  });
  for (const range of [undefined, "bytes=0-1", "bytes=100000-"]) {
    const refused = await ask(world, range ? { range } : {});
    expect(refused.status, range).toBe(503);
    expect(await refused.json()).toMatchObject({
      code: "storage_unavailable",
      message: expect.stringContaining("Nothing is lost"),
    });
  }
  expect(await trackAt(world, "Live/take 1.mp3")).toMatchObject({ sizeBytes: SIZE });
  heal();
  expect(await bodyOf(await ask(world))).toEqual(take);
});

test("the whole file arrives as it lies in the storage, under our own names for what it is", async () => {
  const response = await ask(await annasTake());

  expect(response.status).toBe(200);
  expect(await bodyOf(response)).toEqual(take);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    "accept-ranges": "bytes",
    "cache-control": "private, no-cache",
    "content-length": String(SIZE),
    "content-type": "audio/mpeg",
    etag: expect.stringMatching(/^"[\w-]{22}"$/),
    "last-modified": expect.stringMatching(/GMT$/),
    "x-content-type-options": "nosniff",
  });
});

test.each([
  ["bytes=0-1", 0, 1],
  ["bytes=1000-1999", 1000, 1999],
  ["bytes=299999-", 299_999, 299_999],
  ["bytes=-500", 299_500, 299_999],
  ["bytes=290000-999999", 290_000, 299_999],
])("%s brings exactly these bytes", async (range, start, end) => {
  const response = await ask(await annasTake(), { range });

  expect(response.status).toBe(206);
  expect(response.headers.get("content-range")).toBe(`bytes ${start}-${end}/${SIZE}`);
  expect(response.headers.get("content-length")).toBe(String(end - start + 1));
  expect(await bodyOf(response)).toEqual(take.subarray(start, end + 1));
});

test("a range behind the end says how long the file is", async () => {
  const world = await annasTake();
  const response = await ask(world, { range: `bytes=${SIZE}-` });

  expect(response.status).toBe(416);
  expect(response.headers.get("content-range")).toBe(`bytes */${SIZE}`);
  expect(await response.json()).toMatchObject({ code: "range_not_satisfiable" });
});

test("several ranges at once bring the whole file", async () => {
  const response = await ask(await annasTake(), { range: "bytes=0-1,5-6" });

  expect(response.status).toBe(200);
  expect(await bodyOf(response)).toEqual(take);
});

test("HEAD says what GET would, and costs the storage nothing", async () => {
  const world = await annasTake();
  const asked = world.cloud.count({ method: "GET" });
  const response = await ask(world, { range: "bytes=0-9" }, "HEAD");

  expect(response.status).toBe(200);
  expect(response.headers.get("content-length")).toBe(String(SIZE));
  expect(response.headers.get("content-type")).toBe("audio/mpeg");
  expect(world.cloud.count({ method: "GET" })).toBe(asked);
});

test("who has this version already is told so, and the storage is not asked", async () => {
  const world = await annasTake();
  const etag = (await ask(world, {}, "HEAD")).headers.get("etag") ?? "";
  const asked = world.cloud.count({ method: "GET" });
  const response = await ask(world, { "if-none-match": etag });

  expect(response.status).toBe(304);
  expect(response.headers.get("etag")).toBe(etag);
  expect(await bodyOf(response)).toHaveLength(0);
  expect(world.cloud.count({ method: "GET" })).toBe(asked);
});

test("If-Match with another version is refused", async () => {
  const response = await ask(await annasTake(), { "if-match": '"another"' });

  expect(response.status).toBe(412);
});

test("If-Range with our tag keeps the range, with another it brings the whole file", async () => {
  const world = await annasTake();
  const etag = (await ask(world, {}, "HEAD")).headers.get("etag") ?? "";
  const same = await ask(world, { range: "bytes=0-9", "if-range": etag });
  const other = await ask(world, { range: "bytes=0-9", "if-range": '"other"' });

  expect([same.status, other.status]).toEqual([206, 200]);
  expect(await bodyOf(same)).toEqual(take.subarray(0, 10));
  expect(await bodyOf(other)).toEqual(take);
});

test("an empty file is an empty answer", async () => {
  const world = await annasStorage((cloud) => cloud.tree.put("silence.mp3", ""));
  const response = await ask(world, {}, "GET", "silence.mp3");

  expect(response.status).toBe(200);
  expect(response.headers.get("content-length")).toBe("0");
  expect(await bodyOf(response)).toHaveLength(0);
});

test("the end of a 4 GB file is at hand at once", async () => {
  const world = await annasStorage((cloud) => cloud.tree.put("festival.wav", { sizeBytes: 4e9 }));
  const response = await ask(world, { range: "bytes=-10" }, "GET", "festival.wav");

  expect(response.headers.get("content-range")).toBe("bytes 3999999990-3999999999/4000000000");
  expect(await bodyOf(response)).toHaveLength(10);
});

test("a storage that ignores ranges still yields exactly what was asked for", async () => {
  const world = await annasTake();
  world.cloud.fault({ method: "GET", ignoreRange: true });
  const response = await ask(world, { range: "bytes=1000-1999" });

  expect(response.status).toBe(206);
  expect(await bodyOf(response)).toEqual(take.subarray(1000, 2000));
});

test("a file that was replaced since the scan is sent as it is now, and never mixed", async () => {
  const world = await annasTake();
  const before = (await ask(world, {}, "HEAD")).headers.get("etag") ?? "";
  const other = randomBytes(SIZE - 1000);
  world.cloud.tree.put("Live/take 1.mp3", other);
  const response = await ask(world, { range: "bytes=100-199", "if-range": before });

  expect(response.status).toBe(200);
  expect(response.headers.get("content-length")).toBe(String(other.length));
  expect(response.headers.get("etag")).not.toBe(before);
  expect(await bodyOf(response)).toEqual(other);
});

test("a transfer that the storage cuts goes on where it stopped", async () => {
  const world = await annasTake();
  world.cloud.fault({ method: "GET", cutAfterBytes: 100_000, times: 2 });
  const response = await ask(world);

  expect(await bodyOf(response)).toEqual(take);
});

test("a transfer is cut, not patched, when the file changes in the middle", async () => {
  const world = await annasTake();
  world.cloud.fault({ method: "GET", cutAfterBytes: 100_000, times: 1 });
  const response = await ask(world);
  world.cloud.tree.put("Live/take 1.mp3", randomBytes(SIZE));

  await expect(bodyOf(response)).rejects.toThrow();
});

test("a storage that sends other bytes than it announces is not believed", async () => {
  const world = await annasTake();
  world.cloud.fault({ method: "GET", contentRange: "bytes 5-104/300000" });
  const response = await ask(world, { range: "bytes=0-99" });

  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ code: "storage_unavailable" });
});

test("what the storage says of type, cookies and policy stays there", async () => {
  const world = await annasTake();
  world.cloud.fault({
    method: "GET",
    status: 200,
    headers: {
      "content-type": "text/html",
      "set-cookie": "evil=1",
      "content-security-policy": "script-src *",
    },
    text: "<script>alert(1)</script>",
  });
  const response = await ask(world);
  const body = await bodyOf(response);

  expect(response.headers.get("set-cookie")).toBeNull();
  expect(response.headers.get("content-type")).not.toContain("html");
  expect(response.headers.get("content-security-policy")).not.toContain("script-src *");
  expect(body.includes("<script>")).toBe(false);
});

test.each([
  ["before the first byte", { stall: true } as const],
  ["in the middle", { stallAfterBytes: 50_000 } as const],
])("a listener who leaves %s frees the storage too", async (_, fault) => {
  const world = await annasTake();
  const track = await trackAt(world, "Live/take 1.mp3");
  world.cloud.fault({ method: "GET", ...fault });
  const leave = new AbortController();
  const listening = world.anna
    .fetch(world.anna.streamUrl(track.id), { signal: leave.signal })
    .then((response) => response.arrayBuffer());
  const outcome = expect(listening).rejects.toThrow();
  await expect.poll(() => world.cloud.openDownloads()).toBe(1);
  leave.abort();

  await outcome;
  await expect.poll(() => world.cloud.openDownloads()).toBe(0);
});

test("a stream ends when its session does", async () => {
  const world = await annasTake();
  world.cloud.fault({ method: "GET", stallAfterBytes: 50_000 });
  const response = await ask(world);
  const listening = bodyOf(response);
  const outcome = expect(listening).rejects.toThrow();
  await expect.poll(() => world.cloud.openDownloads()).toBe(1);
  await world.anna.api.auth.signOut.mutate();

  await outcome;
  await expect.poll(() => world.cloud.openDownloads()).toBe(0);
});

test("nobody listens without a session, and a track that is not there looks like somebody else's", async () => {
  const world = await annasTake();
  const track = await trackAt(world, "Live/take 1.mp3");
  const anonymous = await fetch(world.anna.streamUrl(track.id));
  const unknown = await world.anna.fetch(
    world.anna.streamUrl(track.id).replace(/[0-9a-f]{12}$/, "000000000000"),
  );
  const malformed = await world.anna.fetch(`${world.server.baseUrl}/stream/nothing`);

  expect(anonymous.status).toBe(401);
  // Anna is the administrator, who is told that she reaches nothing of others.
  expect(unknown.status).toBe(403);
  expect(malformed.status).toBe(400);
});

test("the twenty-first stream of one person has to wait", async () => {
  const world = await annasTake();
  const track = await trackAt(world, "Live/take 1.mp3");
  world.cloud.fault({ method: "GET", stall: true });
  const leave = new AbortController();
  const open = Array.from({ length: 20 }, () =>
    world.anna
      .fetch(world.anna.streamUrl(track.id), { signal: leave.signal })
      .catch(() => undefined),
  );
  await expect.poll(() => world.cloud.openDownloads()).toBe(20);
  const refused = await world.anna.fetch(world.anna.streamUrl(track.id));

  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  leave.abort();
  await Promise.all(open);
  world.cloud.heal();
  await expect
    .poll(async () => (await world.anna.fetch(world.anna.streamUrl(track.id))).status)
    .toBe(200);
});

test("a download has its own name, in every script", async () => {
  const world = await annasStorage((cloud) => cloud.tree.put("夜汽車 #2 (100%).mp3", take));
  const track = await trackAt(world, "夜汽車 #2 (100%).mp3");
  const response = await world.anna.fetch(world.anna.downloadUrl(track.id));

  expect(response.headers.get("content-disposition")).toBe(
    `attachment; filename="___ #2 (100_).mp3"; filename*=UTF-8''%E5%A4%9C%E6%B1%BD%E8%BB%8A%20%232%20%28100%25%29.mp3`,
  );
  expect(await bodyOf(response)).toEqual(take);
});

test("a storage that is down says so, and its card remembers since when", async () => {
  const world = await annasTake();
  const track = await trackAt(world, "Live/take 1.mp3");
  await world.cloud.stop();
  const response = await world.anna.fetch(world.anna.streamUrl(track.id));
  const [card] = await world.anna.api.connections.list.query({ bandId: world.bandId });

  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ code: "storage_unavailable" });
  expect(card).toMatchObject({ health: "unavailable", trackCount: 1 });
  expect(card?.unavailableSince).not.toBeNull();
});

test("a recording that is gone from the storage says since when, and how it comes back", async () => {
  const world = await annasTake();
  const track = await trackAt(world, "Live/take 1.mp3");
  world.cloud.tree.put("Live/take 2.mp3", randomBytes(1000));
  world.cloud.tree.remove("Live/take 1.mp3");
  const { id } = world.connection;
  await world.anna.api.connections.scan.mutate({ connectionId: id, confirmMissing: true });
  await runJobs(world.server);
  const [card] = await world.anna.api.connections.list.query({ bandId: world.bandId });
  const asked = world.cloud.count({ method: "GET" });
  const response = await world.anna.fetch(world.anna.streamUrl(track.id));

  expect(response.status).toBe(404);
  expect(card).toMatchObject({ trackCount: 1, missingCount: 1 });
  expect(await response.json()).toMatchObject({
    code: "not_found",
    message: expect.stringMatching(/take 1\.mp3.* since \d{4}-\d\d-\d\d\..* scan again/),
  });
  expect(world.cloud.count({ method: "GET" })).toBe(asked);
});

test("a file that went away since the scan is not found, and the storage is not blamed", async () => {
  const world = await annasTake();
  world.cloud.tree.remove("Live/take 1.mp3");
  const response = await ask(world);
  const [card] = await world.anna.api.connections.list.query({ bandId: world.bandId });

  expect(response.status).toBe(404);
  expect(card).toMatchObject({ health: "active", unavailableSince: null });
});

test("who hears a recording sees on the card that the storage is back", async () => {
  const world = await annasTake();
  const { anna, bandId, cloud, connection } = world;
  cloud.fault({ status: 503 });
  const down = await anna.api.connections.check.mutate({ connectionId: connection.id });
  cloud.heal();
  await bodyOf(await ask(world));
  const [card] = await anna.api.connections.list.query({ bandId });

  expect(down.health).toBe("unavailable");
  expect(card).toMatchObject({ health: "active", healthMessage: null, unavailableSince: null });
});

test("a storage with weak tags only gets a weak tag from us, and no parts on the strength of it", async () => {
  const world = await annasStorage((cloud) => {
    cloud.fault({ etag: "weak" });
    cloud.tree.put("Live/take 1.mp3", take);
  });
  const etag = (await ask(world, {}, "HEAD")).headers.get("etag") ?? "";
  const known = await ask(world, { "if-none-match": etag });
  const part = await ask(world, { range: "bytes=0-9" });
  const later = await ask(world, { range: "bytes=0-9", "if-range": etag });

  expect(etag).toMatch(/^W\/"/);
  expect([known.status, part.status, later.status]).toEqual([304, 206, 200]);
  expect(await bodyOf(part)).toEqual(take.subarray(0, 10));
  expect(await bodyOf(later)).toEqual(take);
});

test.each(["weak", "none"] as const)(
  "a transfer that is cut stays cut where the storage's tags are %s: two versions could be mixed",
  async (etag) => {
    const world = await annasStorage((cloud) => {
      cloud.fault({ etag });
      cloud.tree.put("Live/take 1.mp3", take);
    });
    world.cloud.fault({ method: "GET", cutAfterBytes: 100_000, times: 1 });
    const asked = world.cloud.count({ method: "GET" });

    await expect(ask(world).then(bodyOf)).rejects.toThrow();
    expect(world.cloud.count({ method: "GET" })).toBe(asked + 1);
  },
);

const march = new Date("2026-03-14T12:00:00Z");
const april = new Date("2026-04-02T12:00:00Z");

test.each([
  ["another tag alone", "right", SIZE, march],
  ["another date, where there are no tags", "none", SIZE, april],
  ["another length, where tags and dates tell nothing", "none", SIZE - 1, march],
] as const)("a new take is known by %s", async (_, etag, sizeBytes, modifiedAt) => {
  const world = await annasStorage((cloud) => {
    cloud.fault({ etag });
    cloud.tree.put("Live/take 1.mp3", take, { modifiedAt: march });
  });
  const before = await ask(world, {}, "HEAD");
  const other = randomBytes(sizeBytes);
  world.cloud.tree.put("Live/take 1.mp3", other, { modifiedAt });
  const response = await ask(world);

  expect(response.headers.get("etag")).not.toBe(before.headers.get("etag"));
  expect(response.headers.get("last-modified")).toBe(modifiedAt.toUTCString());
  expect(await bodyOf(response)).toEqual(other);
  const after = await ask(world, {}, "HEAD");
  expect(after.headers.get("etag"), "the library knows it, too").toBe(response.headers.get("etag"));
});

test("a file that is another one each time it is asked for is not sent, in a sentence", async () => {
  const world = await annasTake();
  world.cloud.fault({ etag: "changing" });
  const response = await ask(world);

  expect(response.status).toBe(503);
  expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(await response.json()).toMatchObject({
    code: "storage_unavailable",
    message: expect.stringMatching(/being changed/),
  });
  await expect.poll(() => world.cloud.openDownloads()).toBe(0);
});

test.each([
  ["the whole of it", {}, 200],
  ["a part of it", { range: "bytes=100-199" }, 416],
])(
  "a file that was emptied since the scan is empty for who asks for %s",
  async (_, headers, status) => {
    const world = await annasTake();
    world.cloud.tree.put("Live/take 1.mp3", "");
    const response = await ask(world, headers);

    expect(response.status).toBe(status);
    if (status === 200) expect(await bodyOf(response)).toHaveLength(0);
    else expect(response.headers.get("content-range")).toBe("bytes */0");
  },
);

test("a file that became shorter than the part that is asked for says how long it is now", async () => {
  const world = await annasTake();
  world.cloud.tree.put("Live/take 1.mp3", take.subarray(0, 5000));
  const response = await ask(world, { range: "bytes=200000-" });

  expect(response.status).toBe(416);
  expect(response.headers.get("content-range")).toBe("bytes */5000");
});

test("dates are conditions, too", async () => {
  const world = await annasTake();
  const modified = (await ask(world, {}, "HEAD")).headers.get("last-modified") ?? "";
  const dayBefore = new Date(Date.parse(modified) - 86_400_000).toUTCString();
  const statusWith = async (headers: Record<string, string>) =>
    (await ask(world, headers, "HEAD")).status;

  expect(await statusWith({ "if-modified-since": modified })).toBe(304);
  expect(await statusWith({ "if-modified-since": dayBefore })).toBe(200);
  expect(await statusWith({ "if-unmodified-since": modified })).toBe(200);
  expect(await statusWith({ "if-unmodified-since": dayBefore })).toBe(412);
});

test("a storage that does not list how long its files are is played from all the same", async () => {
  const song = mp3({ TIT2: "Tide" }, 2);
  const world = await annasStorage((cloud) => {
    const rewriteXml = (xml: string) => xml.replaceAll(/<d:getcontentlength>\d+<[^>]*>/g, "");
    cloud.fault({ method: "PROPFIND", rewriteXml });
    cloud.tree.put("Live/tide.mp3", song);
  });
  const track = await trackAt(world, "Live/tide.mp3");
  const response = await ask(world, {}, "GET", "Live/tide.mp3");
  const part = await ask(world, { range: "bytes=-10" }, "GET", "Live/tide.mp3");

  expect(track).toMatchObject({ state: "present", title: "Tide", sizeBytes: song.length });
  expect(response.headers.get("content-length")).toBe(String(song.length));
  expect(await bodyOf(response)).toEqual(song);
  expect(await bodyOf(part)).toEqual(song.subarray(-10));
});

test("of a file that was replaced only the newer version is on its way", async () => {
  const world = await annasStorage((cloud) => cloud.tree.put("gig.wav", { sizeBytes: 50e6 }));
  world.cloud.tree.touch("gig.wav");
  const response = await ask(world, {}, "GET", "gig.wav");

  expect(response.status).toBe(200);
  await expect.poll(() => world.cloud.openDownloads()).toBe(1);
  await response.body?.cancel();
});

test("a file that was still on its way into the storage at the scan is played as it is now", async () => {
  const world = await annasStorage((cloud) => {
    cloud.tree.put("empty.mp3", "");
    cloud.tree.put("half.mp3", take.subarray(0, 1000));
  });
  world.cloud.tree.put("empty.mp3", take);
  world.cloud.tree.put("half.mp3", take);
  const first = await ask(world, { range: "bytes=0-" }, "GET", "empty.mp3");
  const rest = await ask(world, { range: "bytes=1000-" }, "GET", "half.mp3");

  expect(first.headers.get("content-range")).toBe(`bytes 0-${SIZE - 1}/${SIZE}`);
  expect(await bodyOf(first)).toEqual(take);
  expect(rest.headers.get("content-range")).toBe(`bytes 1000-${SIZE - 1}/${SIZE}`);
  expect(await bodyOf(rest)).toEqual(take.subarray(1000));
});
