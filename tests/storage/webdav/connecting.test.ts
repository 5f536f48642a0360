import { describe, expect, onTestFinished, test } from "vitest";
import { webdav } from "#server/storage/webdav/index.ts";
import { parseAddress } from "#server/storage/webdav/verify.ts";
import { refusalOf } from "#tests/storage/refusals.ts";
import { createTestIo, listAll } from "#tests/storage/worlds.ts";
import { createTestFolder } from "#tests/support/deps.ts";
import { LOGIN_PAGE } from "#tests/support/fault-listings.ts";
import { type FaultServerOptions, startFaultServer } from "#tests/support/fault-server.ts";
import { installedServers } from "#tests/support/webdav-servers.ts";

type Changes = Partial<{ url: string; username: string; password: string }>;

const connect = (form: { url: string; username: string; password: string }) =>
  webdav.connect.verify({}, { provider: "webdav", ...form }, createTestIo());

async function annasCloud(options: FaultServerOptions = {}) {
  const cloud = await startFaultServer({ persona: "nextcloud", ...options });
  onTestFinished(() => cloud.stop());
  cloud.tree.put("Live/take 1.mp3", "one");
  const { url, username, password } = cloud;
  const connectWith = (changes: Changes = {}) => connect({ url, username, password, ...changes });
  const refusal = (changes: Changes = {}) =>
    refusalOf(connectWith(changes), [password, changes.password ?? password]);
  return { cloud, connectWith, refusal };
}

describe("what a person types as an address", () => {
  test.each([
    ["cloud.example", "https://cloud.example/"],
    ["  cloud.example/nextcloud ", "https://cloud.example/nextcloud"],
    ["//cloud.example", "https://cloud.example/"],
    ["192.168.1.5:8080/dav", "https://192.168.1.5:8080/dav"],
    ["localhost:8080", "https://localhost:8080/"],
    ["http://nas.local/dav", "http://nas.local/dav"],
    ["https://cloud.example/apps/files/?dir=/Live#top", "https://cloud.example/apps/files/"],
    ["davs://cloud.example/dav", "https://cloud.example/dav"],
    ["webdav://nas.local/dav", "http://nas.local/dav"],
    ["HTTPS://Cloud.Example", "https://cloud.example/"],
  ])("%j means %s", (typed, address) => {
    expect(parseAddress(typed).href).toBe(address);
  });

  test.each(["https://", "https://:443", "cloud example", "https://[", "a".repeat(300)])(
    "%j is refused in a sentence",
    async (typed) => {
      const refusal = await refusalOf(connect({ url: typed, username: "anna", password: "x" }));
      expect(refusal.code).toBe("storage_refused");
    },
  );

  test.each([
    "ftp://cloud.example",
    "file:///etc/passwd",
    "gopher://cloud.example",
    "https://anna:rehearsal@cloud.example",
    "https://10.0.0.7",
    "http://169.254.169.254/latest/",
    "https://cloud.example:22/",
  ])("%j leads to no request", async (typed) => {
    const refusal = await refusalOf(connect({ url: typed, username: "anna", password: "4711-x" }), [
      "4711-x",
      "rehearsal",
    ]);
    expect(refusal.code).toBe("storage_refused");
  });
});

