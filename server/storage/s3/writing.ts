import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { z } from "zod";
import { discardBody, readBounded } from "#server/base/egress/body.ts";
import type { EgressResponse } from "#server/base/egress/client.ts";
import { AppError } from "#server/base/errors.ts";
import { withDeadline } from "#server/storage/deadline.ts";
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
import type { Bucket, Change } from "./api.ts";
import { parseDocument } from "./document.ts";
import { findPrefix, isKey } from "./key.ts";

const MB = 1024 * 1024;
/** Amazon takes parts from 5 MiB to 5 GiB, and 10,000 of them. */
const PART_BYTES = 8 * MB;
const MAX_PART_BYTES = 5 * 1024 * MB;
const MOST_PARTS = 1_000;
const MAX_BYTES = 5 * 1024 * 1024 * MB;

const MAX_ANSWER_BYTES = 256 * 1024;
/** Amazon sends spaces while it puts parts together, so that nobody hangs up. */
const FINISH_TIMEOUT_MS = 10 * 60_000;
const ANSWER_TIMEOUT_MS = 60_000;

const Session = z.object({
  key: z.string(),
  /** `null` for one that has not begun, and for a file without bytes, which has no parts. */
  uploadId: z.string().nullable(),
  sizeBytes: z.int().min(0),
});
type Session = z.infer<typeof Session>;

const Receipt = z.object({ etag: z.string().min(1).max(256) });

interface Writer {
  readonly bucket: Bucket;
  readonly signal: AbortSignal;
  /** @throws AppError `not_found` */
  stat(key: string): Promise<StoredFile>;
}

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
  const asked = { method: "POST", key, query: { uploads: "" }, expected: [200] } as const;
  const { bucket, signal } = writer;
  const texts = await withDeadline(bucket.host, signal, ANSWER_TIMEOUT_MS, async (until) =>
    readDocument(
      bucket,
      await bucket.change({ ...asked, signal: until }),
      "InitiateMultipartUploadResult",
    ),
  );
  return { ...planned, uploadId: z.string().min(1).max(4096).parse(texts.get("UploadId")) };
}

async function writePart(
  { bucket, signal }: Writer,
  { key, uploadId }: Session,
  { index, bytes }: Part,
  body: Readable,
): Promise<z.infer<typeof Receipt>> {
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

/**
 * The validator of an object that was put together of these parts. Some services know an upload for
 * longer than it lasts, but this tells whose object it is.
 *
 * @returns a text that no object has, where the service has other validators.
 */
function toObjectEtag(receipts: readonly unknown[]): string {
  const hash = createHash("md5");
  const parts = z.array(Receipt).parse(receipts);
  for (const { etag } of parts) hash.update(Buffer.from(etag.replaceAll('"', ""), "hex"));
  return `"${hash.digest("hex")}-${parts.length}"`;
}

async function findObject(writer: Writer, key: string): Promise<StoredFile | null> {
  try {
    return await writer.stat(key);
  } catch (error) {
    if (error instanceof AppError && error.code === "not_found") return null;
    throw error;
  }
}

async function hasUpload({ bucket, signal }: Writer, session: Session): Promise<boolean> {
  const query = { "max-parts": "1", uploadId: session.uploadId ?? "" };
  const asked = { method: "GET", key: session.key, query, expected: [200, 404], signal } as const;
  const answer = await bucket.change(asked);
  discardBody(answer.body);
  return answer.status === 200;
}

async function putEmpty(writer: Writer, key: string): Promise<void> {
  const put = { method: "PUT", key, query: {}, headers: { "content-length": "0" } } as const;
  const { body } = await unlessThere(writer, { ...put, body: "", expected: [200] });
  discardBody(body);
}

async function complete(
  writer: Writer,
  { key, uploadId }: Session,
  receipts: readonly unknown[],
): Promise<void> {
  const parts = z
    .array(Receipt)
    .parse(receipts)
    .map(
      ({ etag }, index) =>
        `<Part><PartNumber>${index + 1}</PartNumber><ETag>${escapeXml(etag)}</ETag></Part>`,
    );
  const body = `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts.join("")}</CompleteMultipartUpload>`;
  const headers = { "content-type": "application/xml" };
  const asked = {
    method: "POST",
    key,
    query: { uploadId: uploadId ?? "" },
    headers,
    body,
  } as const;
  const { bucket, signal } = writer;
  await withDeadline(bucket.host, signal, FINISH_TIMEOUT_MS, async (until) => {
    const answer = await unlessThere({ ...writer, signal: until }, { ...asked, expected: [200] });
    await readDocument(bucket, answer, "CompleteMultipartUploadResult");
  });
}

/** Services that do not know conditions say so, or take no notice; it was looked before. */
async function unlessThere(
  { bucket, signal }: Writer,
  change: Omit<Change, "signal">,
): Promise<EgressResponse> {
  const headers = { ...change.headers, "if-none-match": "*" };
  const expected = [...change.expected, 412, 501];
  const answer = await bucket.change({ ...change, headers, expected, signal });
  if (answer.status === 200) return answer;
  discardBody(answer.body);
  if (answer.status === 412) throw nameTaken();
  return bucket.change({ ...change, signal });
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

/** Its texts. What failed after it had begun to answer says so in place of it. */
async function readDocument(
  bucket: Bucket,
  answer: EgressResponse,
  root: string,
): Promise<ReadonlyMap<string, string>> {
  const xml = (await readBounded(answer.body, MAX_ANSWER_BYTES)).toString("utf8").trim();
  try {
    return parseDocument(xml, root).texts;
  } catch {
    throw bucket.nameLate(xml);
  }
}

const escapeXml = (text: string): string =>
  text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);

const nameLongKey = (): AppError =>
  new AppError(
    "storage_refused",
    "The folders and the name of this recording are longer together than the bucket takes. Nothing was uploaded; give it a shorter name, or choose a shorter folder pattern.",
  );
