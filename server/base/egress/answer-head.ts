import type { Headers } from "./headers.ts";

/** Of an answer whose bytes can be passed on as they come. */
export interface PlainHead {
  readonly status: 200 | 206;
  /** Lower-case names; several lines of one name joined by ", ". */
  readonly headers: Headers;
  readonly setCookies: readonly string[];
  readonly lengthBytes: number;
  /** How long the connection may be kept without use; 0: not at all. */
  readonly keepMs: number;
}

/** What follows the last line of a head, with that line's own end. */
export const HEAD_END = "\r\n\r\n";
const STATUS = /^HTTP\/1\.1 (200|206)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/;
const LENGTH = /^\d{1,15}$/;

/** What another way of framing, packing or talking would begin with. */
const odd: ReadonlySet<string> = new Set([
  "transfer-encoding",
  "content-encoding",
  "trailer",
  "upgrade",
]);

/** As undici does it: without a hint from the server, with one two seconds less, and at most. */
const KEEP_MS = 30_000;
const KEEP_MAX_MS = 60_000;
const TOO_LATE_MS = 2_000;

/**
 * Reads the head of an answer, and is strict about it: everything that is not exactly as most servers
 * write it is for a parser that knows more.
 *
 * @param text - without the empty line at its end, one character a byte.
 * @returns `undefined` for everything but a 200 or 206 of HTTP/1.1 with one `Content-Length`.
 */
export function parsePlainHead(text: string): PlainHead | undefined {
  const [statusLine = "", ...lines] = text.split("\r\n");
  const status = STATUS.exec(statusLine)?.[1];
  const fields = status === undefined ? undefined : readFields(lines);
  const length = fields?.headers["content-length"] ?? "";
  if (!fields || !LENGTH.test(length)) return undefined;
  return {
    ...fields,
    status: status === "200" ? 200 : 206,
    lengthBytes: Number(length),
    keepMs: keepMsOf(fields.headers),
  };
}

function readFields(
  lines: readonly string[],
): Pick<PlainHead, "headers" | "setCookies"> | undefined {
  const headers: Record<string, string> = Object.create(null);
  const setCookies: string[] = [];
  for (const line of lines) {
    const [, key, text = ""] = FIELD.exec(line) ?? [];
    const name = key?.toLowerCase();
    if (name === undefined || odd.has(name)) return undefined;
    // Twice the same length is joined to what is no length.
    if (name === "set-cookie") setCookies.push(text.trimEnd());
    else headers[name] = join(headers[name], text.trimEnd());
  }
  return { headers, setCookies };
}

/** Whether it may still become the beginning of such a head. */
export const mayBecomePlain = (text: string): boolean =>
  text.startsWith("HTTP/1.1 20".slice(0, text.length));

const join = (before: string | undefined, value: string): string =>
  before === undefined ? value : `${before}, ${value}`;

function keepMsOf(headers: Headers): number {
  const { connection } = headers;
  if (connection !== undefined && !/^keep-alive$/i.test(connection)) return 0;
  const hint = /\btimeout=(\d{1,9})\b/i.exec(headers["keep-alive"] ?? "")?.[1];
  if (hint === undefined) return KEEP_MS;
  return Math.min(Math.max(Number(hint) * 1000 - TOO_LATE_MS, 0), KEEP_MAX_MS);
}
