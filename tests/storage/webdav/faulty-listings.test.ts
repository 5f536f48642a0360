import { describe, expect, onTestFinished, test } from "vitest";
import type { StoredFile, StoredFolder } from "#server/storage/stored.ts";
import { webdav } from "#server/storage/webdav/index.ts";
import { refusalOf } from "#tests/storage/refusals.ts";
import { createTestIo, listAll } from "#tests/storage/worlds.ts";
import {
  addCharacterReferences,
  addEntityBomb,
  addExternalEntity,
  addHrefs,
  cutXml,
  LOGIN_PAGE,
  nestDeeply,
} from "#tests/support/fault-listings.ts";
import {
  type Fault,
  type FaultServerOptions,
  startFaultServer,
} from "#tests/support/fault-server.ts";

async function annasCloud(options: FaultServerOptions = {}) {
  const cloud = await startFaultServer(options);
  onTestFinished(() => cloud.stop());
  cloud.tree.put("Live/take 1.mp3", "one");
  cloud.tree.put("Live/take 2.mp3", "two");
  const storage = webdav.attach({}, cloud.credential, createTestIo());
  const refusal = (work: Promise<unknown>) => refusalOf(work, [cloud.password]);
  const names = async () => (await listAll(storage, "Live")).map(({ name }) => name);
  return { cloud, storage, refusal, names };
}

describe("a listing that is broken fails as a whole, and the next one heals", () => {
  test.each<[string, Fault, string]>([
    ["is cut off by the connection", { cutAfterBytes: 700 }, "storage_unavailable"],
    ["is cut off in good order", { rewriteXml: cutXml(700) }, "storage_unavailable"],
    [
      "is cut off before the end tag",
      { rewriteXml: (xml) => xml.slice(0, -17) },
      "storage_unavailable",
    ],
    ["is empty", { rewriteXml: () => "" }, "storage_unavailable"],
    [
      "has no entry, not even itself",
      { rewriteXml: (xml) => xml.replace(/<d:response>.*<\/d:response>/s, "") },
      "storage_unavailable",
    ],
    [
      "is not UTF-8",
      { status: 207, text: "x", headers: { "content-type": "application/xml; charset=utf-16" } },
      "storage_unavailable",
    ],
    [
      "is of an unknown charset",
      { status: 207, headers: { "content-type": "text/xml; charset=klingon" } },
      "storage_unavailable",
    ],
    ["has an entity bomb", { rewriteXml: addEntityBomb }, "storage_unavailable"],
    ["asks for a file of ours", { rewriteXml: addExternalEntity }, "storage_unavailable"],
    [
      "has a million character references",
      { rewriteXml: addCharacterReferences(1_000_000) },
      "storage_unavailable",
    ],
    [
      "has a character that does not exist",
      { rewriteXml: addCharacterReferences(1, "&#9999999;") },
      "storage_unavailable",
    ],
    ["is nested too deeply", { rewriteXml: nestDeeply(100_000) }, "storage_unavailable"],
    [
      "has a comment without end",
      {
        rewriteXml: (xml) =>
          xml.replace("<d:response>", `<!--${"x".repeat(9_000_000)}--><d:response>`),
      },
      "storage_unavailable",
    ],
    [
      "is longer than 64 MB",
      { rewriteXml: addHrefs(...new Array<string>(17_000).fill(`/dav/Live/${"x".repeat(4000)}`)) },
      "storage_refused",
    ],
    ["has more than 200,000 entries", { madeUpEntries: 200_001 }, "storage_refused"],
    [
      "is a page",
      { status: 207, text: LOGIN_PAGE, headers: { "content-type": "text/html" } },
      "storage_refused",
    ],
    [
      "is a page of status 200",
      { status: 200, text: LOGIN_PAGE, headers: { "content-type": "text/html" } },
      "storage_refused",
    ],
    [
      "is of another host only",
      { rewriteXml: (xml) => xml.replaceAll("<d:href>", "<d:href>http://evil.example") },
      "storage_unavailable",
    ],
    [
      "is a redirect to a login page",
      { status: 302, headers: { location: "https://login.example/?token=4711" } },
      "storage_refused",
    ],
    ["is answered by silence and a closed connection", { reset: true }, "storage_unavailable"],
    ["is answered as unsupported", { status: 405 }, "storage_refused"],
    ["is locked", { status: 423 }, "storage_unavailable"],
    ["is forbidden", { status: 403 }, "storage_refused"],
    ["needs another password", { status: 401 }, "storage_reconnect"],
    ["comes too often", { status: 429 }, "rate_limited"],
    ["fails inside the server", { status: 500 }, "storage_unavailable"],
  ])("%s", async (_, fault, code) => {
    const { cloud, storage, refusal, names } = await annasCloud();
    cloud.fault({ method: "PROPFIND", path: "Live", ...fault });
    expect((await refusal(storage.list("Live", null))).code).toBe(code);
    cloud.heal();
    expect(await names()).toEqual(["take 1.mp3", "take 2.mp3"]);
  });
});

