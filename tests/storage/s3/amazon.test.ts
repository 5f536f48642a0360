import { describe, expect, onTestFinished, test } from "vitest";
import type { EgressRequest } from "#server/base/egress/client.ts";
import { AppError } from "#server/base/errors.ts";
import type { Storage, StorageIo } from "#server/storage/provider.ts";
import type { Credential } from "#server/storage/s3/credential.ts";
import { s3 } from "#server/storage/s3/index.ts";
import { describeStorage } from "#tests/storage/conformance.ts";
import { refusalOf } from "#tests/storage/refusals.ts";
import { createTestIo, listAll, readRange } from "#tests/storage/worlds.ts";
import { beginFile, sendParts, writingOf } from "#tests/storage/writing.ts";
import { type Failure, startFakeS3, toXml } from "#tests/support/fake-s3.ts";
import type { S3Account } from "#tests/support/fake-s3-signatures.ts";
import { inBucket, toCredential } from "./bucket.ts";

describeStorage("Amazon S3", startWorld, { hasNoFileIds: true, hasNoFolders: true });

async function startWorld() {
  const cloud = await startFakeS3();
  const attach = (io: StorageIo) => s3.attach({}, toCredential(cloud), io);
  return { ...inBucket(cloud), attach };
}

async function annasBucket(changes: Partial<Credential> = {}, keys: Partial<S3Account> = {}) {
  const cloud = await startFakeS3("annas-band", keys);
  onTestFinished(() => cloud.stop());
  const io = createTestIo();
  const credential = toCredential(cloud, changes);
  const secrets = [cloud.secretAccessKey, credential.secretAccessKey];
  secrets.push(
    ...[cloud.sessionToken, credential.sessionToken].filter((each) => each !== undefined),
  );
  return {
    cloud,
    storage: s3.attach({}, credential, io),
    at: (now: Date) => s3.attach({}, credential, { ...io, now: () => now }),
    refusal: (work: Promise<unknown>) => refusalOf(work, secrets),
  };
}

/** The refs of everything, from the top downwards. */
async function walk(storage: Storage) {
  const files: string[] = [];
  const folders: (string | null)[] = [null];
  for (const folder of folders) {
    const entries = await listAll(storage, folder);
    expect(entries.map(({ name }) => name)).not.toContain("");
    folders.push(...entries.filter(({ kind }) => kind === "folder").map(({ ref }) => ref));
    files.push(...entries.filter(({ kind }) => kind === "file").map(({ ref }) => ref));
  }
  return { files, folders };
}

