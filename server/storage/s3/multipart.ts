import { createHash } from "node:crypto";
import { z } from "zod";
import { discardBody, readBounded } from "#server/base/egress/body.ts";
import type { EgressResponse } from "#server/base/egress/client.ts";
import { withDeadline } from "#server/storage/deadline.ts";
import type { StoredFile } from "#server/storage/stored.ts";
import { nameTaken } from "#server/storage/writing.ts";
import type { Bucket, Change } from "./api.ts";
import { parseDocument } from "./document.ts";

const MAX_ANSWER_BYTES = 256 * 1024;
/** Amazon sends spaces while it puts parts together, so that nobody hangs up. */
const FINISH_TIMEOUT_MS = 10 * 60_000;
const ANSWER_TIMEOUT_MS = 60_000;

export const Session = z.object({
  key: z.string(),
  /** `null` for one that has not begun, and for a file without bytes, which has no parts. */
  uploadId: z.string().nullable(),
  sizeBytes: z.int().min(0),
});
export type Session = z.infer<typeof Session>;

/** Of a part that the service has. */
export const Receipt = z.object({ etag: z.string().min(1).max(256) });
export type Receipt = z.infer<typeof Receipt>;

export interface Writer {
  readonly bucket: Bucket;
  readonly signal: AbortSignal;
  /** @throws AppError `not_found` */
  stat(key: string): Promise<StoredFile>;
}

/** @returns the service's name for the upload. */
export async function beginUpload({ bucket, signal }: Writer, key: string): Promise<string> {
  const asked = { method: "POST", key, query: { uploads: "" }, expected: [200] } as const;
  const texts = await withDeadline(bucket.host, signal, ANSWER_TIMEOUT_MS, async (until) =>
    readDocument(
      bucket,
      await bucket.change({ ...asked, signal: until }),
      "InitiateMultipartUploadResult",
    ),
  );
  return z.string().min(1).max(4096).parse(texts.get("UploadId"));
}

export async function hasUpload({ bucket, signal }: Writer, session: Session): Promise<boolean> {
  const query = { "max-parts": "1", uploadId: session.uploadId ?? "" };
  const asked = { method: "GET", key: session.key, query, expected: [200, 404], signal } as const;
  const answer = await bucket.change(asked);
  discardBody(answer.body);
  return answer.status === 200;
}

/**
 * The validator of an object that was put together of these parts. Some services know an upload for
 * longer than it lasts, but this tells whose object it is.
 *
 * @returns a text that no object has, where the service has other validators.
 */
export function toObjectEtag(receipts: readonly unknown[]): string {
  const hash = createHash("md5");
  const parts = z.array(Receipt).parse(receipts);
  for (const { etag } of parts) hash.update(Buffer.from(etag.replaceAll('"', ""), "hex"));
  return `"${hash.digest("hex")}-${parts.length}"`;
}

export async function putEmpty(writer: Writer, key: string): Promise<void> {
  const put = { method: "PUT", key, query: {}, headers: { "content-length": "0" } } as const;
  const { body } = await unlessThere(writer, { ...put, body: "", expected: [200] });
  discardBody(body);
}

export async function complete(
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
