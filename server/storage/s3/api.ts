import { Readable } from "node:stream";
import { discardBody } from "#server/base/egress/body.ts";
import type { EgressRequest, EgressResponse } from "#server/base/egress/client.ts";
import type { AppError } from "#server/base/errors.ts";
import { withDeadline } from "#server/storage/deadline.ts";
import { isHtml, nameStatus, notFound, send } from "#server/storage/http.ts";
import type { StorageIo } from "#server/storage/provider.ts";
import type { ByteRange } from "#server/storage/stored.ts";
import { type Credential, toSigningKey } from "./credential.ts";
import { createNaming, namePage } from "./failures.ts";
import { encodeKey, isKey } from "./key.ts";
import { type Asked, type Listing, readListing } from "./listing.ts";
import { EMPTY_PAYLOAD, presign, sha256, signHeaders, toQuery, UNSIGNED_PAYLOAD } from "./sigv4.ts";
import { createWriteNaming } from "./write-failures.ts";

const LISTING_TIMEOUT_MS = 120_000;
const LISTING_HEAD_TIMEOUT_MS = 60_000;
const HEAD_TIMEOUT_MS = 60_000;
/** A listener is waiting. */
const DOWNLOAD_HEAD_TIMEOUT_MS = 10_000;
/** Thousands of parts are put together for minutes. */
const CHANGE_HEAD_TIMEOUT_MS = 300_000;
/** As long as somebody listens to a long recording; Amazon itself would allow a week. */
const MAX_DIRECT_SECONDS = 3600;

/** A bucket as one access key sees it. */
export interface Bucket {
  readonly host: string;
  /** One page; `maxKeys` only to see whether it may be listed at all. */
  list(asked: Asked, signal: AbortSignal, maxKeys?: number): Promise<Read<Listing>>;
  /** @throws AppError `not_found` */
  head(key: string, signal: AbortSignal): Promise<EgressResponse["headers"]>;
  /** Answers 200, 206 or 416. */
  download(key: string, range: ByteRange, signal: AbortSignal): Promise<EgressResponse>;
  /** Changes something about an object. Answers one of `expected`. */
  change(change: Change): Promise<EgressResponse>;
  /** @param explanation - of what failed though its status is 200: S3 answers before it knows. */
  nameLate(explanation: string): AppError;
  /** An address that opens the object to anybody, for so many seconds and an hour at most. */
  presign(key: string, seconds: number): URL;
}

export interface Change extends Pick<EgressRequest, "headers" | "body" | "signal"> {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  readonly key: string;
  readonly query: Readonly<Record<string, string>>;
  readonly expected: readonly number[];
}

interface Read<T> {
  readonly value: T;
  readonly headers: EgressResponse["headers"];
}

/** Redirects are never followed: a signature counts for one host only, and S3 says what is wrong. */
export function createBucket(credential: Credential, io: StorageIo): Bucket {
  const key = toSigningKey(credential);
  const root = toRoot(credential);
  const name = {
    list: createNaming(credential, "bucket"),
    read: createNaming(credential, "key"),
    write: createWriteNaming(credential),
  };
  const payloadHash = root.protocol === "https:" ? UNSIGNED_PAYLOAD : EMPTY_PAYLOAD;
  const toUrl = (objectKey: string): URL => {
    if (!isKey(objectKey)) throw notFound();
    return new URL(root.href + encodeKey(objectKey));
  };
  const ask = (
    { url, method = "GET", headers = {}, ...options }: EgressRequest & { readonly url: URL },
    expected: readonly number[],
    naming = name.read,
  ) => {
    const signed = signHeaders(key, { method, url, headers, payloadHash }, io.now());
    return send(io, { ...options, url, method, headers: signed }, { expected, name: naming });
  };
  const list: Bucket["list"] = (asked, caller, maxKeys) =>
    withDeadline(root.host, caller, LISTING_TIMEOUT_MS, async (signal) => {
      const url = new URL(root);
      url.search = toListingQuery(asked, maxKeys);
      const options = { url, decompress: true, headersTimeoutMs: LISTING_HEAD_TIMEOUT_MS, signal };
      const answer = await ask(options, [200], name.list);
      if (isHtml(answer.headers["content-type"])) {
        discardBody(answer.body);
        throw namePage(root.host);
      }
      return { value: await readListing(answer, asked), headers: answer.headers };
    });

  return {
    host: root.host,
    list,
    head: (objectKey, caller) =>
      withDeadline(root.host, caller, HEAD_TIMEOUT_MS, async (signal) => {
        const url = toUrl(objectKey);
        const unexplained = [301, 302, 307, 400, 401, 403, 404];
        const answer = await ask({ url, method: "HEAD", signal }, [200, ...unexplained]);
        discardBody(answer.body);
        if (answer.status === 200) return answer.headers;
        // An answer to HEAD has no body that would say why: the same mistake in a listing has.
        await list({ prefix: objectKey, cursor: null }, signal, 1);
        const { status, headers } = answer;
        throw (
          name.read({ status, headers, host: root.host, explanation: "" }, io.now()) ?? notFound()
        );
      }),
    download: async (objectKey, range, signal) => {
      const headers = { range: `bytes=${range.start}-${range.end}` };
      const headersTimeoutMs = DOWNLOAD_HEAD_TIMEOUT_MS;
      return ask({ url: toUrl(objectKey), headers, headersTimeoutMs, signal }, [200, 206, 416]);
    },
    change: ({ key: objectKey, query, method, body, headers = {}, signal, expected }) => {
      const url = toUrl(objectKey);
      url.search = toQuery(query);
      // What is streamed cannot be hashed before it is sent.
      const hash = body instanceof Readable ? UNSIGNED_PAYLOAD : sha256(String(body ?? ""));
      const signed = signHeaders(key, { method, url, headers, payloadHash: hash }, io.now());
      const headersTimeoutMs = CHANGE_HEAD_TIMEOUT_MS;
      const request = { url, method, headers: signed, body, headersTimeoutMs, signal };
      return send(io, request, { expected, name: name.write });
    },
    nameLate: (explanation) => {
      const failed = { status: 500, headers: {}, host: root.host, explanation };
      return name.write(failed, io.now()) ?? nameStatus(failed, io.now());
    },
    presign: (objectKey, seconds) => {
      const lifetime = Math.max(1, Math.min(Math.floor(seconds), MAX_DIRECT_SECONDS));
      return presign(key, toUrl(objectKey), lifetime, io.now());
    },
  };
}

/** Where the bucket's keys begin; ends in `/`. */
function toRoot({ endpoint, bucket, isPathStyle }: Credential): URL {
  const root = new URL(endpoint);
  if (isPathStyle) root.pathname += `${bucket}/`;
  else root.hostname = `${bucket}.${root.hostname}`;
  return root;
}

function toListingQuery({ prefix, cursor, isDeep }: Asked, maxKeys: number | undefined): string {
  return toQuery({
    ...(cursor === null ? {} : { "continuation-token": cursor }),
    ...(isDeep ? {} : { delimiter: "/" }),
    "encoding-type": "url",
    "list-type": "2",
    ...(maxKeys === undefined ? {} : { "max-keys": String(maxKeys) }),
    prefix,
  });
}
