import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { webdav } from "#server/storage/webdav/index.ts";
import { refusalOf } from "#tests/storage/refusals.ts";
import { createTestIo, readAll, readRange } from "#tests/storage/worlds.ts";
import { LOGIN_PAGE } from "#tests/support/fault-listings.ts";
import {
  type Fault,
  type FaultServerOptions,
  startFaultServer,
} from "#tests/support/fault-server.ts";
import { generatedBytes } from "#tests/support/fault-tree.ts";

const SIZE = 300_000;
const HTML = { "content-type": "text/html; charset=utf-8" };
const middle = { start: 100_000, end: 199_999 };
const never = new AbortController().signal;

async function annasTake(fault: Fault = {}, options: FaultServerOptions = {}) {
  const cloud = await startFaultServer(options);
  onTestFinished(() => cloud.stop());
  cloud.tree.put("take.mp3", { sizeBytes: SIZE });
  cloud.fault({ method: "GET", ...fault });
  const storage = webdav.attach({}, cloud.credential, createTestIo());
  const open = (range = middle, signal = never) => storage.openRange("take.mp3", range, signal);
  const refusal = (work: Promise<unknown>) => refusalOf(work, [cloud.password]);
  return { cloud, storage, open, refusal };
}

const rightBytes = generatedBytes(middle.start, middle.end);

describe("never other bytes than those asked for", () => {
  test.each<[string, Fault]>([
    ["ignores ranges", { ignoreRange: true }],
    ["ignores ranges and does not say how long the file is", { ignoreRange: true, chunked: true }],
    ["does not say how long the range is", { chunked: true }],
    ["does not say how long the file is", { contentRange: "bytes 100000-199999/*" }],
    ["says neither", { contentRange: "bytes 100000-199999/*", chunked: true }],
    ["sends more than it says", { extraBytes: 50_000, chunked: true }],
    ["sends slowly", { bytesPerSecond: 1_000_000 }],
  ])("a server that %s still gives the range", async (_, fault) => {
    const { open } = await annasTake(fault);
    const opened = await open();
    expect(opened).toMatchObject({ range: middle, sizeBytes: SIZE });
    expect((await readAll(opened.body)).equals(rightBytes)).toBe(true);
  });

  test.each<[string, Fault]>([
    ["another start", { contentRange: `bytes 99999-199999/${SIZE}` }],
    ["another end", { contentRange: `bytes 100000-199998/${SIZE}` }],
    ["an end beyond what was asked", { contentRange: `bytes 100000-200000/${SIZE}` }],
    ["a size that does not fit", { contentRange: "bytes 100000-199999/150000" }],
    ["a size before the range", { contentRange: "bytes 100000-199999/100000" }],
    ["another unit", { contentRange: `lines 100000-199999/${SIZE}` }],
    ["nothing that can be read", { contentRange: "garbage" }],
    ["nothing", { contentRange: null }],
    ["neither start nor size", { contentRange: "bytes */*" }],
    ["a length that does not fit", { extraBytes: 7 }],
    ["a shorter length", { extraBytes: -7 }],
  ])("a server that names %s is not believed", async (_, fault) => {
    const { cloud, open, refusal } = await annasTake(fault);
    const { code } = await refusal(open());
    expect(["storage_unavailable", "range_not_satisfiable"]).toContain(code);
    await expect.poll(() => cloud.openDownloads()).toBe(0);
  });

  test.each<[string, Fault]>([
    ["is cut off", { cutAfterBytes: 70_000 }],
    ["is cut off at its beginning", { cutAfterBytes: 0 }],
    ["is cut off and had no length", { cutAfterBytes: 70_000, chunked: true }],
    ["is too short and had no length", { extraBytes: -1, chunked: true }],
    ["of the whole file is cut off", { cutAfterBytes: 150_000, ignoreRange: true }],
    ["of the whole file is cut off before the range", { cutAfterBytes: 5000, ignoreRange: true }],
  ])("an answer that %s fails, after right bytes only", async (_, fault) => {
    const { open, refusal } = await annasTake(fault);
    const { body } = await open();
    const got: Buffer[] = [];
    body.on("data", (chunk: Buffer) => got.push(chunk));
    const end = new Promise((resolve, reject) => body.once("end", resolve).once("error", reject));
    expect((await refusal(end)).code).toBe("storage_unavailable");
    const bytes = Buffer.concat(got);
    expect(bytes.equals(rightBytes.subarray(0, bytes.length))).toBe(true);
    expect(bytes.length).toBeLessThan(rightBytes.length);
  });

  test("cut off anywhere, what was given is the beginning of the range", async () => {
    const { cloud, open } = await annasTake();
    const cutAnywhere = async (cutAfterBytes: number, chunked: boolean): Promise<boolean> => {
      const heal = cloud.fault({ cutAfterBytes, ...(chunked ? { chunked } : {}) });
      const { body } = await open();
      const got: Buffer[] = [];
      const failure = await new Promise((resolve) => {
        body.on("data", (chunk: Buffer) => got.push(chunk));
        body.once("end", () => resolve(null)).once("error", resolve);
      });
      heal();
      const bytes = Buffer.concat(got);
      return failure !== null && bytes.equals(rightBytes.subarray(0, bytes.length));
    };
    const at = fc.nat(rightBytes.length - 1);
    await fc.assert(fc.asyncProperty(at, fc.boolean(), cutAnywhere), { numRuns: 60 });
  });

  test("a packed part is no part of the file", async () => {
    const headers = { "content-encoding": "gzip", "content-range": `bytes 0-2/${SIZE}` };
    for (const status of [200, 206]) {
      const { open, refusal } = await annasTake({ status, headers, text: "abc" });
      expect((await refusal(open({ start: 0, end: 2 }))).code).toBe("storage_unavailable");
    }
  });

  test("several parts at once are not what was asked for", async () => {
    const headers = { "content-type": "multipart/byteranges; boundary=x" };
    const { open, refusal } = await annasTake({ status: 206, headers, text: "--x\r\n" });
    expect((await refusal(open())).code).toBe("storage_unavailable");
  });
});

