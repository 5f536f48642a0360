import { expect, onTestFinished, test } from "vitest";
import type { StorageIo } from "#server/storage/provider.ts";
import { webdav } from "#server/storage/webdav/index.ts";
import { refusalOf } from "#tests/storage/refusals.ts";
import { createTestIo } from "#tests/storage/worlds.ts";
import { startFaultServer } from "#tests/support/fault-server.ts";

/** A Nextcloud, and a way to it whose clock can be moved on. */
async function annasCloud() {
  const cloud = await startFaultServer({ persona: "nextcloud" });
  onTestFinished(() => cloud.stop());
  cloud.tree.put("take 1.mp3", "one");
  let nowMs = Date.now();
  const io: StorageIo = { ...createTestIo(), now: () => new Date(nowMs) };
  const attach = (changes: Partial<StorageIo> = {}, password = cloud.password) =>
    webdav.attach({}, { ...cloud.credential, password }, { ...io, ...changes });
  const list = (...given: Parameters<typeof attach>) => attach(...given).list(null, null);
  const pass = (seconds: number): void => {
    nowMs += seconds * 1000;
  };
  return { cloud, io, attach, list, pass };
}

test("a refused password is not sent again by whatever else wants something of the storage", async () => {
  const { cloud, attach, list } = await annasCloud();
  const old = attach();
  const before = cloud.password;
  cloud.setPassword("anna", "changed-4712");
  const first = await refusalOf(old.list(null, null));
  expect(first.code).toBe("storage_reconnect");
  const asked = cloud.count();
  for (const again of [
    old.list(null, null),
    old.stat("take 1.mp3"),
    old.openRange("take 1.mp3", { start: 0, end: 1 }, new AbortController().signal),
    list({}, before),
  ]) {
    expect(await refusalOf(again)).toMatchObject({ code: first.code, message: first.message });
  }
  expect([cloud.count(), cloud.nextcloud.failures]).toEqual([asked, 1]);
});

test("another password is, and so is the same one when a person asks, or after ten minutes", async () => {
  const { cloud, list, pass } = await annasCloud();
  const before = cloud.password;
  cloud.setPassword("anna", "changed-4712");
  await refusalOf(list({}, before));
  await list();
  await refusalOf(list({ isAskedFor: true }, before));
  expect(cloud.nextcloud.failures).toBe(2);
  pass(599);
  await refusalOf(list({}, before));
  expect(cloud.nextcloud.failures).toBe(2);
  pass(2);
  await refusalOf(list({}, before));
  expect(cloud.nextcloud.failures).toBe(3);
});

test("a password that works again for a person works again for all", async () => {
  const { cloud, list } = await annasCloud();
  const before = cloud.password;
  cloud.setPassword("anna", "changed-4712");
  await refusalOf(list({}, before));
  cloud.setPassword("anna", before);
  expect((await refusalOf(list())).code).toBe("storage_reconnect");
  await list({ isAskedFor: true });
  expect((await list()).entries).toHaveLength(1);
});

test("nothing at all goes to a Nextcloud that shuts us out, before the time that it named", async () => {
  const { cloud, io, list, pass } = await annasCloud();
  const headers = { "retry-after": "120" };
  cloud.fault({ method: "PROPFIND", status: 429, headers, times: 1 });
  expect(await refusalOf(list())).toMatchObject({ code: "rate_limited", retryAfterSeconds: 120 });
  pass(20.5);
  const asked = cloud.count();
  const form = {
    provider: "webdav",
    url: cloud.baseUrl,
    username: "ben",
    password: "x-1",
  } as const;
  const isAskedFor = true;
  for (const refused of [
    list({ isAskedFor }),
    list({}, "another-4712"),
    webdav.connect.verify({}, form, { ...io, isAskedFor }),
    webdav.login?.begin({}, cloud.baseUrl, { ...io, isAskedFor }) ?? Promise.resolve(),
    webdav.revocation?.revoke({}, cloud.credential, io) ?? Promise.resolve(),
  ]) {
    expect(await refusalOf(refused)).toMatchObject({
      code: "rate_limited",
      retryAfterSeconds: 100,
    });
  }
  expect(cloud.count()).toBe(asked);
  pass(100);
  expect((await list()).entries).toHaveLength(1);
});

test("one that names no time is left alone for ten minutes", async () => {
  const { cloud, list, pass } = await annasCloud();
  cloud.nextcloud.failures = 12;
  expect((await refusalOf(list())).retryAfterSeconds).toBe(600);
  cloud.nextcloud.failures = 0;
  pass(599);
  expect((await refusalOf(list())).retryAfterSeconds).toBe(1);
  pass(1);
  await list();
});

test("what one Nextcloud says holds for no other", async () => {
  const { cloud, io, list } = await annasCloud();
  const other = await annasCloud();
  cloud.fault({ method: "PROPFIND", status: 429 });
  await refusalOf(list());
  expect((await other.list({ egress: io.egress })).entries).toHaveLength(1);
});

test("a file that is being changed may be read in a few seconds", async () => {
  const { cloud, attach } = await annasCloud();
  cloud.fault({ method: "GET", status: 423, times: 1 });
  const { signal } = new AbortController();
  const read = () => attach().openRange("take 1.mp3", { start: 0, end: 2 }, signal);
  expect(await refusalOf(read())).toMatchObject({
    code: "storage_unavailable",
    retryAfterSeconds: 5,
  });
  const { body, sizeBytes } = await read();
  body.destroy();
  expect(sizeBytes).toBe(3);
});
