import { randomUUID } from "node:crypto";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { createApp as createGoogle } from "google-drive-mock";
import { driveStore as googleStore } from "google-drive-mock/dist/store.js";
import {
  createApp as createMicrosoft,
  driveStore as microsoftStore,
} from "microsoft-onedrive-mock";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { createGoogleDrive } from "#server/storage/google-drive/index.ts";
import { createOnedrive } from "#server/storage/onedrive/index.ts";
import type { Storage } from "#server/storage/provider.ts";
import { refusalOf } from "./refusals.ts";
import { createTestIo, listAll, readRange } from "./worlds.ts";

/**
 * Stand-ins that somebody else has written, and checks against the real services. What they cannot do
 * is left to ours: neither knows ranges or redirects, and both know one token alone.
 */
interface Drive {
  attach(accessToken?: string): Storage;
  put(folder: string | null, name: string, bytes: Buffer): string;
  mkdir(name: string): string;
  change(id: string, bytes: Buffer): void;
  remove(id: string): void;
}

async function listen(app: RequestListener): Promise<string> {
  const server = createServer(app).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const toCredential = (accessToken: string) => ({
  ...{ accessToken, refreshToken: "r", clientId: "c", accountId: "a", account: "anna" },
  expiresAtMs: Date.now() + 3_600_000,
});

async function startGoogle(): Promise<Drive> {
  googleStore.clear();
  const app = createGoogle();
  const url = await listen((request, response) => {
    // It has no shared drives, and no address for them.
    if (request.url?.startsWith("/drive/v3/drives?")) return response.end('{"drives":[]}');
    return app(request, response);
  });
  const at = {
    issuer: url,
    authorize: `${url}/auth`,
    token: `${url}/token`,
    revoke: `${url}/revoke`,
  };
  const google = createGoogleDrive({ ...at, drive: `${url}/drive/v3` });
  const add = (parent: string | null, name: string, mimeType: string, content?: Buffer) =>
    googleStore.createFile({ name, mimeType, parents: [parent ?? "root"], content }).id;
  return {
    attach: (token = "valid-token") =>
      google.attach(google.settings.parse({}), toCredential(token), createTestIo()),
    put: (folder, name, bytes) => add(folder, name, "audio/mpeg", bytes),
    mkdir: (name) => add(null, name, "application/vnd.google-apps.folder"),
    change: (id, content) => void googleStore.updateFile(id, { content }),
    remove: (id) => void googleStore.deleteFile(id),
  };
}

async function startMicrosoft(): Promise<Drive> {
  microsoftStore.clear();
  const app = createMicrosoft();
  const url = await listen((request, response) => {
    // The same place by the name that it knows.
    request.url = request.url?.replace("/root/children", "/items/root/children");
    app(request, response);
  });
  const onedrive = createOnedrive({ login: url, graph: `${url}/v1.0` });
  const add = (parent: string | null, name: string, content?: Buffer) =>
    microsoftStore.createItem(
      // Of itself it makes ids of one to ten characters; Microsoft's are never that short.
      { id: randomUUID(), name, parentReference: { id: parent ?? "root" }, content } as never,
      content === undefined,
    ).id;
  return {
    attach: (token = "valid-token") =>
      onedrive.attach(onedrive.settings.parse({}), toCredential(token), createTestIo()),
    put: add,
    mkdir: (name) => add(null, name),
    change: (id, content) => void microsoftStore.updateItem(id, { content } as never),
    remove: (id) => void microsoftStore.deleteItem(id),
  };
}

afterEach(() => {
  googleStore.clear();
  microsoftStore.clear();
});

const one = Buffer.from("The first take, which nobody likes.");

describe.each([
  ["google-drive-mock 1.2.0", startGoogle],
  ["microsoft-onedrive-mock 1.0.5", startMicrosoft],
])("%s, somebody else's", (_, start) => {
  test("lists what lies in it, and gives the bytes, all of them and some", async () => {
    const drive = await start();
    const live = drive.mkdir("Live");
    drive.put(live, "take 1.mp3", one);
    drive.put(live, "Größe & 日本.mp3", one);
    drive.put(null, "top.mp3", one);
    const storage = drive.attach();
    const top = await listAll(storage, null);
    expect(top.map(({ kind, name }) => `${kind} ${name}`).toSorted()).toEqual([
      "file top.mp3",
      "folder Live",
    ]);
    const folder = top.find(({ kind }) => kind === "folder")?.ref ?? expect.unreachable();
    const takes = await listAll(storage, folder);
    expect(takes.map(({ path }) => path).toSorted()).toEqual([
      "Live/Größe & 日本.mp3",
      "Live/take 1.mp3",
    ]);
    const take = takes.find(({ name }) => name === "take 1.mp3") ?? expect.unreachable();
    expect(await storage.stat(take.ref)).toMatchObject({ sizeBytes: one.length });
    const whole = await readRange(storage, take.ref, { start: 0, end: one.length });
    expect(whole).toEqual(one);
    const some = await readRange(storage, take.ref, { start: 4, end: 8 });
    expect(some.toString()).toBe("first");
  });

  test("tells of a recording that is new, other or gone, and then of nothing", async () => {
    const drive = await start();
    const live = drive.mkdir("Live");
    const take = drive.put(live, "take 1.mp3", one);
    const storage = drive.attach();
    const [folder] = await listAll(storage, null);
    const root = folder?.ref ?? expect.unreachable();
    let { cursor } = (await storage.changes?.(root, null)) ?? expect.unreachable();
    const ask = async () => {
      const changes = (await storage.changes?.(root, cursor)) ?? expect.unreachable();
      cursor = changes.cursor;
      return changes;
    };
    expect((await ask()).kind).toBe("none");
    for (const deed of [
      () => drive.put(live, "take 2.mp3", one),
      () => drive.change(take, Buffer.from("Another first take.")),
      () => drive.remove(take),
    ]) {
      deed();
      expect(await ask()).toMatchObject({ kind: "some" });
      expect((await ask()).kind).toBe("none");
    }
  });

  test("refuses a token that it does not know, and has no file that is not there", async () => {
    const drive = await start();
    const file = drive.put(null, "take 1.mp3", one);
    const refused = await refusalOf(drive.attach("no-such-token").list(null, null));
    expect(refused.code).toBe("storage_reconnect");
    const storage = drive.attach();
    const [take] = await listAll(storage, null);
    drive.remove(file);
    expect((await refusalOf(storage.stat(take?.ref ?? ""))).code).toBe("not_found");
  });
});
