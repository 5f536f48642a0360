import type { IncomingMessage } from "node:http";
import { toHttpDate } from "#server/base/http-date.ts";
import type { TrackPart, TrackRequest } from "./service.ts";

export interface TrackHead {
  readonly status: 200 | 206;
  readonly headers: Readonly<Record<string, string | number>>;
}

/** What a request asks for of a track. */
export const requestOf = ({
  method,
  headers,
}: Pick<IncomingMessage, "method" | "headers">): TrackRequest => ({
  wantsBytes: method === "GET",
  range: headers.range,
  ifRange: headers["if-range"] as string | undefined,
  ifMatch: headers["if-match"],
  ifNoneMatch: headers["if-none-match"],
  ifModifiedSince: headers["if-modified-since"],
  ifUnmodifiedSince: headers["if-unmodified-since"],
});

/** How a part of a track is announced; without `content`, what says of which version it is. */
export function headOf(part: TrackPart): TrackHead {
  const versions = {
    "accept-ranges": "bytes",
    "cache-control": "private, no-cache",
    ...(part.etag === null ? {} : { etag: part.etag }),
    ...(part.modifiedAt === null ? {} : { "last-modified": toHttpDate(part.modifiedAt) }),
  };
  if (part.content === null) return { status: 200, headers: versions };
  const { start, end } = part.range ?? { start: 0, end: part.sizeBytes - 1 };
  const bytes = { "content-type": part.contentType, "content-length": end - start + 1 };
  if (!part.range) return { status: 200, headers: { ...versions, ...bytes } };
  const range = { "content-range": `bytes ${start}-${end}/${part.sizeBytes}` };
  return { status: 206, headers: { ...versions, ...bytes, ...range } };
}
