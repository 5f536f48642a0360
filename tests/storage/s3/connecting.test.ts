import { sql } from "drizzle-orm";
import { expect, onTestFinished, test } from "vitest";
import { s3 } from "#server/storage/s3/index.ts";
import { type S3Form, toCredential } from "#server/storage/s3/verify.ts";
import { refusalOf } from "#tests/storage/refusals.ts";
import { createTestIo } from "#tests/storage/worlds.ts";
import { type FakeS3, startFakeS3 } from "#tests/support/fake-s3.ts";
import type { S3Account } from "#tests/support/fake-s3-signatures.ts";
import { recordLog } from "#tests/support/log.ts";
import { refused } from "#tests/support/refused.ts";
import { annasServer, listTracks, runJobs } from "#tests/support/world.ts";

const typed: S3Form = {
  provider: "s3",
  endpoint: "https://s3.example",
  region: "",
  bucket: "annas-band",
  accessKeyId: "AKIDANNA4711EXAMPLE",
  secretAccessKey: "rehearsal/4711+secret",
  pathStyle: "auto",
};

const formOf = (cloud: FakeS3): S3Form => ({
  ...typed,
  endpoint: cloud.endpoint,
  region: cloud.region,
  bucket: cloud.bucket,
  accessKeyId: cloud.accessKeyId,
  secretAccessKey: cloud.secretAccessKey,
});

async function annasCloud(keys: Partial<S3Account> = {}) {
  const cloud = await startFakeS3("annas-band", keys);
  onTestFinished(() => cloud.stop());
  return cloud;
}

test.each([
  [
    "s3.eu-central-1.amazonaws.com",
    "https://s3.eu-central-1.amazonaws.com/",
    "eu-central-1",
    false,
  ],
  ["s3.amazonaws.com", "https://s3.amazonaws.com/", "us-east-1", false],
  [
    "https://annas-band.s3.eu-west-1.amazonaws.com/Live/?x=1#top",
    "https://s3.eu-west-1.amazonaws.com/Live/",
    "eu-west-1",
    false,
  ],
  ["https://4711.r2.cloudflarestorage.com", "https://4711.r2.cloudflarestorage.com/", "auto", true],
  [
    "s3.us-west-004.backblazeb2.com",
    "https://s3.us-west-004.backblazeb2.com/",
    "us-west-004",
    true,
  ],
  ["http://nas.local:9000/annas-band", "http://nas.local:9000/", "us-east-1", true],
  ["https://db.example/storage/v1/s3", "https://db.example/storage/v1/s3/", "us-east-1", true],
  ["s3.example", "https://s3.example/", "us-east-1", true],
])("%j means the service at %s, region %s", (endpoint, address, region, isPathStyle) => {
  expect(toCredential({ ...typed, endpoint })).toMatchObject({
    endpoint: address,
    region,
    isPathStyle,
  });
});

test("a bucket with dots stands in the path, because no certificate fits its host name", () => {
  const endpoint = "s3.eu-central-1.amazonaws.com";
  const dotted = { ...typed, endpoint, bucket: "annas.band" };
  expect(toCredential(dotted).isPathStyle).toBe(true);
  expect(toCredential({ ...dotted, pathStyle: false }).isPathStyle).toBe(false);
});

test("a temporary key is told apart from one that stays, by how Amazon calls them", async () => {
  const temporary = { ...typed, accessKeyId: "ASIAANNA4711EXAMPLE" };
  expect(() => toCredential(temporary)).toThrow("session token");
  const sessionToken = "FwoGZX/IvYXdz+EXAMPLE//token==";
  const credential = toCredential({ ...temporary, sessionToken });
  expect(credential).toMatchObject({ sessionToken });
  expect(JSON.stringify(s3.connect.saved(credential))).not.toContain(sessionToken);
  expect(toCredential(typed)).not.toHaveProperty("sessionToken");
});

test.each<[Partial<S3Form>]>([
  [{ bucket: "../other" }],
  [{ bucket: "annas-band/Live" }],
  [{ bucket: "annas-band?acl" }],
  [{ region: "eu/central" }],
  [{ region: "Frankfurt, please" }],
  [{ accessKeyId: "AKID/20130524" }],
  [{ accessKeyId: "AKID, Signature=" }],
  [{ accessKeyId: "AKID\r\nhost: other" }],
  [{ endpoint: "ftp://s3.example" }],
  [{ endpoint: "https://anna:rehearsal@s3.example" }],
  [{ endpoint: "http://169.254.169.254/latest/" }],
  [{ endpoint: "https://10.0.0.7" }],
])("%j leads to no request", async (changes) => {
  const work = () => s3.connect.verify({}, { ...typed, ...changes }, createTestIo());
  const refusal = await refusalOf(Promise.resolve().then(work), [
    typed.secretAccessKey,
    "rehearsal",
  ]);
  expect(refusal.code).toBe("storage_refused");
});