describe("what the request says", () => {
  test("always a range, also for the whole file, and nothing packed", async () => {
    const { cloud, open } = await annasTake();
    await readAll((await open({ start: 0, end: SIZE - 1 })).body);
    expect(cloud.requests.map(({ method }) => method)).toEqual(["GET"]);
    expect(cloud.requests[0]?.headers).toMatchObject({
      range: `bytes=0-${SIZE - 1}`,
      "accept-encoding": "identity",
    });
  });

  test("a range that is none is not asked for", async () => {
    const { cloud, open, refusal } = await annasTake();
    for (const range of [
      { start: -1, end: 5 },
      { start: 5, end: 4 },
      { start: Number.NaN, end: 4 },
    ]) {
      expect((await refusal(open(range))).code).toBe("range_not_satisfiable");
    }
    expect(cloud.requests).toEqual([]);
  });
});

describe("the end of a file", () => {
  test.each(["plain", "nextcloud"] as const)(
    "of a %s server is clear, whether it says the size or not",
    async (persona) => {
      const { open, refusal } = await annasTake({}, { persona });
      const beyond = { start: SIZE, end: SIZE + 9 };
      expect((await refusal(open(beyond))).code).toBe("range_not_satisfiable");
      const last = await open({ start: SIZE - 5, end: SIZE + 99 });
      expect(last.range).toEqual({ start: SIZE - 5, end: SIZE - 1 });
      expect(await readAll(last.body)).toHaveLength(5);
    },
  );

  test("is clear too when ranges are ignored", async () => {
    const { open, refusal } = await annasTake({ ignoreRange: true });
    expect((await refusal(open({ start: SIZE, end: SIZE + 9 }))).code).toBe(
      "range_not_satisfiable",
    );
  });

  test("is unknown when nobody says the size, and then it says who can help", async () => {
    const { cloud, open, refusal } = await annasTake({ ignoreRange: true, chunked: true });
    const hideSize = (xml: string) =>
      xml.replace(/<d:getcontentlength>\d+</, "<d:getcontentlength><");
    cloud.fault({
      method: "PROPFIND",
      rewriteXml: (xml) => hideSize(xml).replace("<d:getcontentlength></d:getcontentlength>", ""),
    });
    const { code, message } = await refusal(open());
    expect(code).toBe("storage_refused");
    expect(message).toContain("Content-Length");
  });

  test("4 GB on is read without what comes before it", async () => {
    const { cloud, storage } = await annasTake();
    const sizeBytes = 4_300_000_000;
    cloud.tree.put("box set.flac", { sizeBytes });
    const range = { start: sizeBytes - 1000, end: sizeBytes - 1 };
    const bytes = await readRange(storage, "box set.flac", range);
    expect(bytes.equals(generatedBytes(range.start, range.end))).toBe(true);
  });
});

