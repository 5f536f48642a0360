import type { z } from "zod";
import { discardBody, readBounded } from "#server/base/egress/body.ts";
import type { EgressRequest, EgressResponse } from "#server/base/egress/client.ts";
import { AppError } from "#server/base/errors.ts";
import { parseHttpDate } from "#server/base/http-date.ts";
import type { StorageIo } from "./provider.ts";

/** What a service may at most tell us to wait. Some say 10^9 seconds. */
const MAX_RETRY_AFTER_SECONDS = 3600;
/** For 'too many requests' without a delay. */
const RATE_LIMIT_SECONDS = 60;
const LOCKED_SECONDS = 5;
/** The explanation that comes with a failure. */
const MAX_EXPLANATION_BYTES = 16 * 1024;
const EXPLANATION_TIMEOUT_MS = 5000;

/** An answer whose status was not one that the caller expected. */
export interface FailedAnswer {
  readonly status: number;
  readonly headers: EgressResponse["headers"];
  /** Of whom was asked, with a port when it has one of its own. */
  readonly host: string;
  /** The beginning of the body. For telling failures apart; never shown to anybody. */
  readonly explanation: string;
}

export interface Expectation {
  /** Statuses that the caller deals with. */
  readonly expected: readonly number[];
  /** What this kind of service says in its own way; everything else is named here. */
  readonly name?: ((failed: FailedAnswer, now: Date) => AppError | undefined) | undefined;
}

/**
 * Sends a request to someone's service and names every failure once, for all providers.
 *
 * @throws AppError for what the egress client refuses, and for every status that is not expected.
 *   The cause never holds the request, because its headers hold the credential.
 */
export async function send(
  io: Pick<StorageIo, "egress" | "now">,
  request: EgressRequest,
  { expected, name }: Expectation,
): Promise<EgressResponse> {
  const answer = await io.egress.request(request);
  if (expected.includes(answer.status)) return answer;
  const asked = new URL(request.url);
  if (answer.url.origin !== asked.origin) {
    discardBody(answer.body);
    throw nameElsewhere(asked.host, answer.url);
  }
  const failed: FailedAnswer = {
    status: answer.status,
    headers: answer.headers,
    host: answer.url.host,
    explanation: name ? await readExplanation(answer) : discard(answer),
  };
  throw name?.(failed, io.now()) ?? nameStatus(failed, io.now());
}

/**
 * Reads a JSON answer and blames the service when it is not what it should be.
 *
 * @throws AppError `storage_unavailable`, or `storage_refused` when it is longer than `maxBytes`.
 */
export async function readAnswer<S extends z.ZodType>(
  answer: EgressResponse,
  schema: S,
  maxBytes: number,
): Promise<z.output<S>> {
  const text = (await readBounded(answer.body, maxBytes)).toString("utf8");
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new AppError(
    "storage_unavailable",
    `${answer.url.host} answered something that this server does not understand. Nothing is lost; try again in a while. If it stays like this, tell the people who run it.`,
    { cause: parsed.error },
  );
}

/** What a status means to the person whose storage it is. */
export function nameStatus(failed: FailedAnswer, now: Date): AppError {
  const { status, host } = failed;
  if (status >= 500 && status !== 501 && status !== 505) return nameOutage(failed, now);
  switch (status) {
    case 401:
      return new AppError(
        "storage_reconnect",
        `${host} no longer accepts the user name and password of this storage. Your library is kept; reconnect the storage with the current password or a new app password.`,
      );
    case 403:
      return new AppError(
        "storage_refused",
        `${host} does not let this account read this. Your library is kept; ask the people who run it for read access, or choose another folder.`,
      );
    case 404:
    case 410:
      return notFound();
    case 408:
    case 425:
      return nameOutage(failed, now);
    case 423:
      return new AppError(
        "storage_unavailable",
        `This is being changed at ${host} at the moment. Nothing is lost; try again in a few seconds.`,
        {
          retryAfterSeconds: parseRetryAfter(failed.headers["retry-after"], now) ?? LOCKED_SECONDS,
        },
      );
    case 429:
      return nameThrottle(host, parseRetryAfter(failed.headers["retry-after"], now));
    default:
      return status >= 300 && status < 400 ? nameRedirect(failed) : nameOddity(failed);
  }
}