describe("connecting a Nextcloud", () => {
  const pasted = [
    "",
    "index.php/apps/files/files?dir=/Live",
    "apps/files/?dir=/Live&fileid=7",
    "apps/dashboard/#top",
    "login",
    "s/AbCdEf",
    "f/51",
    "remote.php/webdav",
    "remote.php/dav/files/anna/Live/",
    "remote.php/dav/files/somebody%20else",
    "status.php",
  ];

  test.each(
    ["", "/nextcloud", "/home/cloud"].flatMap((base) => pasted.map((path) => [base, path])),
  )("installed at %j, the pasted address %j is enough", async (basePath, path) => {
    const { cloud, connectWith } = await annasCloud({ basePath: basePath ?? "" });
    const connected = await connectWith({ url: cloud.baseUrl + path });
    expect(connected).toEqual({
      credential: cloud.credential,
      name: "Nextcloud",
      identity: `anna at ${new URL(cloud.url).host}`,
      displayName: null,
      product: "Nextcloud 33.0.2",
    });
  });

  test("gives what the library can be read with", async () => {
    const { connectWith } = await annasCloud();
    const { credential } = await connectWith();
    const storage = webdav.attach({}, webdav.credential.parse(credential), createTestIo());
    expect(await listAll(storage, "Live")).toMatchObject([{ name: "take 1.mp3" }]);
  });

  test("finds the user id behind an e-mail address and behind capital letters", async () => {
    const { cloud, connectWith } = await annasCloud({
      accounts: { "anna lena": "rehearsal-4711" },
      aliases: { "anna@band.example": "anna lena" },
    });
    for (const username of ["anna@band.example", "ANNA Lena"]) {
      const { credential, identity } = await connectWith({ url: cloud.baseUrl, username });
      expect(credential).toEqual({ ...cloud.credential, username });
      expect(credential.url).toContain("/files/anna%20lena/");
      expect(identity).toContain("anna lena at ");
    }
  });

  test("works where OCS is switched off, with the user id as the name", async () => {
    const { cloud, connectWith } = await annasCloud();
    cloud.nextcloud.hasOcs = false;
    expect((await connectWith()).credential).toEqual(cloud.credential);
  });

  test("knows ownCloud by its own name", async () => {
    const product = { name: "ownCloud", version: "10.15.0" };
    const { connectWith } = await annasCloud({ product });
    expect(await connectWith()).toMatchObject({ name: "ownCloud", product: "ownCloud 10.15.0" });
  });

  test("with a wrong password stops after having tried it once", async () => {
    const { cloud, refusal } = await annasCloud();
    const { code, message } = await refusal({ password: "wrong-4712" });
    expect(code).toBe("storage_reconnect");
    expect(message).toContain("app password");
    const tries = cloud.requests.filter(({ headers }) => headers.authorization !== undefined);
    expect(tries).toHaveLength(1);
  });

  test("never sends the password before the server is known", async () => {
    const { cloud, connectWith } = await annasCloud();
    await connectWith();
    const [first, ...others] = cloud.requests;
    expect(first).toMatchObject({ target: "/status.php" });
    expect(first?.headers.authorization).toBeUndefined();
    expect(others).toHaveLength(3);
  });

  test("after too many wrong passwords of anybody says to wait", async () => {
    const { cloud, refusal } = await annasCloud();
    cloud.nextcloud.failures = 12;
    expect(await refusal()).toMatchObject({ code: "rate_limited", retryAfterSeconds: 600 });
  });

  test("with a disabled account says so", async () => {
    const { cloud, refusal } = await annasCloud();
    cloud.nextcloud.disabled = true;
    const { code, message } = await refusal();
    expect(code).toBe("storage_refused");
    expect(message).toContain("disabled");
  });

  test("in maintenance says so, and sends no password", async () => {
    const { cloud, refusal } = await annasCloud();
    cloud.nextcloud.maintenance = true;
    const { code, message } = await refusal();
    expect(code).toBe("storage_unavailable");
    expect(message).toContain("maintenance");
    expect(cloud.requests.every(({ headers }) => headers.authorization === undefined)).toBe(true);
  });

  test("that is not set up yet says so", async () => {
    const { cloud, refusal } = await annasCloud();
    const text = JSON.stringify({
      installed: false,
      maintenance: false,
      versionstring: "33.0.2",
      productname: "Nextcloud",
    });
    cloud.fault({ path: "/status.php", status: 200, text });
    expect((await refusal()).message).toContain("not set up");
  });

  test("under somebody else's user id is no empty library", async () => {
    const { cloud, refusal } = await annasCloud({
      accounts: { anna: "rehearsal-4711", ben: "other-4712" },
      aliases: { ben: "anna" },
    });
    cloud.nextcloud.hasOcs = false;
    const { code, message } = await refusal({ username: "ben" });
    expect(code).toBe("storage_refused");
    expect(message).toContain("does not show the files");
  });

  test("under a user id that does not exist says so", async () => {
    const { cloud, refusal } = await annasCloud({ aliases: { nobody: "anna" } });
    cloud.nextcloud.hasOcs = false;
    expect((await refusal({ username: "nobody" })).code).toBe("storage_refused");
  });

  test("that is empty is connected all the same", async () => {
    const { cloud, connectWith } = await annasCloud();
    cloud.tree.remove("Live");
    expect((await connectWith()).credential).toEqual(cloud.credential);
  });

  test("that has moved is followed to its new address before the password is sent", async () => {
    const { cloud } = await annasCloud();
    const old = await annasCloud();
    const headers = { location: new URL("/status.php", cloud.url).href };
    old.cloud.fault({ path: "/status.php", status: 301, headers });
    const { credential } = await old.connectWith({ url: old.cloud.baseUrl });
    expect(credential.url).toBe(cloud.url);
    expect(old.cloud.requests).toHaveLength(1);
  });
});