test("a connected bucket says who is connected, and its form can be shown again", async () => {
  const cloud = await annasCloud();
  const { credential, ...shown } = await s3.connect.verify({}, formOf(cloud), createTestIo());
  expect(shown).toEqual({ name: "annas-band", identity: "AKID…MPLE in annas-band", product: null });
  const { secretAccessKey, ...saved } = formOf(cloud);
  expect(s3.connect.saved(credential)).toEqual({
    ...saved,
    endpoint: `${cloud.endpoint}/`,
    pathStyle: true,
  });
  expect(cloud.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
    "GET /annas-band/?delimiter=%2F&encoding-type=url&list-type=2&max-keys=1&prefix=",
  ]);
});

test("a bucket is connected, scanned and checked, and its secret key is told to nobody", async () => {
  const cloud = await annasCloud();
  cloud.put("Live/take 1.mp3", "no music");
  const { log, lines } = recordLog();
  const { server, anna, bandId } = await annasServer({ log });
  const { connections } = anna.api;
  const answers: unknown[] = [];
  const wrong = { ...formOf(cloud), secretAccessKey: "canary/4711+secret" };
  await expect(connections.create.mutate({ bandId, form: wrong })).rejects.toThrow("secret key");

  const { id: connectionId } = await connections.create.mutate({ bandId, form: formOf(cloud) });
  answers.push(await connections.browse.query({ connectionId, folder: null }));
  answers.push(await connections.setRoot.mutate({ connectionId, folder: null }));
  await runJobs(server);
  answers.push(await connections.list.query({ bandId }));
  const tracks = await listTracks({ server, anna, bandId });
  expect(tracks.map(({ path }) => path)).toEqual(["Live/take 1.mp3"]);

  cloud.fail({ status: 403, body: "<Error><Code>SignatureDoesNotMatch</Code></Error>" });
  answers.push(await connections.check.mutate({ connectionId }));
  expect(answers.at(-1)).toMatchObject({ health: "needs_reconnect" });
  cloud.fail({ status: 403, body: "<Error><Code>AccessDenied</Code></Error>" });
  answers.push(await connections.check.mutate({ connectionId }));
  expect(answers.at(-1)).toMatchObject({ health: "unavailable" });

  expect(lines.length).toBeGreaterThan(5);
  const told = lines.join("\n") + JSON.stringify(answers) + cloud.requests.map(toText).join("\n");
  for (const secret of [cloud.secretAccessKey, wrong.secretAccessKey]) {
    for (const form of [secret, encodeURIComponent(secret)]) expect(told).not.toContain(form);
  }
});

test("a bucket with a temporary key is connected, and its session token is told to nobody", async () => {
  const sessionToken = "canary/token+4711==";
  const cloud = await annasCloud({ accessKeyId: "ASIAANNA4711EXAMPLE", sessionToken });
  cloud.put("Live/take 1.mp3", "no music");
  const { log, lines } = recordLog();
  const { server, anna, bandId } = await annasServer({ log });
  const { connections } = anna.api;
  const answers: unknown[] = [];
  const form = { ...formOf(cloud), sessionToken };
  for (const wrong of ["canary/other", "canary with spaces", "canary\r\nx-more: yes", ""]) {
    const call = connections.create.mutate({ bandId, form: { ...form, sessionToken: wrong } });
    const refusal = await refused(call);
    answers.push(refusal);
    // What cannot be a header is not even tried.
    const isToken = wrong === "canary/other";
    expect(refusal.code).toBe(isToken ? "storage_reconnect" : "invalid_input");
  }
  const { id: connectionId } = await connections.create.mutate({ bandId, form });
  answers.push(await connections.setRoot.mutate({ connectionId, folder: null }));
  await runJobs(server);
  expect(await listTracks({ server, anna, bandId })).toHaveLength(1);
  cloud.fail({ status: 400, body: "<Error><Code>ExpiredToken</Code></Error>" });
  const ended = await connections.check.mutate({ connectionId });
  expect(ended).toMatchObject({ health: "needs_reconnect" });
  expect(ended.healthMessage).toContain("temporary access key");
  answers.push(ended, await connections.list.query({ bandId }));
  cloud.fail(null);
  answers.push(await connections.reconnect.mutate({ connectionId, form }));
  expect(answers.at(-1)).toMatchObject({ health: "active" });
  const [row] = await server.deps.db.execute(sql`select * from connections`);
  const told = lines.join("\n") + JSON.stringify(answers) + JSON.stringify(row);
  expect(told).not.toContain("canary");
});

const toText = ({ url, headers }: FakeS3["requests"][number]): string =>
  JSON.stringify([url, headers]);
