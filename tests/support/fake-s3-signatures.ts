import { createHash, createHmac } from "node:crypto";
import type { IncomingMessage } from "node:http";

export interface S3Account {
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of a key that is temporary. */
  readonly sessionToken?: string;
}

interface Fault {
  readonly status: number;
  readonly code: string;
  readonly more?: string;
}

/** What a request says of its own signature, in its headers or in its address. */
interface Claim {
  readonly credential: readonly string[];
  readonly signedHeaders: string;
  readonly signature: string;
  readonly date: string;
  /** `null`: signed in the headers, and good for as long as the clocks agree. */
  readonly expiresSeconds: number | null;
  readonly payloadHash: string;
  /** Only as far as it is signed. */
  readonly token: string | undefined;
  readonly query: readonly string[];
}

const MAX_SKEW_MS = 15 * 60_000;

/**
 * Checks a signature from what came over the wire, as it came, with nothing of ours.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function findSignatureFault(
  request: IncomingMessage,
  account: S3Account,
  now: Date,
): Fault | null {
  const claim = findClaim(request);
  if (!claim) return { status: 403, code: "AccessDenied" };
  const [accessKeyId, day = "", region] = claim.credential;
  if (accessKeyId !== account.accessKeyId) return { status: 403, code: "InvalidAccessKeyId" };
  if (region !== account.region) {
    const more = `<Region>${account.region}</Region>`;
    return { status: 400, code: "AuthorizationHeaderMalformed", more };
  }
  const age = now.getTime() - parseDate(claim.date);
  if (claim.expiresSeconds === null && Math.abs(age) > MAX_SKEW_MS) {
    return { status: 403, code: "RequestTimeTooSkewed" };
  }
  if (claim.expiresSeconds !== null && age > claim.expiresSeconds * 1000) {
    return { status: 403, code: "AccessDenied" };
  }
  const names = claim.signedHeaders.split(";");
  const canonical =
    `${request.method}\n${(request.url ?? "").split("?")[0]}\n${claim.query.join("&")}\n` +
    `${names.map((name) => `${name}:${String(request.headers[name]).trim()}\n`).join("")}\n` +
    `${claim.signedHeaders}\n${claim.payloadHash}`;
  const digest = createHash("sha256").update(canonical).digest("hex");
  const scope = claim.credential.slice(1).join("/");
  let key: Buffer = Buffer.from(`AWS4${account.secretAccessKey}`);
  for (const part of [day, region, "s3", "aws4_request"]) key = sign(key, part);
  const expected = sign(key, `AWS4-HMAC-SHA256\n${claim.date}\n${scope}\n${digest}`).toString(
    "hex",
  );
  const isRight = expected === claim.signature && names.includes("host");
  if (!isRight) return { status: 403, code: "SignatureDoesNotMatch" };
  return claim.token === account.sessionToken ? null : { status: 400, code: "InvalidToken" };
}

function findClaim({ headers, url = "" }: IncomingMessage): Claim | null {
  const pairs = (url.split("?")[1] ?? "").split("&").filter((pair) => pair !== "");
  const header =
    /^AWS4-HMAC-SHA256 Credential=([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? "",
    );
  if (header) {
    const [, credential = "", signedHeaders = "", signature = ""] = header;
    return {
      credential: credential.split("/"),
      signedHeaders,
      signature,
      date: String(headers["x-amz-date"]),
      expiresSeconds: null,
      payloadHash: String(headers["x-amz-content-sha256"]),
      token: signedHeaders.split(";").includes("x-amz-security-token")
        ? String(headers["x-amz-security-token"])
        : undefined,
      query: pairs.toSorted(),
    };
  }
  const said = new URLSearchParams(pairs.join("&"));
  const signature = said.get("X-Amz-Signature");
  if (!signature) return null;
  return {
    credential: (said.get("X-Amz-Credential") ?? "").split("/"),
    signedHeaders: said.get("X-Amz-SignedHeaders") ?? "",
    signature,
    date: said.get("X-Amz-Date") ?? "",
    expiresSeconds: Number(said.get("X-Amz-Expires")),
    payloadHash: "UNSIGNED-PAYLOAD",
    token: said.get("X-Amz-Security-Token") ?? undefined,
    query: pairs.filter((pair) => !pair.startsWith("X-Amz-Signature=")).toSorted(),
  };
}

const sign = (key: Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();

/** `20130524T000000Z` */
const parseDate = (text: string): number =>
  Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