/** @param seconds - as the service said, or `undefined` when it did not. */
export function nameThrottle(host: string, seconds = RATE_LIMIT_SECONDS): AppError {
  return new AppError(
    "rate_limited",
    `${host} asks this server to slow down for now. Nothing is lost; it goes on by itself after the wait.`,
    { retryAfterSeconds: seconds },
  );
}

export function notFound(): AppError {
  return new AppError(
    "not_found",
    "The storage has no such file or folder any more. It may have been renamed or deleted; scan the storage to find what is there now.",
  );
}

/** For a service that should speak its own protocol and shows a web page instead. */
export function namePage(host: string): AppError {
  return new AppError(
    "storage_refused",
    `${host} shows a web page at this address instead of files, so it is not a WebDAV address, or something in between asks people to sign in. Check the address; your library is kept.`,
  );
}

/**
 * For requests that are sent on to where they do not belong. The path and query of that place are
 * not repeated: they may hold tokens of a login.
 */
export function nameElsewhere(host: string, target: URL): AppError {
  const where = target.host === host ? "another page of its own" : target.host;
  return new AppError(
    "storage_refused",
    `${host} sends this server on to ${where} instead of showing files, so this is not a WebDAV address, or something in between asks people to sign in. Check the address; your library is kept.`,
  );
}

export function isHtml(contentType: string | undefined): boolean {
  return /^\s*(text\/html|application\/xhtml\+xml)\b/i.test(contentType ?? "");
}

/**
 * How long a service wants us to wait: at least one second and at most an hour, whatever it says.
 *
 * @returns `undefined` when it said nothing, or nothing that can be understood.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export function parseRetryAfter(value: string | undefined, now: Date): number | undefined {
  const text = value?.trim() ?? "";
  const seconds = /^\d+$/.test(text)
    ? Number(text)
    : ((parseHttpDate(text)?.getTime() ?? Number.NaN) - now.getTime()) / 1000;
  if (Number.isNaN(seconds)) return undefined;
  return Math.min(Math.max(Math.ceil(seconds), 1), MAX_RETRY_AFTER_SECONDS);
}

function nameOutage({ headers, host }: FailedAnswer, now: Date): AppError {
  return new AppError(
    "storage_unavailable",
    `${host} has a problem of its own at the moment. Nothing is lost; it is tried again later. If it stays like this, tell the people who run it.`,
    { retryAfterSeconds: parseRetryAfter(headers["retry-after"], now) },
  );
}

function nameRedirect({ headers, host }: FailedAnswer): AppError {
  const base = `https://${host}`;
  const target = headers.location ?? "";
  return nameElsewhere(host, new URL(URL.canParse(target, base) ? target : base, base));
}

function nameOddity({ status, headers, host }: FailedAnswer): AppError {
  if (isHtml(headers["content-type"]) && status < 300) return namePage(host);
  return new AppError(
    "storage_refused",
    `${host} answers, but not in the way that such a storage does (status ${status}), so this is probably not its address. Check the address; your library is kept.`,
  );
}

function discard(answer: EgressResponse): "" {
  discardBody(answer.body);
  return "";
}

/** Whatever happens to the explanation, the failure that it explains is the one to tell. */
async function readExplanation(answer: EgressResponse): Promise<string> {
  const timer = setTimeout(() => answer.body.destroy(), EXPLANATION_TIMEOUT_MS);
  try {
    return (await readBounded(answer.body, MAX_EXPLANATION_BYTES)).toString("utf8");
  } catch {
    return "";
  } finally {
    clearTimeout(timer);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