describe("connecting any other WebDAV server", () => {
  for (const [name, start] of Object.entries(installedServers)) {
    test(`${name} needs its address, a user name and a password`, async () => {
      const server = await start(await createTestFolder());
      onTestFinished(() => server.stop());
      const { url, username, password } = server;
      const host = new URL(url).host;
      const withoutSlash = url.replace(/\/$/, "");
      for (const typed of [url, withoutSlash]) {
        expect(await connect({ url: typed, username, password })).toEqual({
          credential: { url, username, password, dialect: "plain", product: null },
          name: "127.0.0.1",
          identity: `anna at ${host}`,
          product: null,
        });
      }
      const wrong = connect({ url, username, password: "wrong-4712" });
      expect((await refusalOf(wrong, [password, "wrong-4712"])).code).toBe("storage_reconnect");
      const missing = await refusalOf(connect({ url: `${url}lost`, username, password }));
      expect(missing.code).toBe("storage_refused");
    });
  }

  const plain = { persona: "plain" } as const;

  test("tries a wrong password once", async () => {
    const { cloud, refusal } = await annasCloud(plain);
    expect((await refusal({ password: "wrong-4712" })).code).toBe("storage_reconnect");
    const tries = cloud.requests.filter(({ headers }) => headers.authorization !== undefined);
    expect(tries).toHaveLength(1);
  });

  test("follows a redirect on the same server to where the files are", async () => {
    const { cloud, connectWith } = await annasCloud(plain);
    const url = new URL("/old", cloud.url).href;
    cloud.fault({ path: "/old/", status: 301, headers: { location: "/dav/" } });
    expect((await connectWith({ url })).credential.url).toBe(cloud.url);
  });

  test.each<
    [string, Parameters<Awaited<ReturnType<typeof annasCloud>>["cloud"]["fault"]>[0], string]
  >([
    [
      "a page",
      { status: 200, headers: { "content-type": "text/html" }, text: LOGIN_PAGE },
      "does not speak WebDAV",
    ],
    ["no method of that kind", { status: 405 }, "does not speak WebDAV"],
    ["an answer of its own", { status: 501 }, "does not speak WebDAV"],
    ["nothing there", { status: 404 }, "nothing at this address"],
    ["no permission", { status: 403 }, "read access"],
    [
      "a redirect to sign in",
      { status: 302, headers: { location: "https://login.example/?x=4711" } },
      "login.example",
    ],
    [
      "a sign-in that we do not have",
      { status: 401, headers: { "www-authenticate": 'Digest realm="x", nonce="y"' } },
      "kind of sign-in",
    ],
    [
      "a page called a listing",
      { status: 207, headers: { "content-type": "text/html" }, text: LOGIN_PAGE },
      "web page",
    ],
  ])("that answers %s is refused with the reason", async (_, fault, reason) => {
    const { cloud, refusal } = await annasCloud(plain);
    cloud.fault({ method: "PROPFIND", ...fault });
    const { code, message } = await refusal();
    expect(code).toBe("storage_refused");
    expect(message).toContain(reason);
    expect(message).not.toContain("4711");
  });

  test("says so when the address is a file's", async () => {
    const { cloud, refusal } = await annasCloud(plain);
    const { message } = await refusal({ url: `${cloud.url}Live/take%201.mp3` });
    expect(message).toContain("is a file");
  });

  test("sends no password on to another server", async () => {
    const { cloud, refusal } = await annasCloud(plain);
    const other = await annasCloud(plain);
    cloud.fault({ method: "PROPFIND", status: 307, headers: { location: other.cloud.url } });
    expect((await refusal()).code).toBe("storage_refused");
    expect(other.cloud.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  test("takes no user name with a colon, which Basic cannot carry", async () => {
    const { cloud, refusal } = await annasCloud(plain);
    expect((await refusal({ username: "anna:ben" })).message).toContain("colon");
    expect(cloud.requests).toEqual([]);
  });
});
