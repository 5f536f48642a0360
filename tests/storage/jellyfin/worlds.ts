import { expect } from "vitest";
import type { JellyfinProduct } from "#contract/jellyfin.ts";
import type { Credential } from "#server/storage/jellyfin/credential.ts";
import { jellyfin } from "#server/storage/jellyfin/index.ts";
import type { Storage, StorageIo } from "#server/storage/provider.ts";
import { createTestIo, type StorageWorld } from "#tests/storage/worlds.ts";
import { type FakeJellyfin, startFakeJellyfin } from "#tests/support/fake-jellyfin.ts";

export const PW = "canary-nine-slow-oboes";

/** Anna's account at a media server with one library of music. */
export async function annasServer(product: JellyfinProduct = "jellyfin") {
  const info = product === "jellyfin" ? { Version: "10.11.4" } : {};
  const media = await startFakeJellyfin({ product, info });
  media.addUser("Anna", PW);
  media.library.addLibrary("Music");
  return media;
}

export const formOf = (media: FakeJellyfin) => ({
  provider: "jellyfin" as const,
  access: "password" as const,
  url: media.url,
  username: "Anna",
  password: PW,
});

export const keyFormOf = ({ url, apiKey }: FakeJellyfin) => ({
  provider: "jellyfin" as const,
  access: "key" as const,
  url,
  apiKey,
});

/** A storage as it is after the form, with what is sealed for it. */
export async function attachTo(media: FakeJellyfin, by: "account" | "key" = "account") {
  const io = createTestIo();
  const form = by === "key" ? keyFormOf(media) : formOf(media);
  const { credential } = await jellyfin.connect.verify({}, form, io);
  const again = () => jellyfin.attach({}, credential, io);
  return { credential, io, storage: again(), again };
}

/** One library as the suite sees a storage: it is the top, and refs may be paths below it. */
export async function startWorld(
  product: JellyfinProduct,
  by: "account" | "key",
): Promise<StorageWorld> {
  const media = await annasServer(product);
  const { library } = media;
  const { credential } = await attachTo(media, by);
  return {
    put: async (path, bytes) => library.put(`Music/${path}`, bytes),
    mkdir: async (path) => library.mkdir(`Music/${path}`),
    remove: async (path) => library.remove(`Music/${path}`),
    rename: async (from, to) => library.move(`Music/${from}`, `Music/${to}`),
    age: async () => {},
    openDownloads: library.openDownloads,
    attach: (io) => inMusic(media, credential, io),
    stop: async () => expect(media.complaints).toEqual([]),
  };
}

function inMusic(media: FakeJellyfin, credential: Credential, io: StorageIo): Storage {
  const storage = jellyfin.attach({}, credential, io);
  const toRef = (ref: string): string => media.library.refOf(`Music/${ref}`) ?? ref;
  const fromTop = <E extends { readonly path: string }>(entry: E): E => ({
    ...entry,
    path: entry.path.slice("Music/".length),
  });
  return {
    async list(folder, cursor) {
      const top = media.library.refOf("Music") ?? expect.unreachable();
      const page = await storage.list(folder === null ? top : toRef(folder), cursor);
      return { ...page, entries: page.entries.map(fromTop) };
    },
    async changes(root, cursor) {
      const top = media.library.refOf("Music") ?? expect.unreachable();
      const changes = await storage.changes?.(root === null ? top : toRef(root), cursor);
      return changes ?? expect.unreachable();
    },
    stat: async (ref) => fromTop(await storage.stat(toRef(ref))),
    openRange: (ref, range, signal) => storage.openRange(toRef(ref), range, signal),
  };
}
