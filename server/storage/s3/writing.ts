import type { Readable } from "node:stream";
import { discardBody } from "#server/base/egress/body.ts";
import { AppError } from "#server/base/errors.ts";
import type { StorageIo } from "#server/storage/provider.ts";
import type { StoredFile } from "#server/storage/stored.ts";
import {
  type Finish,
  nameLost,
  nameTaken,
  type Part,
  type WriteTarget,
  type Writing,
} from "#server/storage/writing.ts";
import type { Bucket } from "./api.ts";
import { findPrefix, isKey } from "./key.ts";
import {
  beginUpload,
  complete,
  hasUpload,
  putEmpty,
  Receipt,
  Session,
  toObjectEtag,
  type Writer,
} from "./multipart.ts";

const MB = 1024 * 1024;
/** Amazon takes parts from 5 MiB to 5 GiB, and 10,000 of them. */
const PART_BYTES = 8 * MB;
const MAX_PART_BYTES = 5 * 1024 * MB;
const MOST_PARTS = 1_000;
const MAX_BYTES = 5 * 1024 * 1024 * MB;

/**
 * New objects of a bucket, in parts. A key cannot be another one later, so the name is settled when it
 * begins; what takes it meanwhile is not overwritten, where the service knows conditions.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
 */
export function createWriting(bucket: Bucket, stat: Writer["stat"], io: StorageIo): Writing {
  const writer: Writer = { bucket, stat, signal: io.signal };
  return {
    maxBytes: MAX_BYTES,
    bindsName: true,
    partBytes: (sizeBytes) =>
      Math.min(Math.max(PART_BYTES, Math.ceil(sizeBytes / MOST_PARTS / MB) * MB), MAX_PART_BYTES),
    plan,
    begin: (planned) => begin(writer, Session.parse(planned)),
    async writePart(session, part, body) {
      try {
        return await writePart(writer, Session.parse(session), part, body);
      } finally {
        body.destroy();
      }
    },
    finish: (session, finish) => finishObject(writer, Session.parse(session), finish),
    discard: (session) => discard(writer, Session.parse(session)),
  };
}

function plan({ root, folders, name, sizeBytes }: WriteTarget): Session {
  const prefix = root ? findPrefix(root) : "";
  const key = `${prefix}${[...folders, name].join("/")}`;
  if (prefix === undefined || !isKey(key)) throw nameLongKey();
  return { key, uploadId: null, sizeBytes };
}

/** One that begins and is not heard of keeps nothing, and costs nothing, until the bucket clears it. */
async function begin(writer: Writer, planned: Session): Promise<Session> {
  const { key, sizeBytes } = planned;
  if (await findObject(writer, key)) throw nameTaken();
  if (sizeBytes === 0) return planned;
  return { ...planned, uploadId: await beginUpload(writer, key) };
}

async function writePart(
  { bucket, signal }: Writer,
  { key, uploadId }: Session,
  { index, bytes }: Part,
  body: Readable,
): Promise<Receipt> {
  const answer = await bucket.change({
    method: "PUT",
    key,
    query: { partNumber: String(index + 1), uploadId: uploadId ?? "" },
    headers: { "content-length": String(bytes) },
    body,
    expected: [200],
    signal,
  });
  discardBody(answer.body);
  return Receipt.parse({ etag: answer.headers.etag });
}

async function finishObject(
  writer: Writer,
  session: Session,
  { receipts, isRepeated }: Finish,
): Promise<StoredFile> {
  const { key, uploadId, sizeBytes } = session;
  const there = await findObject(writer, key);
  if (there) {
    const isSame = isRepeated && there.sizeBytes === sizeBytes;
    if (isSame && (uploadId === null || there.etag === toObjectEtag(receipts))) return there;
    if (uploadId === null || (await hasUpload(writer, session))) throw nameTaken();
    if (isSame) return there;
    throw nameLost();
  }
  await (uploadId === null ? putEmpty(writer, key) : complete(writer, session, receipts));
  return writer.stat(key);
}

async function findObject(writer: Writer, key: string): Promise<StoredFile | null> {
  try {
    return await writer.stat(key);
  } catch (error) {
    if (error instanceof AppError && error.code === "not_found") return null;
    throw error;
  }
}

async function discard({ bucket, signal }: Writer, { key, uploadId }: Session): Promise<void> {
  if (uploadId === null) return;
  const expected = [200, 204, 404];
  const answer = await bucket.change({
    method: "DELETE",
    key,
    query: { uploadId },
    expected,
    signal,
  });
  discardBody(answer.body);
}

const nameLongKey = (): AppError =>
  new AppError(
    "storage_refused",
    "The folders and the name of this recording are longer together than the bucket takes. Nothing was uploaded; give it a shorter name, or choose a shorter folder pattern.",
  );
