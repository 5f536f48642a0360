import { z } from "zod";
import { AppError } from "#server/base/errors.ts";
import { eitherOf, withDeadline } from "#server/storage/deadline.ts";
import { openDownload } from "#server/storage/download.ts";
import { notFound } from "#server/storage/http.ts";
import {
  defineProvider,
  type Quota,
  type Storage,
  type StorageIo,
} from "#server/storage/provider.ts";
import type { Page, StoredFile } from "#server/storage/stored.ts";
import { createDav, type Dav } from "./api.ts";
import { compareEtags } from "./changes.ts";
import { baseOf, Credential } from "./credential.ts";
import type { DavEntry, Listing } from "./listing.ts";
import { beginLogin, pollLogin } from "./login-flow.ts";
import { nameNextcloudFailure } from "./nextcloud.ts";
import { findUser } from "./ocs.ts";
import { readQuota } from "./quota.ts";
import { removeFile } from "./removal.ts";
import { recoverFile, replaceFile } from "./replacing.ts";
import { accessOf, revoke } from "./revocation.ts";
import { verifyForm, verifyGranted } from "./verify.ts";
import { createWriting } from "./writing.ts";

const QUOTA_TIMEOUT_MS = 60_000;

/** Any WebDAV server, and Nextcloud and ownCloud with what they have beyond it. */
export const webdav = defineProvider({
  id: "webdav",
  name: "Nextcloud or WebDAV",
  description:
    "A Nextcloud, where you sign in yourself; an ownCloud or any other WebDAV storage, with a password.",
  settings: z.object({}),
  credential: Credential,
  offWhy: () => null,
  hasRemoval: true,
  connect: {
    kind: "form",
    verify: (_settings, form, io) => verifyForm(form, io),
    saved: ({ url, username }) => ({ provider: "webdav", url, username }),
  },
  login: {
    begin: (_settings, url, io) => beginLogin(url, io),
    poll: (_settings, held, io) => pollLogin(held, io),
    complete: (_settings, credential, io) => verifyGranted(credential, io),
  },
  attach: (_settings, credential, io) => createStorage(credential, io),
  revocation: { accessOf, revoke: (_settings, credential, io) => revoke(credential, io) },
});

function createStorage(credential: Credential, io: StorageIo): Storage {
  const isNextcloud = credential.dialect === "nextcloud";
  const dav = createDav(credential, io, isNextcloud ? nameNextcloudFailure : undefined);
  const server = {
    ...{ dav, isNextcloud, signal: io.signal, url: new URL(credential.url) },
    stat: async (ref: string) => toFile(await statFile(dav, ref, io.signal)),
  };
  const statRoot = async (root: string | null): Promise<DavEntry> => {
    const entry = await (root
      ? dav.stat(root, io.signal)
      : ofTop(dav, () => dav.stat("", io.signal)));
    if (!entry.isFolder) throw notFound();
    if (!entry.fileId) throw nameForeignFolder(dav.host);
    return entry;
  };
  const openRange: Storage["openRange"] = (ref, range, caller) => {
    const signal = eitherOf(io.signal, caller);
    return openDownload({
      host: dav.host,
      ref,
      range,
      request: () => dav.download(ref, range, signal),
      findSize: async () => (await statFile(dav, ref, signal)).sizeBytes,
    });
  };
  const read = async (ref: string, sizeBytes: number) =>
    (await openRange(ref, { start: 0, end: sizeBytes - 1 }, io.signal)).body;
  return {
    async list(folder) {
      const { self, children } = await (folder
        ? listFolder(dav, folder, io.signal)
        : ofTop(dav, () => dav.list("")));
      // Nextcloud answers somebody else's root as an empty folder without an id.
      if (isNextcloud && !self?.fileId) throw nameForeignFolder(dav.host);
      return toPage(children, isNextcloud);
    },
    ...(isNextcloud
      ? {
          changes: async (root, cursor) => compareEtags(await statRoot(root), cursor),
          findAudio: (most) => dav.findAudio(most, io.signal),
        }
      : {}),
    stat: server.stat,
    quota: () => findQuota(dav, credential, io),
    writing: createWriting(server),
    remove: (known) => removeFile(server, known),
    replace: (known, version) => replaceFile({ ...server, read }, known, version),
    recover: (ref, id) => recoverFile({ ...server, read }, ref, id),
    openRange,
  };
}

/** What OCS says counts; the DAV properties of a Nextcloud leave out what it is unsure of. */
async function findQuota(dav: Dav, credential: Credential, io: StorageIo): Promise<Quota | null> {
  if (credential.dialect === "nextcloud") {
    const user = await findUser(dav, baseOf(credential), io);
    if (user?.quota) return user.quota;
  }
  return withDeadline(dav.host, io.signal, QUOTA_TIMEOUT_MS, async (signal) =>
    readQuota(await dav.askQuota(signal)),
  );
}

async function statFile(dav: Dav, ref: string, signal: AbortSignal): Promise<DavEntry> {
  const entry = await dav.stat(ref, signal);
  if (entry.isFolder) throw notFound();
  return entry;
}

/** A root that is gone is a mistake or an outage: the person did connect it. */
async function ofTop<T>(dav: Dav, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof AppError && error.code === "not_found")) throw error;
    throw new AppError(
      "storage_unavailable",
      `${dav.host} does not have the folder any more that this storage is connected to. Your library is kept; put the folder back, or reconnect the storage with its new address.`,
      { cause: error },
    );
  }
}

/** Asked for the children of a file, Apache answers 400: the reason is looked up then. */
async function listFolder(dav: Dav, ref: string, signal: AbortSignal): Promise<Listing> {
  try {
    return await dav.list(ref);
  } catch (error) {
    if (!(error instanceof AppError && error.code === "storage_refused")) throw error;
    const entry = await dav.stat(ref, signal).catch(() => null);
    throw entry?.isFolder === false ? notFound() : error;
  }
}

/** All of a folder at once: PROPFIND has no pages that every server knows. */
function toPage(children: readonly DavEntry[], hasTreeTags: boolean): Page {
  const entries = children.map((entry) =>
    entry.isFolder
      ? {
          kind: "folder" as const,
          ref: entry.ref,
          name: nameOf(entry.ref),
          path: entry.ref,
          treeTag: hasTreeTags ? entry.etag : null,
        }
      : toFile(entry),
  );
  return { entries, next: null };
}

const toFile = (entry: DavEntry): StoredFile => ({
  kind: "file",
  ref: entry.ref,
  name: nameOf(entry.ref),
  path: entry.ref,
  fileId: entry.fileId,
  sizeBytes: entry.sizeBytes,
  etag: entry.etag,
  modifiedAt: entry.modifiedAt,
  contentType: entry.contentType,
});

const nameOf = (ref: string): string => ref.slice(ref.lastIndexOf("/") + 1);

function nameForeignFolder(host: string): AppError {
  return new AppError(
    "storage_refused",
    `${host} does not show this folder to this account any more. Your library is kept; reconnect the storage with the user name that owns the files.`,
  );
}
