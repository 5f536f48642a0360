import { expect, onTestFinished, test } from "vitest";
import { readBounded } from "#server/base/egress/body.ts";
import { webdav } from "#server/storage/webdav/index.ts";
import { refusalOf } from "#tests/storage/refusals.ts";
import { createTestIo } from "#tests/storage/worlds.ts";
import { type FaultServer, startFaultServer } from "#tests/support/fault-server.ts";

/** A Nextcloud with two accounts; the files are Anna's. */
async function startCloud(persona: "nextcloud" | "plain" = "nextcloud") {
  const accounts = { anna: "rehearsal-4711", bob: "bass-0815" };
  const cloud = await startFaultServer({ persona, accounts });
  onTestFinished(() => cloud.stop());
  cloud.tree.put("Live/take 1.mp3", "one");
  const io = createTestIo();
  const attach = (username = "anna", password = "rehearsal-4711", isAskedFor = false) =>
    webdav.attach({}, { ...cloud.credential, username, password }, { ...io, isAskedFor });
  return { cloud, attach };
}

const sentCookies = (cloud: FaultServer) => cloud.requests.map(({ headers }) => headers.cookie);

test("a Nextcloud looks the password up once, whoever opens the storage after that", async () => {
  const { cloud, attach } = await startCloud();
  await attach().list(null, null);
  await attach().list("Live", null);
  await attach().stat("Live/take 1.mp3");
  const signal = new AbortController().signal;
  const opened = await attach().openRange("Live/take 1.mp3", { start: 0, end: 2 }, signal);
  expect((await readBounded(opened.body, 10)).toString()).toBe("one");
  expect(cloud.nextcloud.passwordChecks).toBe(1);
  const [first, ...later] = sentCookies(cloud);
  expect(first).toBeUndefined();
  expect(new Set(later).size).toBe(1);
  const names = later[0]?.split("; ").map((pair) => pair.split("=")[0]);
  expect(names?.toSorted()).toEqual([
    "nc_sameSiteCookielax",
    "nc_sameSiteCookiestrict",
    "oc1lewxicsh8",
    "oc_sessionPassphrase",
  ]);
});

test("the session of one account is never that of another, nor of another password", async () => {
  const { cloud, attach } = await startCloud();
  await attach().list(null, null);
  expect(await refusalOf(attach("bob", "bass-0815").list(null, null))).toMatchObject({
    code: "storage_refused",
  });
  expect(await refusalOf(attach("anna", "guessed-0000").list(null, null))).toMatchObject({
    code: "storage_reconnect",
  });
  expect(sentCookies(cloud)).toEqual([undefined, undefined, undefined]);
  await attach().list(null, null);
  expect(cloud.nextcloud.passwordChecks).toBe(3);
});

test("what OCS opens is not used for files, nor the other way round", async () => {
  const { cloud, attach } = await startCloud();
  const storage = attach();
  await storage.quota?.();
  await storage.list(null, null);
  await storage.quota?.();
  const sent = cloud.requests.map(({ target, headers }) => [
    target.includes("/ocs/"),
    headers.cookie !== undefined,
  ]);
  expect(sent.filter(([isOcs]) => isOcs)).toEqual([
    [true, false],
    [true, false],
  ]);
  expect(sent.filter(([isOcs]) => !isOcs)).toContainEqual([false, true]);
});

test("a refused password takes its session along", async () => {
  const { cloud, attach } = await startCloud();
  const storage = attach();
  await storage.list(null, null);
  cloud.setPassword("anna", "changed-4712");
  expect(await refusalOf(storage.list(null, null))).toMatchObject({ code: "storage_reconnect" });
  cloud.setPassword("anna", "rehearsal-4711");
  await attach("anna", "rehearsal-4711", true).list(null, null);
  expect(sentCookies(cloud).at(-1)).toBeUndefined();
});

test("a session that the Nextcloud has forgotten is opened anew by the password", async () => {
  const { cloud, attach } = await startCloud();
  await attach().list(null, null);
  cloud.sessions.clear();
  await attach().list(null, null);
  await attach().list(null, null);
  expect(cloud.nextcloud.passwordChecks).toBe(2);
});

test("no other origin gets a session, nor sets one", async () => {
  const { cloud, attach } = await startCloud();
  await attach().list(null, null);
  const other = await startFaultServer();
  onTestFinished(() => other.stop());
  const headers = { "set-cookie": "oc1lewxicsh8=planted; path=/" };
  other.fault({ status: 207, headers });
  cloud.fault({ path: "Live", status: 307, headers: { location: other.url }, times: 1 });
  await refusalOf(attach().list("Live", null));
  expect(sentCookies(other)).toEqual([undefined]);
  await attach().list("Live", null);
  expect(cloud.nextcloud.passwordChecks).toBe(1);
});

test("other WebDAV servers get no cookies", async () => {
  const { cloud, attach } = await startCloud("plain");
  const text = "<d:multistatus xmlns:d='DAV:'/>";
  const headers = { "set-cookie": "session=1; path=/" };
  cloud.fault({ status: 207, text, headers, times: 1 });
  await refusalOf(attach().list(null, null));
  await attach().list("Live", null);
  expect(sentCookies(cloud)).toEqual([undefined, undefined]);
});
