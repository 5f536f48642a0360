import { z } from "zod";
import type { EgressResponse } from "#server/base/egress/client.ts";
import { parseHttpDate } from "#server/base/http-date.ts";
import { eitherOf } from "#server/storage/deadline.ts";
import { openDownload } from "#server/storage/download.ts";
import { parseEtag } from "#server/storage/etag.ts";
import { notFound } from "#server/storage/http.ts";
import { defineProvider, type Storage, type StorageIo } from "#server/storage/provider.ts";
import type { Page, StoredFile } from "#server/storage/stored.ts";
import { type Bucket, createBucket } from "./api.ts";
import { Credential } from "./credential.ts";
import { findPrefix, nameOf, toFolderRef } from "./key.ts";
import type { Asked, Listing, S3Object } from "./listing.ts";
import { removeObject } from "./removal.ts";
import { verifyForm } from "./verify.ts";
import { createWriting } from "./writing.ts";

/** A bucket of anything that speaks S3. A file's ref is its key, and folders are common prefixes. */
export const s3 = defineProvider({
  id: "s3",
  name: "S3 storage",
  description: "A bucket at Amazon S3, MinIO, Garage, Cloudflare R2, Backblaze B2 or the like.",
  settings: z.object({}),
  credential: Credential,
  offWhy: () => null,
  hasDirectUrls: true,
  hasRemoval: true,
  connect: {
    kind: "form",
    verify: (_settings, form, io) => verifyForm(form, io),
    saved: ({ endpoint, region, bucket, accessKeyId, isPathStyle }) => ({
      provider: "s3",
      endpoint,
      region,
      bucket,
      accessKeyId,
      pathStyle: isPathStyle,
    }),
  },
  attach: (_settings, credential, io) => createStorage(createBucket(credential, io), io),
});

function createStorage(bucket: Bucket, io: StorageIo): Storage {
  const stat = async (key: string, signal: AbortSignal): Promise<StoredFile> => {
    requireFile(key);
    return toFile({ key, ...toSaid(await bucket.head(key, signal)) });
  };
  const list = async (folder: string | null, asked: Omit<Asked, "prefix">): Promise<Page> => {
    const prefix = folder ? findPrefix(folder) : "";
    if (prefix === undefined) throw notFound();
    const { value: listing } = await bucket.list({ prefix, ...asked }, io.signal);
    // A folder is nothing but the keys that begin like it; a bucket may be empty.
    if (listing.isEmpty && asked.cursor === null && prefix !== "") throw notFound();
    return toPage(listing);
  };
  return {
    list: (folder, cursor) => list(folder, { cursor }),
    listDeep: (root, cursor) => list(root, { cursor, isDeep: true }),
    stat: (ref) => stat(ref, io.signal),
    writing: createWriting(bucket, (key) => stat(key, io.signal), io),
    remove: (known) => removeObject(bucket, (key) => stat(key, io.signal), known, io.signal),
    async openRange(ref, range, caller) {
      requireFile(ref);
      const signal = eitherOf(io.signal, caller);
      return openDownload({
        host: bucket.host,
        ref,
        range,
        request: () => bucket.download(ref, range, signal),
        findSize: async () => (await stat(ref, signal)).sizeBytes,
      });
    },
    directUrl: (ref, seconds) => {
      requireFile(ref);
      return bucket.presign(ref, seconds);
    },
  };
}

/** `Live/` is an object too, but only there so that an empty folder can be seen. */
function requireFile(key: string): void {
  if (key.endsWith("/")) throw notFound();
}

const toPage = ({ prefixes, objects, next }: Listing): Page => ({
  entries: [...prefixes.map(toFolder), ...objects.map(toFile)],
  next,
});

function toFolder(prefix: string) {
  const path = prefix.slice(0, -1);
  return {
    kind: "folder",
    ref: toFolderRef(prefix),
    name: nameOf(path),
    path,
    treeTag: null,
  } as const;
}

const toFile = ({ key, ...said }: S3Object): StoredFile => ({
  kind: "file",
  ref: key,
  name: nameOf(key),
  path: key,
  fileId: null,
  ...said,
  contentType: null,
});

const toSaid = (headers: EgressResponse["headers"]): Omit<S3Object, "key"> => ({
  sizeBytes: /^\d{1,15}$/.test(headers["content-length"] ?? "")
    ? Number(headers["content-length"])
    : null,
  etag: parseEtag(headers.etag),
  modifiedAt: parseHttpDate(headers["last-modified"]),
});