describe("a bucket", () => {
  test("of 1,200 keys is listed in two requests, each key once", async () => {
    const { cloud, storage } = await annasBucket();
    const names = Array.from({ length: 1199 }, (_, index) => `take ${index} + é.mp3`);
    for (const name of names) cloud.put(`Live/${name}`, "x");
    cloud.put("Live/Berlin/take.mp3", "x");
    const entries = await listAll(storage, "Live");
    expect(entries.map(({ name }) => name).sort()).toEqual([...names, "Berlin"].sort());
    expect(cloud.requests).toHaveLength(2);
  });

  test("may have keys that look like no path, and they play", async () => {
    const { cloud, storage } = await annasBucket();
    const keys = ["/take.mp3", "//take.mp3", "/Live/take.mp3", "Live//take.mp3", "Live///take.mp3"];
    for (const key of keys) cloud.put(key, key);
    const { files, folders } = await walk(storage);
    expect(files.sort()).toEqual(keys.sort());
    expect(new Set(folders).size).toBe(folders.length);
    expect(folders).not.toContain("");
    for (const key of keys) {
      expect((await readRange(storage, key, { start: 0, end: 99 })).toString()).toBe(key);
    }
  });

  test("leaves out what no address leads to, and the object that stands for its folder", async () => {
    const { cloud, storage } = await annasBucket();
    for (const key of ["Live/", "Live/../up.mp3", "Live/./here.mp3", "Live/take.mp3"]) {
      cloud.put(key, "x");
    }
    expect((await listAll(storage, "Live")).map(({ ref }) => ref)).toEqual(["Live/take.mp3"]);
    await expect(storage.stat("Live/")).rejects.toMatchObject({ code: "not_found" });
  });

  test("may have a file and a folder of one name", async () => {
    const { cloud, storage } = await annasBucket();
    cloud.put("Live", "a file");
    cloud.put("Live/take.mp3", "x");
    const kinds = (await listAll(storage, null)).map(({ kind, name }) => [kind, name]);
    expect(kinds.sort()).toEqual([
      ["file", "Live"],
      ["folder", "Live"],
    ]);
    expect((await readRange(storage, "Live", { start: 0, end: 99 })).toString()).toBe("a file");
  });

  test.each([
    ["https", "UNSIGNED-PAYLOAD"],
    ["http", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ])("is asked over %s with the payload hash %s", async (scheme, hash) => {
    const asked: EgressRequest[] = [];
    const request = async (each: EgressRequest) => {
      asked.push(each);
      throw new AppError("storage_unavailable", "Nobody is there.");
    };
    const io = { ...createTestIo(), egress: { request, close: async () => {} } };
    const cloud = await startFakeS3();
    onTestFinished(() => cloud.stop());
    const endpoint = `${scheme}://s3.example/`;
    await expect(
      s3.attach({}, toCredential(cloud, { endpoint }), io).list(null, null),
    ).rejects.toThrow();
    expect(asked[0]?.headers?.["x-amz-content-sha256"]).toBe(hash);
    expect(asked[0]?.maxRedirects).toBeUndefined();
  });

  test("that is empty is an empty storage", async () => {
    const { storage } = await annasBucket();
    expect(await listAll(storage, null)).toEqual([]);
  });

  test("stands before the host where it has to", async () => {
    const { cloud, storage } = await annasBucket({ isPathStyle: false });
    cloud.put("Live/take.mp3", "hello");
    expect(await listAll(storage, "Live")).toHaveLength(1);
    expect((await storage.stat("Live/take.mp3")).sizeBytes).toBe(5);
    const asked = cloud.requests.map(({ url, headers }) => [headers.host?.split(".")[0], url]);
    expect(asked[1]).toEqual(["annas-band", "/Live/take.mp3"]);
  });

  test("gives a direct address that ends after an hour at most", async () => {
    const { cloud, storage, at } = await annasBucket();
    cloud.put("Live/100% +.mp3", "hello");
    const url = storage.directUrl?.("Live/100% +.mp3", 60) ?? expect.unreachable();
    expect(await (await fetch(url)).text()).toBe("hello");
    expect(url.href).not.toContain(encodeURIComponent(cloud.secretAccessKey));
    const before = at(new Date(Date.now() - 3_601_000));
    const ended = before.directUrl?.("Live/100% +.mp3", 86_400) ?? expect.unreachable();
    expect((await fetch(ended)).status).toBe(403);
  });
});

describe("a temporary key", () => {
  const keys = {
    accessKeyId: "ASIAANNA4711EXAMPLE",
    sessionToken: "FwoGZX/IvYXdz+EXAMPLE//token==",
  };

  test("opens everything together with its token, which is signed", async () => {
    const { cloud, storage } = await annasBucket({}, keys);
    cloud.put("Live/take.mp3", "hello");
    expect(await listAll(storage, "Live")).toHaveLength(1);
    expect((await storage.stat("Live/take.mp3")).sizeBytes).toBe(5);
    const whole = { start: 0, end: 99 };
    expect((await readRange(storage, "Live/take.mp3", whole)).toString()).toBe("hello");
    const url = storage.directUrl?.("Live/take.mp3", 60) ?? expect.unreachable();
    expect(await (await fetch(url)).text()).toBe("hello");
    const writing = writingOf(storage);
    const target = { root: null, folders: [], name: "new.mp3", sizeBytes: 3 };
    const session = await beginFile(writing, target);
    const receipts = await sendParts(writing, session, Buffer.from("new"));
    await writing.finish(session, { receipts, name: "new.mp3", isRepeated: false });
    expect(cloud.objects.get("new.mp3")?.bytes.toString()).toBe("new");
  });

  test.each<[string, Partial<Credential>, Partial<S3Account>, string]>([
    ["with another's token", { sessionToken: "another/token==" }, keys, "session token"],
    ["without its token", { sessionToken: undefined }, keys, "session token"],
    ["that needs no token", { sessionToken: "another/token==" }, {}, "session token"],
  ])("%s opens nothing", async (_, changes, account, words) => {
    const { cloud, storage, refusal } = await annasBucket(changes, account);
    cloud.put("take.mp3", "x");
    for (const work of [storage.list(null, null), storage.stat("take.mp3")]) {
      const { code, message } = await refusal(work);
      expect([code, message]).toEqual(["storage_reconnect", expect.stringContaining(words)]);
    }
  });
});

describe("what Amazon refuses is said so that somebody can act on it", () => {
  const error = (status: number, code: string, more = ""): Failure => ({
    status,
    headers: { "content-type": "application/xml" },
    body: toXml("Error", `<Code>${code}</Code><Message>canary</Message>${more}`),
  });
  const page = { "content-type": "text/html" };

  test.each<[Failure, string, string]>([
    [error(403, "AccessDenied"), "storage_refused", "s3:ListBucket"],
    [error(403, "InvalidAccessKeyId"), "storage_reconnect", "does not know this access key"],
    [error(400, "ExpiredToken"), "storage_reconnect", "temporary access key"],
    [error(400, "InvalidToken"), "storage_reconnect", "session token"],
    [error(403, "SignatureDoesNotMatch"), "storage_reconnect", "secret key"],
    [error(404, "NoSuchBucket"), "storage_refused", 'no bucket "annas-band"'],
    [error(403, "RequestTimeTooSkewed"), "storage_unavailable", "clock"],
    [error(403, "InvalidObjectState"), "storage_refused", "archive"],
    [
      error(400, "AuthorizationHeaderMalformed", "<Region>us-west-2</Region>"),
      "storage_refused",
      "in the region us-west-2, not in eu-central-1",
    ],
    [
      { status: 301, headers: { "x-amz-bucket-region": "us-west-2" } },
      "storage_refused",
      "region us-west-2",
    ],
    [error(301, "PermanentRedirect"), "storage_refused", "check the region"],
    [error(307, "TemporaryRedirect"), "storage_unavailable", "still moving"],
    [error(500, "InternalError"), "storage_unavailable", "problem of its own"],
    [{ status: 502, headers: page, body: "<html>" }, "storage_unavailable", "problem of its own"],
    [{ status: 404, headers: page, body: "<html>" }, "storage_refused", "web page"],
    [
      { status: 302, headers: { location: "https://login.example/canary" } },
      "storage_refused",
      "web page",
    ],
  ])("%j", async (failure, code, words) => {
    const { cloud, storage, refusal } = await annasBucket();
    cloud.put("take.mp3", "x");
    cloud.fail(failure);
    const never = new AbortController().signal;
    for (const work of [
      () => storage.list(null, null),
      () => storage.openRange("take.mp3", { start: 0, end: 0 }, never),
      () => storage.stat("take.mp3"),
    ]) {
      const named = await refusal(work());
      expect(named.message).not.toContain("canary");
      // HEAD tells less: what is named has to be the same where it does not.
      expect([named.code, named.message]).toEqual([code, expect.stringContaining(words)]);
    }
  });

  test("a web page where a listing should be, such as the console of a MinIO", async () => {
    const { cloud, storage, refusal } = await annasBucket();
    cloud.fail({ status: 200, headers: page, body: "<!doctype html><title>Console</title>" });
    const { code, message } = await refusal(storage.list(null, null));
    expect([code, message]).toEqual(["storage_refused", expect.stringContaining("web page")]);
  });

  test("too many requests have a wait, which Amazon does not name", async () => {
    const { cloud, storage, refusal } = await annasBucket();
    cloud.fail(error(503, "SlowDown"));
    const slow = await refusal(storage.list(null, null));
    expect([slow.code, slow.retryAfterSeconds]).toEqual(["rate_limited", 5]);
    cloud.fail({ ...error(503, "SlowDown"), headers: { "retry-after": "30" } });
    expect((await refusal(storage.list(null, null))).retryAfterSeconds).toBe(30);
  });

  test("a file that is gone is not a bucket that is gone", async () => {
    const { storage, refusal } = await annasBucket();
    expect((await refusal(storage.stat("lost.mp3"))).code).toBe("not_found");
    const { storage: elsewhere, refusal: other } = await annasBucket({ bucket: "bens-band" });
    expect((await other(elsewhere.stat("lost.mp3"))).message).toContain('no bucket "bens-band"');
  });

  test("a wrong secret, key, region or clock is found out by a signature that is checked", async () => {
    const wrong: [Partial<Credential>, string][] = [
      [{ secretAccessKey: "another/secret+4712" }, "secret key"],
      [{ accessKeyId: "AKIDBEN" }, "does not know this access key"],
      [{ region: "us-east-1" }, "in the region eu-central-1, not in us-east-1"],
    ];
    for (const [changes, words] of wrong) {
      const { storage, refusal } = await annasBucket(changes);
      expect((await refusal(storage.list(null, null))).message).toContain(words);
      expect((await refusal(storage.stat("take.mp3"))).message).toContain(words);
    }
    const { at, refusal } = await annasBucket();
    const late = at(new Date(Date.now() + 3_600_000));
    expect((await refusal(late.list(null, null))).message).toContain("clock");
  });
});

describe("a listing that is not the one that was asked for", () => {
  const listing = (inside: string): Failure => ({
    status: 200,
    body: toXml("ListBucketResult", inside),
  });
  const contents = (key: string) => `<Contents><Key>${key}</Key></Contents>`;

  test.each<[string, Failure]>([
    ["is of another folder", listing(contents("Best/take.mp3"))],
    ["goes deeper than it should", listing(contents("Live/Berlin/take.mp3"))],
    ["has no next page", listing("<IsTruncated>true</IsTruncated>")],
    [
      "has itself as the next page",
      listing("<IsTruncated>true</IsTruncated><NextContinuationToken>4711</NextContinuationToken>"),
    ],
    ["breaks off", { status: 200, body: "<ListBucketResult><Contents>" }],
    ["is another document", { status: 200, body: toXml("ListAllMyBucketsResult", "") }],
    ["has a DTD", { status: 200, body: "<!DOCTYPE a [<!ENTITY b 'c'>]><ListBucketResult/>" }],
    ["is encoded wrong", listing(`<EncodingType>url</EncodingType>${contents("Live/%zz")}`)],
  ])("is not believed: it %s", async (_, failure) => {
    const { cloud, storage, refusal } = await annasBucket();
    cloud.fail(failure);
    expect((await refusal(storage.list("Live", "4711"))).code).toBe("storage_unavailable");
  });

  test("is read as it is where a server does not encode keys", async () => {
    const { cloud, storage } = await annasBucket();
    cloud.fail(listing(contents("Live/100%+ &amp; more.mp3")));
    expect(await listAll(storage, "Live")).toMatchObject([
      { ref: "Live/100%+ & more.mp3", sizeBytes: null, etag: null, modifiedAt: null },
    ]);
  });
});