test.each(["1", "315", "Fri, 31 Dec 2199 23:59:59 GMT", "garbage", "1000000000"])(
  "told to slow down with %j, it asks once and says how long to wait",
  async (retryAfter) => {
    const { cloud, storage, refusal } = await annasCloud();
    const headers = { "retry-after": retryAfter };
    for (const status of [429, 503]) {
      cloud.fault({ method: "PROPFIND", status, headers });
      const { code, retryAfterSeconds } = await refusal(storage.list(null, null));
      expect(code).toBe(status === 429 ? "rate_limited" : "storage_unavailable");
      if (status === 429 || retryAfter !== "garbage") {
        expect(retryAfterSeconds).toBeGreaterThanOrEqual(1);
        expect(retryAfterSeconds).toBeLessThanOrEqual(3600);
      }
    }
    expect(cloud.count({ method: "PROPFIND" })).toBe(2);
  },
);

test("a root that answers 404 is an outage and not an empty library", async () => {
  const { cloud, storage, refusal } = await annasCloud();
  cloud.fault({ method: "PROPFIND", path: "", status: 404 });
  expect((await refusal(storage.list(null, null))).code).toBe("storage_unavailable");
});

test("entries that lead elsewhere are dropped, the others stay", async () => {
  const { cloud, names } = await annasCloud();
  const hrefs = [
    "http://evil.example/dav/Live/a.mp3",
    "/dav/Live/../../etc/passwd",
    "/dav/Live/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "/dav/Live/%2e%2e/take.mp3",
    "/dav/Live/a%00b.mp3",
    "/dav/Live/%ff%fe.mp3",
    "/dav/Other/a.mp3",
    "/dav/Live/deeper/a.mp3",
    "/dav/Live/",
    "file:///etc/passwd",
    "../take.mp3",
    "",
  ];
  cloud.fault({
    rewriteXml: addHrefs(...hrefs, "/dav/Live/take 3 #ö.mp3", "/dav/Live/take%201.mp3"),
  });
  expect(await names()).toEqual(["take 1.mp3", "take 2.mp3", "take 3 #ö.mp3"]);
});

test("200,000 files in one folder can be listed", async () => {
  const { cloud, storage } = await annasCloud();
  cloud.fault({ method: "PROPFIND", path: "Live", madeUpEntries: 199_990 });
  expect(await listAll(storage, "Live")).toHaveLength(199_992);
});

test("a walk through a folder that contains itself comes to an end", async () => {
  const { cloud, storage } = await annasCloud();
  cloud.tree.link("Live/again", "Live");
  let depth = 0;
  for (let folder: string | null = "Live"; folder !== null; depth += 1) {
    const entries: readonly (StoredFolder | StoredFile)[] = (await storage.list(folder, null))
      .entries;
    folder = entries.find(({ kind }) => kind === "folder")?.ref ?? null;
  }
  expect(depth).toBe(100);
});

test("an etag is kept as it is, quoted where the server forgot to, and none where there is none", async () => {
  const { cloud, storage } = await annasCloud();
  const right = (await storage.stat("Live/take 1.mp3")).etag ?? "";
  expect(right).toMatch(/^"[0-9a-f]{32}"$/);
  const etagWith = async (etag: Fault["etag"] & string) => {
    cloud.fault({ etag });
    return (await storage.stat("Live/take 1.mp3")).etag;
  };
  expect(await etagWith("weak")).toBe(`W/${right}`);
  expect(await etagWith("unquoted")).toBe(right);
  expect(await etagWith("none")).toBeNull();
});

