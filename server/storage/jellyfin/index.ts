import { z } from "zod";
import { eitherOf } from "#server/storage/deadline.ts";
import { openDownload } from "#server/storage/download.ts";
import { notFound } from "#server/storage/http.ts";
import { defineProvider, type Storage, type StorageIo } from "#server/storage/provider.ts";
import type { StoredFile, StoredFolder } from "#server/storage/stored.ts";
import { createMediaServer } from "./api.ts";
import { findChanges } from "./changes.ts";
import { Credential } from "./credential.ts";
import { createNaming } from "./failures.ts";
import { etagOf, fileName, folderName, type Item, isAudio, isFolder, sizeOf } from "./item.ts";
import { parseRef, toRef } from "./ref.ts";
import { accessOf, revoke } from "./revocation.ts";
import { verifyForm } from "./verify.ts";

/** Names of folders that are kept, so that what lies in them is not asked where it is. */
const MAX_NAMES = 20_000;

/** The music libraries of a Jellyfin or Emby server. At the top are the libraries. */
export const jellyfin = defineProvider({
  id: "jellyfin",
  name: "Jellyfin or Emby",
  description: "The music libraries of a Jellyfin or Emby server.",
  settings: z.object({}),
  credential: Credential,
  offWhy: () => null,
  connect: {
    kind: "form",
    verify: (_settings, form, io) => verifyForm(form, io),
    saved: ({ url, account }) => ({
      provider: "jellyfin",
      url,
      username: account?.username ?? null,
    }),
  },
  attach: (_settings, credential, io) => createStorage(credential, io),
  revocation: { accessOf, revoke: (_settings, credential, io) => revoke(credential, io) },
});

/** Where an item is shown: its ids and names from the library down. */
interface Place {
  readonly ids: readonly string[];
  readonly names: readonly string[];
}

const TOP: Place = { ids: [], names: [] };

function createStorage(credential: Credential, io: StorageIo): Storage {
  const server = createMediaServer(credential, io, createNaming(credential));
  const names = new Map<string, string>();

  const requireIds = (ref: string): readonly string[] => {
    const ids = parseRef(ref, credential.product);
    if (!ids) throw notFound();
    return ids;
  };
  const remember = (folder: Item): string => {
    const name = folderName(folder);
    if (names.size >= MAX_NAMES) names.clear();
    names.set(folder.Id, name);
    return name;
  };
  const locate = async (ids: readonly string[], signal: AbortSignal): Promise<Place> => {
    const nameOf = async (id: string): Promise<string> =>
      names.get(id) ?? remember(await server.find(id, signal));
    return { ids, names: await Promise.all(ids.map(nameOf)) };
  };
  const toEntry = (parent: Place, item: Item): StoredFolder | StoredFile | undefined => {
    if (isAudio(item)) return toFile(parent, item);
    if (!isFolder(item)) return undefined;
    const { ids, names } = below(parent, item, remember(item));
    const name = names.at(-1) ?? "";
    return { kind: "folder", ref: toRef(ids), name, path: names.join("/"), treeTag: null };
  };
  const stat = async (ref: string, signal: AbortSignal): Promise<StoredFile> => {
    const ids = requireIds(ref);
    const item = await server.find(lastOf(ids), signal);
    if (!isAudio(item)) throw notFound();
    return toFile(await locate(ids.slice(0, -1), signal), item);
  };

  return {
    async list(folder, cursor) {
      if (folder === null) {
        const libraries = await server.listLibraries(io.signal);
        return { entries: toEntries(libraries, TOP), next: null, trail: [] };
      }
      const ids = requireIds(folder);
      const item = await server.find(lastOf(ids), io.signal);
      if (!isFolder(item)) throw notFound();
      const parent = await locate(ids.slice(0, -1), io.signal);
      const place = below(parent, item, remember(item));
      const { items, next } = await server.list(item.Id, toStart(cursor), io.signal);
      return {
        entries: toEntries(items, place),
        next: next === null ? null : String(next),
        trail: toTrail(place),
      };
    },
    async changes(root, cursor) {
      if (root === null) {
        const libraries = await server.listLibraries(io.signal);
        const ids = libraries.map((each) => each.Id);
        const found = await findChanges(server, ids, cursor, io.signal);
        return { ...found, requests: found.requests + 1 };
      }
      const id = lastOf(requireIds(root));
      // For a parent that is gone, all is counted.
      if (!isFolder(await server.find(id, io.signal))) throw notFound();
      const found = await findChanges(server, [id], cursor, io.signal);
      return { ...found, requests: found.requests + 1 };
    },
    stat: (ref) => stat(ref, io.signal),
    async openRange(ref, range, caller) {
      const id = lastOf(requireIds(ref));
      const signal = eitherOf(io.signal, caller);
      const opened = await openDownload({
        host: server.host,
        ref,
        range,
        request: () => server.download(id, range, signal),
        findSize: async () => (await stat(ref, signal)).sizeBytes,
      });
      // A validator of the file says nothing of the item's, which is all that a listing has.
      return { ...opened, etag: null };
    },
  };

  function toEntries(items: readonly Item[], place: Place): (StoredFolder | StoredFile)[] {
    return items.map((item) => toEntry(place, item)).filter((entry) => entry !== undefined);
  }
}

const below = ({ ids, names }: Place, item: Item, name: string): Place => ({
  ids: [...ids, item.Id],
  names: [...names, name],
});

/**
 * Ids are made of paths in Jellyfin, so that they don't outlive a move either. When a file was
 * changed no listing says.
 */
function toFile(parent: Place, item: Item): StoredFile {
  const name = fileName(item);
  const { ids, names } = below(parent, item, name);
  return {
    kind: "file",
    ref: toRef(ids),
    name,
    path: names.join("/"),
    fileId: null,
    sizeBytes: sizeOf(item),
    etag: etagOf(item),
    modifiedAt: null,
    contentType: null,
  };
}

const toTrail = ({ ids, names }: Place) =>
  names.map((name, index) => ({ ref: toRef(ids.slice(0, index + 1)), name }));

function toStart(cursor: string | null): number {
  if (cursor === null) return 0;
  if (!/^\d{1,9}$/.test(cursor)) throw notFound();
  return Number(cursor);
}

const lastOf = (ids: readonly string[]): string => ids.at(-1) ?? "";
