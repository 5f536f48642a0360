import { expect, onTestFinished, test } from "vitest";
import { webdav } from "#server/storage/webdav/index.ts";
import { toQuota } from "#server/storage/webdav/quota.ts";
import { refusalOf } from "#tests/storage/refusals.ts";
import { createTestIo } from "#tests/storage/worlds.ts";
import { createTestFolder } from "#tests/support/deps.ts";
import {
  type FaultServer,
  type FaultServerOptions,
  startFaultServer,
} from "#tests/support/fault-server.ts";
import { startNephele } from "#tests/support/webdav-servers.ts";

async function startCloud(options: FaultServerOptions = {}): Promise<FaultServer> {
  const cloud = await startFaultServer(options);
  onTestFinished(() => cloud.stop());
  return cloud;
}

const ask = (cloud: FaultServer) =>
  webdav.attach({}, cloud.credential, createTestIo()).quota?.() ?? Promise.reject("no quota");

test.each([
  [0, 0, { usedBytes: 0, totalBytes: 0 }],
  [5, 10, { usedBytes: 5, totalBytes: 10 }],
  [12, 10, { usedBytes: 12, totalBytes: 10 }],
  [5, -3, { usedBytes: 5, totalBytes: null }],
  [5, -1, null],
  [5, -2, null],
  [5, -4, null],
  [-1, 10, null],
  [-2, -3, null],
])("%i used of %i is %j", (used, total, expected) => {
  expect(toQuota(used, total)).toEqual(expected);
});

test.each(["plain", "nextcloud"] as const)("a %s server says how full it is", async (persona) => {
  const cloud = await startCloud({ persona });
  expect(await ask(cloud)).toBeNull();
  Object.assign(cloud.quota, { usedBytes: 4_198_222, availableBytes: 100_659_378 });
  expect(await ask(cloud)).toEqual({ usedBytes: 4_198_222, totalBytes: 104_857_600 });
  Object.assign(cloud.quota, { availableBytes: -3 });
  expect(await ask(cloud)).toEqual({ usedBytes: 4_198_222, totalBytes: null });
  for (const availableBytes of [-1, -2]) {
    Object.assign(cloud.quota, { availableBytes });
    expect(await ask(cloud)).toBeNull();
  }
});

test("a Nextcloud is asked by OCS, in one request; without it by DAV", async () => {
  const cloud = await startCloud({ persona: "nextcloud" });
  Object.assign(cloud.quota, { usedBytes: 1, availableBytes: 9 });
  await ask(cloud);
  expect(cloud.count()).toBe(1);
  expect(cloud.count({ path: "/ocs/v2.php/cloud/user" })).toBe(1);
  cloud.nextcloud.hasOcs = false;
  expect(await ask(cloud)).toEqual({ usedBytes: 1, totalBytes: 10 });
  expect(cloud.count({ method: "PROPFIND" })).toBe(1);
});

test.each([
  ["a page", { status: 207, headers: { "content-type": "text/html" }, text: "<html><p>Hi" }],
  ["half a document", { rewriteXml: (xml: string) => xml.slice(0, xml.length / 2) }],
  ["text for numbers", { rewriteXml: (xml: string) => xml.replace(">9<", ">9 GB<") }],
  ["a number with a fraction", { rewriteXml: (xml: string) => xml.replace(">9<", ">9.5<") }],
  ["a number that is none", { rewriteXml: (xml: string) => xml.replace(">9<", ">9e99<") }],
])("%s says nothing", async (_, fault) => {
  const cloud = await startCloud();
  Object.assign(cloud.quota, { usedBytes: 1, availableBytes: 9 });
  cloud.fault(fault);
  expect(await ask(cloud)).toBeNull();
});

test("a password that is refused is refused here too", async () => {
  const cloud = await startCloud();
  const credential = { ...cloud.credential };
  cloud.setPassword("anna", "another");
  const asked = webdav.attach({}, credential, createTestIo()).quota?.() ?? expect.unreachable();
  expect((await refusalOf(asked)).code).toBe("storage_reconnect");
});

test("nephele says what its disk has, or nothing", async () => {
  const server = await startNephele(await createTestFolder());
  onTestFinished(() => server.stop());
  const { url, username, password } = server;
  const credential = { url, username, password, dialect: "plain", product: null } as const;
  const quota = await webdav.attach({}, credential, createTestIo()).quota?.();
  if (quota) expect(quota.totalBytes ?? 1).toBeGreaterThan(0);
  expect(quota).not.toBeUndefined();
});
