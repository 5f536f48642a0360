import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { findSignatureFault, type S3Account } from "./fake-s3-signatures.ts";
import { createWrites } from "./fake-s3-writing.ts";

/**
 * One bucket that answers as Amazon's reference says: it checks signatures, and does what Swift does
 * not. It encodes listings like a form, names the right region, and can be told to fail.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/Welcome.html
 */
export interface FakeS3 extends S3Account {
  /** `http://localhost:…`: names below it lead here too, so that buckets can stand before the host. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly objects: Map<string, S3Bytes>;
  readonly requests: readonly IncomingMessage[];
  put(key: string, bytes: Buffer | string): void;
  /** What the next requests are answered with; `null` ends it. */
  fail(failure: Failure | null): void;
  /** From now on it takes requests and never answers. */
  stall(): void;
  /** Answers of any kind that are on their way, or that stall. */
  openDownloads(): number;
  /** Keys of uploads in parts that are not done. */
  unfinishedUploads(): string[];
  /** Parts of uploads that are not done. */
  keptParts(): number;
  /** As services do that are older than conditional writes. */
  ignoreConditions(): void;
  /** The key may delete nothing. */
  keepAll(): void;
  /** What the end of an upload in parts is answered with after a status of 200; `null` ends it. */
  failLate(code: string | null): void;
  /** So many bytes fit into it; without a limit when left out. */
  limit(bytes: number): void;
  stop(): Promise<void>;
}