test("what a server says oddly counts as not said", async () => {
  const { cloud, storage } = await annasCloud();
  const odd = (xml: string) =>
    xml
      .replace(/<d:getcontentlength>3</, "<d:getcontentlength>about 3<")
      .replace(/<d:getlastmodified>[^<]*/g, "<d:getlastmodified>yesterday 7")
      .replace(/<d:getcontenttype>[^<]*/, `<d:getcontenttype>${"x".repeat(300)}`);
  cloud.fault({ path: "Live/take 1.mp3", rewriteXml: odd });
  expect(await storage.stat("Live/take 1.mp3")).toMatchObject({
    sizeBytes: null,
    modifiedAt: null,
    contentType: null,
  });
});

describe("a Nextcloud", () => {
  test("tells by the tag of a folder that something below it has changed, and where", async () => {
    const { cloud, storage } = await annasCloud({ persona: "nextcloud" });
    cloud.tree.put("Old/1999/take 9.mp3", "x");
    const tags = async () =>
      Object.fromEntries(
        (await listAll(storage, null)).map((entry) => [
          entry.name,
          entry.kind === "folder" ? entry.treeTag : null,
        ]),
      );
    const before = await tags();
    cloud.tree.put("Old/1999/take 10.mp3", "y");
    const after = await tags();
    expect(after.Live).toBe(before.Live);
    expect(after.Old).not.toBe(before.Old);
    expect(before.Old).toMatch(/^".+"$/);
  });

  test("does not show another account's folder as an empty library", async () => {
    const { cloud, refusal } = await annasCloud({
      persona: "nextcloud",
      accounts: { anna: "rehearsal-4711", ben: "other-4712" },
    });
    const url = cloud.credential.url.replace("/anna/", "/ben/");
    const storage = webdav.attach({}, { ...cloud.credential, url }, createTestIo());
    expect((await refusal(storage.list(null, null))).code).toBe("storage_refused");
  });

  test("says what is wrong with the account or the server", async () => {
    const { cloud, storage, refusal } = await annasCloud({ persona: "nextcloud" });
    cloud.nextcloud.disabled = true;
    const disabled = await refusal(storage.list(null, null));
    expect(disabled).toMatchObject({ code: "storage_refused" });
    expect(disabled.message).toContain("disabled");

    cloud.nextcloud.disabled = false;
    cloud.nextcloud.maintenance = true;
    const maintenance = await refusal(storage.list("Live", null));
    expect(maintenance).toMatchObject({ code: "storage_unavailable", retryAfterSeconds: 300 });
    expect(maintenance.message).toContain("maintenance");
    cloud.nextcloud.maintenance = false;

    cloud.setPassword("anna", "changed-4712");
    expect(await refusal(storage.list("Live", null))).toMatchObject({ code: "storage_reconnect" });
    cloud.nextcloud.failures = 100;
    const asPerson = { ...createTestIo(), isAskedFor: true };
    const asked = webdav.attach({}, cloud.credential, asPerson);
    const throttled = await refusal(asked.list("Live", null));
    expect(throttled).toMatchObject({ code: "rate_limited", retryAfterSeconds: 600 });
  });
});

test("a redirect to another origin gets no password and no listing", async () => {
  const { cloud, storage, refusal } = await annasCloud();
  const other = await startFaultServer();
  onTestFinished(() => other.stop());
  cloud.fault({ method: "PROPFIND", status: 307, headers: { location: other.url } });
  expect((await refusal(storage.list(null, null))).code).toBe("storage_refused");
  expect(other.requests.length).toBe(1);
  expect(other.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);

  const text = `<d:multistatus xmlns:d="DAV:"><d:response><d:href>/dav/</d:href><d:propstat><d:prop><d:resourcetype><d:collection/></d:resourcetype></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>`;
  other.fault({ method: "PROPFIND", status: 207, text });
  expect((await refusal(storage.list(null, null))).code).toBe("storage_refused");
});
