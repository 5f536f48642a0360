import { AppError } from "#server/base/errors.ts";

/** Lower-case names. */
export type Headers = Readonly<Record<string, string>>;

/**
 * What belongs to the connection and not to the caller. `accept-encoding` follows from
 * `decompress`, because a range of a compressed file is not a range of the file.
 */
const ours: ReadonlySet<string> = new Set([
  "accept-encoding",
  "connection",
  "expect",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * What may follow a redirect to another origin. A list of what is harmless, not of what is secret:
 * services invent headers for their keys (`x-emby-token`, `x-api-key`) faster than a list learns.
 */
const harmless: ReadonlySet<string> = new Set([
  "accept",
  "accept-language",
  "content-language",
  "content-length",
  "content-type",
  "depth",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "range",
  "user-agent",
]);

const tokenPattern = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
/** Visible ASCII, Latin-1, space and tab: RFC 9110 §5.5 without anything that ends a line. */
const valuePattern = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * @throws AppError `storage_refused` for a line break or another character that no header may
 *   have, and for a header that is not the caller's to set.
 */
export function toRequestHeaders(given: Headers | undefined, decompress: boolean): Headers {
  const headers: Record<string, string> = {
    "accept-encoding": decompress ? "gzip, br" : "identity",
    "user-agent": "Backline",
  };
  for (const [key, value] of Object.entries(given ?? {})) {
    const name = key.toLowerCase();
    if (!tokenPattern.test(name) || ours.has(name)) throw refuseHeader("a header");
    if (!valuePattern.test(value)) throw refuseHeader(`a value for "${name}"`);
    headers[name] = value;
  }
  return headers;
}

export function toHarmlessHeaders(headers: Headers): Headers {
  return pickHeaders(headers, (name) => harmless.has(name) || name === "accept-encoding");
}

/** For a redirect that turns a request into a plain GET. */
export function toBodilessHeaders(headers: Headers): Headers {
  return pickHeaders(headers, (name) => !name.startsWith("content-"));
}

export function pickHeaders(headers: Headers, isKept: (name: string) => boolean): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => isKept(name)));
}

/** Several lines of one name are joined as RFC 9110 §5.3 says; cookies cannot be and go apart. */
export function toAnswerHeaders(
  received: Readonly<Record<string, string | readonly string[] | undefined>>,
): { readonly headers: Headers; readonly setCookies: readonly string[] } {
  const entries: [string, string][] = [];
  for (const [name, value] of Object.entries(received)) {
    if (name === "set-cookie" || value === undefined) continue;
    entries.push([name, typeof value === "string" ? value : value.join(", ")]);
  }
  const cookies = received["set-cookie"] ?? [];
  return {
    headers: Object.fromEntries(entries),
    setCookies: typeof cookies === "string" ? [cookies] : cookies,
  };
}

function refuseHeader(what: string): AppError {
  return new AppError(
    "storage_refused",
    `The request was not sent, because it had ${what} that cannot be sent. Check what was entered for line breaks and unusual characters.`,
  );
}