describe("an answer that is no file", () => {
  test.each<[string, Fault, string]>([
    ["a page to sign in", { status: 200, headers: HTML, text: LOGIN_PAGE }, "storage_unavailable"],
    ["a new password", { status: 401 }, "storage_reconnect"],
    ["no permission", { status: 403 }, "storage_refused"],
    ["not found", { status: 404 }, "not_found"],
    ["a lock", { status: 423 }, "storage_unavailable"],
    ["too many requests", { status: 429 }, "rate_limited"],
    ["an outage", { status: 503, headers: { "retry-after": "20" } }, "storage_unavailable"],
    ["a closed connection", { reset: true }, "storage_unavailable"],
    [
      "a redirect to an address inside",
      { status: 302, headers: { location: "http://169.254.169.254/" } },
      "storage_refused",
    ],
    [
      "a redirect to somewhere private",
      { status: 302, headers: { location: "http://192.168.1.1/" } },
      "storage_refused",
    ],
  ])("%s is named", async (_, fault, code) => {
    const { cloud, open, refusal } = await annasTake(fault);
    const failure = await refusal(open());
    expect(failure.code).toBe(code);
    expect(cloud.count({ method: "GET" })).toBeLessThanOrEqual(2);
  });

  test("a folder is not one, whatever page the server shows for it", async () => {
    const { cloud, storage, refusal } = await annasTake();
    cloud.tree.mkdir("Live");
    const work = storage.openRange("Live", middle, never);
    expect((await refusal(work)).code).toBe("not_found");
  });

  test("a page that was asked for is a file like others", async () => {
    const { cloud, storage } = await annasTake({ ignoreRange: true });
    cloud.tree.put("notes.html", LOGIN_PAGE);
    const bytes = await readRange(storage, "notes.html", { start: 0, end: 8 });
    expect(bytes.toString()).toBe("<!DOCTYPE");
  });

  test("a redirect to another origin is followed for bytes, without the password", async () => {
    const { cloud, open } = await annasTake();
    const shelf = await annasTake();
    shelf.cloud.fault({
      method: "GET",
      status: 206,
      headers: { "content-range": "bytes 0-2/3" },
      text: "abc",
    });
    cloud.fault({
      method: "GET",
      status: 302,
      headers: { location: `${shelf.cloud.url}take.mp3` },
    });
    expect((await readAll((await open({ start: 0, end: 2 })).body)).toString()).toBe("abc");
    const [request] = shelf.cloud.requests;
    expect(request?.headers.authorization).toBeUndefined();
    expect(request?.headers.range).toBe("bytes=0-2");
  });
});

describe("the validator that comes with the bytes", () => {
  test("is the one of these bytes", async () => {
    const { cloud, open } = await annasTake();
    const etagNow = async () => {
      const { etag, body } = await open();
      body.destroy();
      return etag;
    };
    const before = await etagNow();
    cloud.tree.touch("take.mp3");
    const after = await etagNow();
    expect(before).toMatch(/^"[0-9a-f]+"$/);
    expect(after).not.toBe(before);
    cloud.fault({ etag: "weak" });
    expect(await etagNow()).toBe(`W/${after}`);
    cloud.fault({ etag: "none" });
    expect(await etagNow()).toBeNull();
  });

  test("comes with the size and time of the file as it is now", async () => {
    const { cloud, open } = await annasTake();
    const modifiedAt = new Date("2026-03-14T19:30:00Z");
    cloud.tree.put("take.mp3", { sizeBytes: 400_000 }, { modifiedAt });
    const { body, ...opened } = await open();
    body.destroy();
    expect(opened).toMatchObject({ sizeBytes: 400_000, modifiedAt });
  });
});

describe("a storage that keeps a listener waiting", () => {
  test.each<[string, Fault]>([
    ["sends nothing more", { stallAfterBytes: 1000 }],
    ["sends a byte a second", { bytesPerSecond: 1 }],
    [
      "sends nothing more of the part before the range",
      { stallAfterBytes: 1000, ignoreRange: true },
    ],
  ])("is left at once when the listener goes: it %s", async (_, fault) => {
    const { cloud, open } = await annasTake(fault);
    const leave = new AbortController();
    const { body } = await open(middle, leave.signal);
    const reading = readAll(body);
    expect(cloud.openDownloads()).toBe(1);
    leave.abort(new Error("gone"));
    await expect(reading).rejects.toThrow("gone");
    await expect.poll(() => cloud.openDownloads()).toBe(0);
  });

  test("is left before it says anything at all", async () => {
    const { cloud, open } = await annasTake({ stall: true });
    const leave = new AbortController();
    const opening = open(middle, leave.signal);
    await expect.poll(() => cloud.openDownloads()).toBe(1);
    const reason = new Error("gone");
    leave.abort(reason);
    await expect(opening).rejects.toBe(reason);
    await expect.poll(() => cloud.openDownloads()).toBe(0);
  });

  test("is given up when it does not say anything for ten seconds", async () => {
    const { cloud, open, refusal } = await annasTake({ stall: true });
    expect((await refusal(open())).code).toBe("storage_unavailable");
    await expect.poll(() => cloud.openDownloads()).toBe(0);
  });

  test("has to wait itself when the listener is the slow one", async () => {
    const { cloud, storage } = await annasTake();
    cloud.tree.put("long.flac", { sizeBytes: 1_000_000_000 });
    for (const fault of [{}, { ignoreRange: true }] as const) {
      const heal = cloud.fault(fault);
      const { body } = await storage.openRange("long.flac", { start: 10, end: 999_999_998 }, never);
      body.once("readable", () => body.read(1));
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(body.readableLength).toBeLessThan(1_000_000);
      expect(cloud.openDownloads()).toBe(1);
      body.destroy();
      await expect.poll(() => cloud.openDownloads()).toBe(0);
      heal();
    }
  });
});
