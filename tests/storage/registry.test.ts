import { expect, test } from "vitest";
import { ProviderId } from "#contract/connections.ts";
import { createProviders } from "#server/storage/registry.ts";
import { createTestIo } from "./worlds.ts";

const others = {
  ...{ webdav: {}, s3: {}, jellyfin: {}, "google-drive": {} },
  onedrive: { MICROSOFT_TENANT: "common" },
};
const providers = createProviders({ folder: { FOLDER_ROOTS: ["/music"] }, ...others });

test("every kind of storage of the contract is there, under its own name", () => {
  for (const id of ProviderId.options) {
    expect(providers[id].id).toBe(id);
    expect(providers[id].name).toMatch(/^[A-Z]/);
    expect(providers[id].description).toMatch(/\.$/);
  }
});

test("the roots that a person can choose from are those of the administrator", () => {
  expect(providers.folder.roots).toEqual(["/music"]);
  expect(providers.folder.offWhy).toBeNull();
  expect(providers.webdav.roots).toEqual([]);
  const closed = createProviders({ folder: { FOLDER_ROOTS: [] }, ...others });
  expect(closed.folder.offWhy).toContain("FOLDER_ROOTS");
});

test("a credential of another kind opens nothing", () => {
  const io = createTestIo();
  const folder = { folder: "/music" };
  const webdav = {
    url: "https://cloud.example/dav/",
    username: "anna",
    password: "x",
    dialect: "plain",
    product: null,
  };
  expect(() => providers.webdav.attach(folder, io)).toThrow();
  expect(() => providers.folder.attach(webdav, io)).toThrow();
  expect(() => providers.webdav.attach({ ...webdav, url: "file:///etc/" }, io)).toThrow();
  expect(() => providers.webdav.attach({ ...webdav, url: "https://cloud.example" }, io)).toThrow();
  expect(providers.webdav.attach(webdav, io)).toHaveProperty("openRange");
  const s3 = {
    endpoint: "https://s3.example/",
    region: "us-east-1",
    bucket: "band",
    accessKeyId: "AKIDEXAMPLE",
    secretAccessKey: "x",
    isPathStyle: true,
    product: null,
  };
  expect(() => providers.s3.attach(webdav, io)).toThrow();
  expect(() => providers.s3.attach({ ...s3, endpoint: "file:///etc/" }, io)).toThrow();
  expect(providers.s3.attach(s3, io)).toHaveProperty("directUrl");
  expect(Object.values(providers).flatMap((each) => (each.hasDirectUrls ? [each.id] : []))).toEqual(
    ["s3"],
  );
});

test("a form of another kind is our mistake", () => {
  const form = { provider: "folder" as const, folder: "/music" };
  expect(() => providers.webdav.verify(form, createTestIo())).toThrow("A folder form for webdav.");
});
