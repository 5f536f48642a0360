import { createHash, createHmac } from "node:crypto";

/** Whose signature it is and where it counts. */
export interface SigningKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Sent along and signed with a temporary key. */
  readonly sessionToken?: string | undefined;
  readonly region: string;
  readonly service: string;
}

/** What is signed. The address is signed as it stands: S3 neither encodes a path twice nor tidies it. */
export interface Signable {
  readonly method: string;
  readonly url: URL;
  /** Without `host`. */
  readonly headers: Readonly<Record<string, string>>;
  /** SHA-256 of the body in hexadecimal, or `UNSIGNED_PAYLOAD`. */
  readonly payloadHash: string;
}

export const UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD";

const ALGORITHM = "AWS4-HMAC-SHA256";

export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

export const EMPTY_PAYLOAD = sha256("");

/** As AWS encodes: everything but letters, digits and `-._~`. @throws URIError for half a surrogate. */
export const encodeAws = (text: string): string =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/**
 * The `authorization` header of a request that has its `x-amz-date` already.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function toAuthorization(key: SigningKey, request: Signable, now: Date): string {
  const names = toSigned(request).map(([name]) => name);
  const parts = [
    `Credential=${key.accessKeyId}/${toScope(key, now)}`,
    `SignedHeaders=${names.join(";")}`,
    `Signature=${toSignature(key, request, now)}`,
  ];
  return `${ALGORITHM} ${parts.join(", ")}`;
}

/** All headers of a request, signed for S3. */
export function signHeaders(
  key: SigningKey,
  request: Signable,
  now: Date,
): Readonly<Record<string, string>> {
  const headers = {
    ...request.headers,
    "x-amz-content-sha256": request.payloadHash,
    "x-amz-date": toTimestamp(now),
    ...(key.sessionToken === undefined ? {} : { "x-amz-security-token": key.sessionToken }),
  };
  return { ...headers, authorization: toAuthorization(key, { ...request, headers }, now) };
}

/**
 * An address that carries its signature and opens the object to whoever has it.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
export function presign(key: SigningKey, address: URL, seconds: number, now: Date): URL {
  const url = new URL(address);
  const query = {
    "X-Amz-Algorithm": ALGORITHM,
    "X-Amz-Credential": `${key.accessKeyId}/${toScope(key, now)}`,
    "X-Amz-Date": toTimestamp(now),
    "X-Amz-Expires": String(seconds),
    ...(key.sessionToken === undefined ? {} : { "X-Amz-Security-Token": key.sessionToken }),
    "X-Amz-SignedHeaders": "host",
  };
  url.search = toQuery(query);
  const request = { method: "GET", url, headers: {}, payloadHash: UNSIGNED_PAYLOAD };
  url.search += `&X-Amz-Signature=${toSignature(key, request, now)}`;
  return url;
}

/** A query in the encoding that is signed. */
export const toQuery = (query: Readonly<Record<string, string>>): string =>
  Object.entries(query)
    .map(([name, value]) => `${encodeAws(name)}=${encodeAws(value)}`)
    .join("&");

/** `20130524T000000Z` */
export const toTimestamp = (now: Date): string => now.toISOString().replace(/[-:]|\.\d{3}/g, "");

const toDay = (now: Date): string => toTimestamp(now).slice(0, 8);

const toScope = ({ region, service }: SigningKey, now: Date): string =>
  `${toDay(now)}/${region}/${service}/aws4_request`;

function toSignature(key: SigningKey, request: Signable, now: Date): string {
  const headers = toSigned(request);
  const canonical = [
    request.method,
    request.url.pathname,
    toCanonicalQuery(request.url),
    ...headers.map(([name, value]) => `${name}:${value}`),
    "",
    headers.map(([name]) => name).join(";"),
    request.payloadHash,
  ].join("\n");
  const text = [ALGORITHM, toTimestamp(now), toScope(key, now), sha256(canonical)].join("\n");
  const parts = [toDay(now), key.region, key.service, "aws4_request"];
  const secret = parts.reduce<string | Buffer>(hmac, `AWS4${key.secretAccessKey}`);
  return hmac(secret, text).toString("hex");
}

const hmac = (key: string | Buffer, text: string): Buffer =>
  createHmac("sha256", key).update(text).digest();

/** The headers that are signed, `host` too: names in lower case and in order. */
function toSigned({ url, headers }: Signable): [string, string][] {
  return Object.entries({ ...headers, host: url.host })
    .map(([name, value]): [string, string] => [
      name.toLowerCase(),
      value.trim().replace(/ +/g, " "),
    ])
    .sort(byCode);
}

function toCanonicalQuery({ search }: URL): string {
  if (search === "") return "";
  return search
    .slice(1)
    .split("&")
    .map((pair): [string, string] => {
      const [name = "", ...value] = pair.split("=").map(decodeURIComponent);
      return [encodeAws(name), encodeAws(value.join("="))];
    })
    .sort(byCode)
    .map((pair) => pair.join("="))
    .join("&");
}

/** By code, not by language; equal names by their values. */
function byCode(one: readonly [string, string], other: readonly [string, string]): number {
  const at = one[0] === other[0] ? 1 : 0;
  if (one[at] === other[at]) return 0;
  return one[at] < other[at] ? -1 : 1;
}
