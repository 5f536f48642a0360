import type { ErrorCode } from "#contract/errors.ts";
import { AppError } from "#server/base/errors.ts";
import {
  type FailedAnswer,
  isHtml,
  nameThrottle,
  notFound,
  parseRetryAfter,
} from "#server/storage/http.ts";
import type { Credential } from "./credential.ts";
import { parseDocument } from "./document.ts";

/** For 'slow down' without a delay: a bucket has more room again within seconds. */
const SLOW_DOWN_SECONDS = 5;

/** A failure with what S3 says of it. */
interface Said {
  readonly failed: FailedAnswer;
  readonly host: string;
  readonly bucket: string;
  /** The region that it was asked in. */
  readonly region: string;
  /** What the answer names as the bucket's region; it is only a name, or nothing. */
  readonly rightRegion: string | undefined;
  readonly now: Date;
}

type Name = (said: Said) => AppError;

const say =
  (code: ErrorCode, sentence: (said: Said) => string): Name =>
  (said) =>
    new AppError(code, sentence(said));

const wrongRegion = say("storage_refused", ({ host, bucket, region, rightRegion }) =>
  rightRegion
    ? `The bucket "${bucket}" is in the region ${rightRegion}, not in ${region}. Your library is kept; connect the storage with the region ${rightRegion} and the address that belongs to it.`
    : `${host} does not serve the bucket "${bucket}" in the region ${region}. Your library is kept; check the region and the address, which the bucket's own page shows.`,
);

const unknownKey = say(
  "storage_reconnect",
  ({ host }) =>
    `${host} does not know this access key: it was deleted, switched off, or belongs to another service. Your library is kept; reconnect the storage with a key that exists.`,
);

const endedKey = say(
  "storage_reconnect",
  ({ host }) =>
    `The temporary access key for ${host} has ended. Your library is kept; reconnect the storage with a new one and its session token, or better with a key that stays.`,
);

const wrongToken = say(
  "storage_reconnect",
  ({ host }) =>
    `${host} does not accept the session token: it belongs to another access key, or this key needs none. Your library is kept; enter key, secret key and token again, exactly as the service shows them together.`,
);

const denied = say(
  "storage_refused",
  ({ host, bucket }) =>
    `${host} knows this access key but does not let it read the bucket "${bucket}". Your library is kept; allow the key s3:ListBucket on the bucket and s3:GetObject on what is in it, then try again.`,
);

const wrongClock = say(
  "storage_unavailable",
  ({ host, now }) =>
    `The clocks of this server and of ${host} are too far apart; here it is ${now.toISOString().slice(0, 16).replace("T", " ")} UTC. Nothing is lost; ask the people who run this server to set its clock, and try again.`,
);

const noBucket = say(
  "storage_refused",
  ({ host, bucket }) =>
    `There is no bucket "${bucket}" at ${host}. Your library is kept; check the name of the bucket, the address and the region.`,
);

const slowDown: Name = ({ failed, host, now }) =>
  nameThrottle(host, parseRetryAfter(failed.headers["retry-after"], now) ?? SLOW_DOWN_SECONDS);

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList */
const names: ReadonlyMap<string, Name> = new Map([
  ["AccessDenied", denied],
  ["AllAccessDisabled", denied],
  ["AuthorizationHeaderMalformed", wrongRegion],
  ["ExpiredToken", endedKey],
  [
    "InvalidObjectState",
    say(
      "storage_refused",
      ({ host }) =>
        `${host} keeps this file in an archive from which it cannot be played. Your library is kept; restore the file there and try again.`,
    ),
  ],
  ["InvalidAccessKeyId", unknownKey],
  [
    "InvalidBucketName",
    say(
      "storage_refused",
      ({ host, bucket }) =>
        `${host} has no buckets that are called like "${bucket}". Check the name of the bucket.`,
    ),
  ],
  ["InvalidToken", wrongToken],
  ["NoSuchBucket", noBucket],
  ["NoSuchKey", notFound],
  ["PermanentRedirect", wrongRegion],
  ["RequestLimitExceeded", slowDown],
  ["RequestTimeTooSkewed", wrongClock],
  [
    "SignatureDoesNotMatch",
    say(
      "storage_reconnect",
      ({ host }) =>
        `${host} does not accept the signature of this access key, so the secret key is not the one that belongs to it. Your library is kept; enter both again, exactly as the service shows them.`,
    ),
  ],
  ["SlowDown", slowDown],
  [
    "TemporaryRedirect",
    say(
      "storage_unavailable",
      ({ host, bucket }) =>
        `${host} is still moving the bucket "${bucket}" to its region, as it does in the first hours. Nothing is lost; try again in a while, or use the address of the region.`,
    ),
  ],
  ["TooManyRequests", slowDown],
]);

/** Without a code, as answers to HEAD and of things in between are. */
const statuses: ReadonlyMap<number, Name> = new Map([
  [301, wrongRegion],
  [401, unknownKey],
  [403, denied],
  [404, notFound],
]);

/** The console of a MinIO, a page to sign in, a website: whatever people are shown. */
export const namePage = (host: string): AppError =>
  new AppError(
    "storage_refused",
    `${host} shows a web page or sends this server on to one, so this is not the address of an S3 service, or something in between asks people to sign in. Check the address; your library is kept.`,
  );

/**
 * What S3 says beyond a status, in sentences. Nothing that it sends is repeated but a region.
 *
 * @param missing - what is not there when it answers 404 and nothing else.
 */
export const createNaming =
  ({ bucket, region }: Pick<Credential, "bucket" | "region">, missing: "bucket" | "key") =>
  (failed: FailedAnswer, now: Date): AppError | undefined => {
    const texts = readError(failed.explanation);
    const rightRegion = toRegion(texts.get("Region") ?? failed.headers["x-amz-bucket-region"]);
    const said: Said = { failed, host: failed.host, bucket, region, rightRegion, now };
    const byCode = names.get(texts.get("Code") ?? "");
    if (byCode) return byCode(said);
    if (isElsewhere(failed)) return namePage(failed.host);
    if (failed.status === 404 && missing === "bucket") return noBucket(said);
    return statuses.get(failed.status)?.(said);
  };

/** An outage may show a page as well. */
function isElsewhere({ status, headers }: FailedAnswer): boolean {
  if (status >= 500) return false;
  return isHtml(headers["content-type"]) || (status > 301 && status < 400);
}

/** The texts of an error document; none of what is no such document. */
export function readError(explanation: string): ReadonlyMap<string, string> {
  try {
    return parseDocument(explanation, "Error").texts;
  } catch {
    // Whatever it is, the status still tells something.
    return new Map();
  }
}

const toRegion = (text: string | undefined): string | undefined =>
  text !== undefined && /^[a-z0-9-]{1,64}$/i.test(text) ? text : undefined;