export interface Failure {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface S3Bytes {
  readonly bytes: Buffer;
  readonly modifiedAt: Date;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | number>>;
  readonly body?: string | Buffer;
}

const MAX_KEYS = 1000;

/** @param keys - in place of those that it has mostly. */
export async function startFakeS3(
  bucket = "annas-band",
  keys: Partial<S3Account> = {},
): Promise<FakeS3> {
  const account: S3Account = {
    region: "eu-central-1",
    accessKeyId: "AKIDANNA4711EXAMPLE",
    secretAccessKey: "rehearsal/4711+secret",
    ...keys,
  };
  const objects = new Map<string, S3Bytes>();
  const requests: IncomingMessage[] = [];
  const downloads = new Set<ServerResponse>();
  let failure: Failure | null = null;
  let isStalling = false;

  const writes = createWrites(objects);
  const answer = async (request: IncomingMessage): Promise<Answer> => {
    if (failure) return failure;
    const fault = findSignatureFault(request, account, new Date());
    if (fault) return toError(fault.status, fault.code, fault.more);
    const { key, query } = toAsked(request, bucket);
    if (key === null) return toError(404, "NoSuchBucket");
    if (key === "") return list(objects, query);
    const written = await writes.answer(request, key, query);
    if (written) return written;
    const object = objects.get(key);
    return object ? read(object, request) : toError(404, "NoSuchKey");
  };
  const server = createServer(async (request, response) => {
    requests.push(request);
    downloads.add(response);
    response.once("close", () => downloads.delete(response));
    if (isStalling) return;
    const answered = await answer(request).catch(() => null);
    // Nobody is there any more.
    if (answered === null) return void response.destroy();
    const { status, headers = {}, body = "" } = answered;
    const length = headers["content-length"] ?? Buffer.byteLength(body);
    response.writeHead(status, { server: "AmazonS3", ...headers, "content-length": length });
    response.end(request.method === "HEAD" ? undefined : body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    ...account,
    endpoint: `http://localhost:${(server.address() as AddressInfo).port}`,
    bucket,
    objects,
    requests,
    put: (key, bytes) => objects.set(key, { bytes: Buffer.from(bytes), modifiedAt: new Date() }),
    fail: (next) => {
      failure = next;
    },
    stall: () => {
      isStalling = true;
    },
    openDownloads: () => downloads.size,
    ...writes.hands,
    stop: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

export const toXml = (root: string, inside: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<${root}>${inside}</${root}>`;

export const toError = (status: number, code: string, more = ""): Answer => ({
  status,
  headers: { "content-type": "application/xml" },
  body: toXml("Error", `<Code>${code}</Code><Message>No.</Message>${more}<RequestId>4</RequestId>`),
});

/** The key; empty for the bucket itself, `null` for another bucket. */
function toAsked({ url = "", headers }: IncomingMessage, bucket: string) {
  const [path = "", search = ""] = url.split("?");
  const query = new URLSearchParams(search);
  const decoded = decodeURIComponent(path);
  if (headers.host?.startsWith(`${bucket}.`)) return { key: decoded.slice(1), query };
  const isHere = decoded === `/${bucket}` || decoded.startsWith(`/${bucket}/`);
  return { key: isHere ? decoded.slice(bucket.length + 2) : null, query };
}

function list(objects: Map<string, S3Bytes>, query: URLSearchParams): Answer {
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const after = Buffer.from(query.get("continuation-token") ?? "", "base64").toString();
  const limit = Math.min(Number(query.get("max-keys") ?? MAX_KEYS), MAX_KEYS);
  const encode = query.get("encoding-type") === "url" ? encodeForm : escapeXml;
  const sorted = findBelow(objects, prefix, delimiter).filter((each) => isAfter(each, after));
  const page = sorted.slice(0, limit);
  const items = page.map((each) => {
    const object = objects.get(each);
    const isPrefix = delimiter !== "" && each !== prefix && each.endsWith(delimiter);
    if (isPrefix || !object)
      return `<CommonPrefixes><Prefix>${encode(each)}</Prefix></CommonPrefixes>`;
    return `<Contents><Key>${encode(each)}</Key><LastModified>${object.modifiedAt.toISOString()}</LastModified><ETag>${escapeXml(etagOf(object))}</ETag><Size>${object.bytes.length}</Size><StorageClass>STANDARD</StorageClass></Contents>`;
  });
  const next = Buffer.from(page.at(-1) ?? "").toString("base64");
  const more =
    sorted.length > page.length
      ? `<IsTruncated>true</IsTruncated><NextContinuationToken>${next}</NextContinuationToken>`
      : "<IsTruncated>false</IsTruncated>";
  const head = `<Name>bucket</Name><Prefix>${encode(prefix)}</Prefix><KeyCount>${page.length}</KeyCount><MaxKeys>${limit}</MaxKeys>${more}`;
  const encoding = query.has("encoding-type") ? "<EncodingType>url</EncodingType>" : "";
  const body = toXml("ListBucketResult", head + encoding + items.join(""));
  return { status: 200, headers: { "content-type": "application/xml" }, body };
}

/** Keys, and in place of those in folders the folders, in the order of their bytes. */
function findBelow(objects: Map<string, S3Bytes>, prefix: string, delimiter: string): string[] {
  const below = [...objects.keys()].filter((key) => key.startsWith(prefix));
  const found = below.map((key) => {
    const end = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
    return end === -1 ? key : key.slice(0, end + delimiter.length);
  });
  return [...new Set(found)].sort((one, other) =>
    Buffer.compare(Buffer.from(one), Buffer.from(other)),
  );
}

const isAfter = (key: string, after: string): boolean =>
  after === "" || Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0;

function read(object: S3Bytes, { headers }: IncomingMessage): Answer {
  const { bytes, modifiedAt } = object;
  const said = {
    "accept-ranges": "bytes",
    etag: etagOf(object),
    "last-modified": modifiedAt.toUTCString(),
    "content-type": "binary/octet-stream",
    "content-length": bytes.length,
  };
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? "") ?? [];
  if (first === undefined) return { status: 200, headers: said, body: bytes };
  const [start, end] = [Number(first), Math.min(Number(last), bytes.length - 1)];
  if (start >= bytes.length) return toError(416, "InvalidRange");
  return {
    status: 206,
    headers: {
      ...said,
      "content-length": end - start + 1,
      "content-range": `bytes ${start}-${end}/${bytes.length}`,
    },
    body: bytes.subarray(start, end + 1),
  };
}

export const etagOf = ({ bytes }: S3Bytes): string =>
  `"${createHash("md5").update(bytes).digest("hex")}"`;

/** As Java's URLEncoder does it, which is what Amazon runs; slashes stay. */
const encodeForm = (text: string): string =>
  encodeURIComponent(text).replaceAll("%20", "+").replaceAll("%2F", "/");

export const escapeXml = (text: string): string =>
  text.replace(/[&<>"\n]/g, (char) => `&#${char.charCodeAt(0)};`);
