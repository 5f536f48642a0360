import { discardBody } from "#server/base/egress/body.ts";
import type { EgressResponse } from "#server/base/egress/client.ts";
import { AppError } from "#server/base/errors.ts";
import { parseHttpDate } from "#server/base/http-date.ts";
import { sliceBody } from "./body.ts";
import { parseEtag } from "./etag.ts";
import { isHtml } from "./http.ts";
import type { ByteRange, OpenedRange, StoredFile } from "./stored.ts";

/** What is to be opened, with who can do it and tell more about the file. */
export interface Asked {
  readonly host: string;
  readonly ref: string;
  readonly range: ByteRange;
  /** Asks for the range. Answers 200, 206 or 416. */
  request(): Promise<EgressResponse>;
  /**
   * How long the file is; `null` when nobody says.
   *
   * @throws AppError `not_found` when it is no file.
   */
  findSize(): Promise<number | null>;
}

interface ContentRange {
  readonly start: number;
  readonly end: number;
  /** `null`: not said. */
  readonly sizeBytes: number | null;
}

/**
 * Opens a range and trusts nothing that the server says of it: an answer whose bytes may be others
 * than those asked for is never passed on. Servers that ignore the range are read from the start.
 */
export async function openDownload(asked: Asked): Promise<OpenedRange> {
  const { range } = asked;
  if (!(range.start >= 0 && range.end >= range.start)) throw unsatisfiable();
  const answer = await asked.request();
  try {
    switch (answer.status) {
      case 206:
        return await openPartial(asked, answer);
      case 416:
        throw unsatisfiable();
      default:
        return await openWhole(asked, answer);
    }
  } catch (error) {
    discardBody(answer.body);
    throw error;
  }
}

/**
 * The same for a service that sends no validator with bytes: what the file is now is asked at the same
 * time. Bytes that are written anew within those milliseconds would be taken for the others.
 */
export async function openStated(
  stat: Promise<StoredFile>,
  asked: Omit<Asked, "findSize">,
): Promise<OpenedRange> {
  const opening = openDownload({ ...asked, findSize: async () => (await stat).sizeBytes });
  const [said, opened] = await Promise.allSettled([stat, opening]);
  // What the file is says more than what is said of its bytes: a folder has none to be refused.
  if (said.status === "rejected") {
    if (opened.status === "fulfilled") discardBody(opened.value.body);
    throw said.reason;
  }
  if (opened.status === "rejected") throw opened.reason;
  const { etag, modifiedAt } = said.value;
  // The short way asks for bytes alone.
  return { ...opened.value, etag, modifiedAt, line: undefined };
}

async function openPartial(asked: Asked, answer: EgressResponse): Promise<OpenedRange> {
  const { range, host } = asked;
  const said = parseContentRange(answer.headers["content-range"]);
  // webdav-server 2.6.3 leaves the size out, and answers the last byte for a range beyond the end.
  const isSure = said?.sizeBytes != null && said.start === range.start;
  const sizeBytes = isSure ? said.sizeBytes : await asked.findSize();
  if (sizeBytes === null) throw nameUnknownSize(host);
  if (range.start >= sizeBytes) throw unsatisfiable();
  const end = Math.min(range.end, sizeBytes - 1);
  if (said?.start !== range.start || said.end !== end || isEncoded(answer)) {
    throw nameWrongBytes(host);
  }
  return toOpened(asked, answer, { start: range.start, end }, sizeBytes, 0);
}

/** The range was ignored, as servers may, or the file is empty. */
async function openWhole(asked: Asked, answer: EgressResponse): Promise<OpenedRange> {
  const { range, ref, host } = asked;
  if (isEncoded(answer)) throw nameWrongBytes(host);
  if (isHtml(answer.headers["content-type"]) && !/\.x?html?$/i.test(ref)) {
    // A Nextcloud answers an empty page for a folder; anybody else a page to sign in.
    await asked.findSize();
    throw nameInterposed(host);
  }
  const sizeBytes = lengthOf(answer) ?? (await asked.findSize());
  if (sizeBytes === null) throw nameUnknownSize(host);
  if (range.start >= sizeBytes) throw unsatisfiable();
  const taken = { start: range.start, end: Math.min(range.end, sizeBytes - 1) };
  return toOpened(asked, answer, taken, sizeBytes, range.start);
}

function toOpened(
  { host }: Asked,
  answer: EgressResponse,
  range: ByteRange,
  sizeBytes: number,
  skip: number,
): OpenedRange {
  const length = range.end - range.start + 1;
  const promised = lengthOf(answer);
  if (skip === 0 && answer.status === 206 && promised !== null && promised !== length) {
    throw nameWrongBytes(host);
  }
  // With a Content-Length, HTTP itself sees to it that there are neither more bytes nor fewer.
  const isExact = skip === 0 && promised === length;
  return {
    range,
    sizeBytes,
    etag: parseEtag(answer.headers.etag),
    modifiedAt: parseHttpDate(answer.headers["last-modified"]),
    line: isExact ? answer.line : undefined,
    body: isExact ? answer.body : sliceBody(answer.body, skip, length, () => nameShortBody(host)),
  };
}

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-14.4 */
function parseContentRange(value: string | undefined): ContentRange | null {
  const match = /^\s*bytes\s+(\d{1,16})-(\d{1,16})\/(\d{1,16}|\*)\s*$/i.exec(value ?? "");
  if (!match) return null;
  const size = match[3] === "*" ? null : Number(match[3]);
  return { start: Number(match[1]), end: Number(match[2]), sizeBytes: size };
}

function lengthOf({ headers }: EgressResponse): number | null {
  const value = headers["content-length"] ?? "";
  return /^\d{1,16}$/.test(value) ? Number(value) : null;
}

/** `identity` was asked for; a part of something packed is no part of the file. */
const isEncoded = ({ headers }: EgressResponse): boolean =>
  (headers["content-encoding"] ?? "identity").trim().toLowerCase() !== "identity";

const unsatisfiable = (): AppError =>
  new AppError(
    "range_not_satisfiable",
    "The file has no bytes there; it is shorter than expected. Scan the storage to see how it is now.",
  );

const nameWrongBytes = (host: string): AppError =>
  new AppError(
    "storage_unavailable",
    `${host} sent another part of the file than was asked for, so it was not used. Nothing is lost; try again in a while. If it stays like this, tell the people who run it.`,
  );

const nameShortBody = (host: string): AppError =>
  new AppError(
    "storage_unavailable",
    `${host} stopped before the end of the file. Nothing is lost; try again in a while.`,
  );

const nameInterposed = (host: string): AppError =>
  new AppError(
    "storage_unavailable",
    `${host} showed a web page instead of the file: it is in maintenance, or something in between asks people to sign in. Nothing is lost; try again in a while, and if it stays like this, reconnect the storage.`,
  );

const nameUnknownSize = (host: string): AppError =>
  new AppError(
    "storage_refused",
    `${host} does not say how long this file is, so it cannot be played from here. Nothing is lost; ask the people who run it to switch on Content-Length for files.`,
  );
