import { expect, onTestFinished, test } from "vitest";
import { webdav } from "#server/storage/webdav/index.ts";
import { refusalOf } from "#tests/storage/refusals.ts";
import { createTestIo, listAll } from "#tests/storage/worlds.ts";
import { type FaultServerOptions, startFaultServer } from "#tests/support/fault-server.ts";

const EXCHANGE = "/ocs/v2.php/core/getapppassword";

/** A Nextcloud where what is typed is the account's own password. */
async function annasCloud(options: FaultServerOptions = {}) {
  const cloud = await startFaultServer({ persona: "nextcloud", ...options });
  onTestFinished(() => cloud.stop());
  cloud.nextcloud.isAppPassword = false;
  cloud.tree.put("Live/take 1.mp3", "one");
  const { username, password } = cloud;
  const connect = (name = username) =>
    webdav.connect.verify(
      {},
      { provider: "webdav", url: cloud.baseUrl, username: name, password },
      createTestIo(),
    );
  return { cloud, connect, password };
}

test("the account's own password is exchanged for one that was made for us, and not kept", async () => {
  const { cloud, connect, password } = await annasCloud();
  const { credential } = await connect();
  expect([...cloud.appPasswords]).toEqual([[credential.password, "anna"]]);
  expect(JSON.stringify(credential)).not.toContain(password);
  const storage = webdav.attach({}, credential, createTestIo());
  expect(await listAll(storage, "Live")).toMatchObject([{ name: "take 1.mp3" }]);
});

test("the new password goes with the user id, because an e-mail address does not open with it", async () => {
  const { cloud, connect } = await annasCloud({
    accounts: { "anna lena": "rehearsal-4711" },
    aliases: { "anna@band.example": "anna lena" },
  });
  const { credential } = await connect("anna@band.example");
  expect(credential).toMatchObject({ username: "anna lena", url: cloud.url });
  expect(cloud.appPasswords.get(credential.password)).toBe("anna lena");
});

test("a password that was made for a program already is kept", async () => {
  const { cloud, connect, password } = await annasCloud();
  cloud.nextcloud.isAppPassword = true;
  expect((await connect()).credential.password).toBe(password);
  expect(cloud.count({ path: EXCHANGE })).toBe(1);
  expect(cloud.appPasswords.size).toBe(0);
});

test.each([404, 405, 501])(
  "where there is no such API (%i) what was typed is kept",
  async (status) => {
    const { cloud, connect, password } = await annasCloud();
    cloud.fault({ path: EXCHANGE, status });
    expect((await connect()).credential.password).toBe(password);
  },
);

const ocs = (statuscode: number, data: unknown = []) => ({
  path: EXCHANGE,
  status: 200,
  text: JSON.stringify({ ocs: { meta: { status: "failure", statuscode, message: "" }, data } }),
});

test.each([
  ["an outage", { path: EXCHANGE, status: 503 }, "storage_unavailable"],
  ["a throttle", { path: EXCHANGE, status: 429 }, "rate_limited"],
  ["an outage that calls itself 200", ocs(996), "storage_unavailable"],
  ["a throttle that calls itself 200", ocs(429), "rate_limited"],
  ["a refused password that calls itself 200", ocs(997), "storage_reconnect"],
  ["an answer without a password", ocs(200), "storage_unavailable"],
])("after %s nothing is connected with the password of the account", async (_, fault, code) => {
  const { cloud, connect, password } = await annasCloud();
  cloud.fault(fault);
  expect((await refusalOf(connect(), [password])).code).toBe(code);
});

test.each([ocs(403), ocs(998)])("a refusal that calls itself 200 is one too", async (fault) => {
  const { cloud, connect, password } = await annasCloud();
  cloud.fault(fault);
  expect((await connect()).credential.password).toBe(password);
});

test("what was exchanged is given back when it opens nothing", async () => {
  const { cloud, connect, password } = await annasCloud();
  let asked = 0;
  cloud.fault({
    method: "PROPFIND",
    rewriteXml: (xml) => {
      asked += 1;
      return asked === 1 ? xml : xml.replaceAll(/<oc:fileid>.*?<\/oc:fileid>/g, "");
    },
  });
  expect((await refusalOf(connect(), [password])).code).toBe("storage_refused");
  expect(cloud.count({ path: EXCHANGE })).toBe(1);
  expect(cloud.appPasswords.size).toBe(0);
});
