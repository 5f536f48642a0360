import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { type Answer, escapeXml, etagOf, type S3Bytes, toError, toXml } from "./fake-s3.ts";

interface Upload {
  readonly key: string;
  readonly parts: Map<number, Buffer>;
}

const MIN_PART_BYTES = 5 * 1024 * 1024;
const EMPTY: Answer = { status: 204 };

/** PutObject and uploads in parts, as Amazon's reference has them. */
export function createWrites(objects: Map<string, S3Bytes>) {
  const uploads = new Map<string, Upload>();
  let [count, hasConditions, limitBytes] = [0, true, Number.POSITIVE_INFINITY];

  let isKeeping = false;
  let lateCode: string | null = null;

  const put = (key: string, bytes: Buffer): void => {
    objects.set(key, { bytes, modifiedAt: new Date() });
  };
  const isRefused = ({ headers }: IncomingMessage, key: string): boolean =>
    hasConditions && headers["if-none-match"] === "*" && objects.has(key);

  const complete = (request: IncomingMessage, id: string, xml: string): Answer => {
    const upload = uploads.get(id);
    if (!upload) return toError(404, "NoSuchUpload");
    if (isRefused(request, upload.key)) return toError(412, "PreconditionFailed");
    const asked = [...xml.matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>([^<]+)<\/ETag>/g)];
    const parts = asked.map(([, number, etag]) => ({
      bytes: upload.parts.get(Number(number)),
      etag: etag?.replaceAll(/&(?:#34|quot);/g, '"'),
    }));
    if (parts.some(({ bytes, etag }) => !bytes || toEtag(bytes) !== etag)) {
      return toError(400, "InvalidPart");
    }
    const isSmall = ({ bytes }: (typeof parts)[number]) => (bytes?.length ?? 0) < MIN_PART_BYTES;
    if (parts.slice(0, -1).some(isSmall)) return toError(400, "EntityTooSmall");
    if (parts.length === 0) return toError(400, "MalformedXML");
    if (lateCode !== null) return { ...toError(200, lateCode), status: 200 };
    put(upload.key, Buffer.concat(parts.flatMap(({ bytes }) => bytes ?? [])));
    uploads.delete(id);
    return xmlAnswer(toXml("CompleteMultipartUploadResult", `<Key>${escapeXml(upload.key)}</Key>`));
  };

  const inParts = async (
    request: IncomingMessage,
    query: URLSearchParams,
  ): Promise<Answer | undefined> => {
    const id = query.get("uploadId") ?? "";
    const upload = uploads.get(id);
    if (request.method === "POST") return complete(request, id, String(await readBody(request)));
    if (!upload) return toError(404, "NoSuchUpload");
    if (request.method === "DELETE") {
      uploads.delete(id);
      return EMPTY;
    }
    if (request.method !== "PUT") return xmlAnswer(toXml("ListPartsResult", ""));
    if (Number(request.headers["content-length"]) > limitBytes) return toError(507, "StorageFull");
    const bytes = await readBody(request);
    upload.parts.set(Number(query.get("partNumber")), bytes);
    return { status: 200, headers: { etag: toEtag(bytes) } };
  };

  const keep = async (request: IncomingMessage, key: string): Promise<Answer> => {
    if (isRefused(request, key)) return toError(412, "PreconditionFailed");
    put(key, await readBody(request));
    const object = objects.get(key);
    return { status: 200, headers: object ? { etag: etagOf(object) } : {} };
  };

  /** What is not there is deleted, too. */
  const drop = (key: string): Answer => {
    if (isKeeping) return toError(403, "AccessDenied");
    objects.delete(key);
    return EMPTY;
  };

  return {
    /** @returns `undefined` for what only reads. */
    async answer(
      request: IncomingMessage,
      key: string,
      query: URLSearchParams,
    ): Promise<Answer | undefined> {
      if (query.has("uploadId")) return inParts(request, query);
      if (request.method === "POST" && query.has("uploads")) {
        count += 1;
        uploads.set(`upload-${count}`, { key, parts: new Map() });
        const id = `<UploadId>upload-${count}</UploadId>`;
        return xmlAnswer(toXml("InitiateMultipartUploadResult", id));
      }
      if (request.method === "DELETE") return drop(key);
      return request.method === "PUT" ? keep(request, key) : undefined;
    },
    hands: {
      unfinishedUploads: () => [...uploads.values()].map(({ key }) => key),
      keptParts: () => [...uploads.values()].reduce((sum, { parts }) => sum + parts.size, 0),
      ignoreConditions: () => {
        hasConditions = false;
      },
      keepAll: () => {
        isKeeping = true;
      },
      failLate: (code: string | null) => {
        lateCode = code;
      },
      limit: (bytes: number) => {
        limitBytes = bytes;
      },
    },
  };
}

const xmlAnswer = (body: string): Answer => ({
  status: 200,
  headers: { "content-type": "application/xml" },
  body,
});

const toEtag = (bytes: Buffer): string => `"${createHash("md5").update(bytes).digest("hex")}"`;

/** @throws Error when it breaks off. */
async function readBody(request: IncomingMessage): Promise<Buffer> {
  const bytes = Buffer.concat(await request.toArray());
  const hash = request.headers["x-amz-content-sha256"];
  const isRight = hash === "UNSIGNED-PAYLOAD" || hash === sha256(bytes);
  if (!isRight) throw new Error("The body is not what was signed.");
  return bytes;
}

const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
