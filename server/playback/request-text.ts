import type { ByteRange } from "#server/storage/stored.ts";
import { FREE } from "./repeated-request.ts";

/** A request for bytes by its text, as most programs write it. */
export interface RequestText {
  /** All but what it may differ in. */
  readonly rest: string;
  /** The last byte may be left open. */
  readonly range: { readonly start: number; readonly end: number | undefined };
  /** What it calls itself. */
  readonly id: string | undefined;
}

const BEGINNING = Buffer.from("GET /stream/");
const HEAD_END = "\r\n\r\n";
const RANGE = /\r\nrange: bytes=(\d{1,15})-(\d{1,15})?(?=\r\n)/i;
const ID = /\r\nx-request-id: ([\w-]{8,64})(?=\r\n)/i;
const FIRST_LINE = /^GET (\S+) HTTP\/1\.1$/;
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ([\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)$/;

/** @returns `undefined` for anything but one whole head that asks for a range of bytes. */
export function readRequestText(bytes: Buffer): RequestText | undefined {
  if (!bytes.subarray(0, BEGINNING.length).equals(BEGINNING)) return undefined;
  const text = bytes.toString("latin1");
  const range = text.indexOf(HEAD_END) === text.length - HEAD_END.length && RANGE.exec(text);
  if (!range) return undefined;
  const [{ length }, start, end] = range;
  const rest = text.slice(0, range.index) + text.slice(range.index + length);
  const id = ID.exec(rest);
  return {
    rest: id ? rest.slice(0, id.index) + rest.slice(id.index + id[0].length) : rest,
    range: { start: Number(start), end: end === undefined ? undefined : Number(end) },
    id: id?.[1],
  };
}

/**
 * The same as `keyOf` for a request that Node has parsed, so that it has been let in as it is. Strict:
 * whatever could be read in two ways is for the parser.
 *
 * @returns `undefined` for what is not plain, and for what asks under a condition.
 */
export function keyOfText(rest: string): string | undefined {
  const [first = "", ...fields] = rest.slice(0, -HEAD_END.length).split("\r\n");
  const path = FIRST_LINE.exec(first)?.[1];
  if (path === undefined) return undefined;
  let key = path;
  for (const field of fields) {
    const [, name, value] = FIELD.exec(field) ?? [];
    const lower = name?.toLowerCase();
    if (lower === undefined || FREE.has(lower) || lower.startsWith("if-")) return undefined;
    if (lower === "connection" && value?.toLowerCase() !== "keep-alive") return undefined;
    key += `\n${lower}:${value}`;
  }
  return key;
}

/** @returns `undefined` when the file has not all of it, or it is none. */
export function rangeWithin(
  { start, end }: RequestText["range"],
  sizeBytes: number,
): ByteRange | undefined {
  if (start >= sizeBytes || (end !== undefined && end < start)) return undefined;
  return { start, end: Math.min(end ?? sizeBytes - 1, sizeBytes - 1) };
}
