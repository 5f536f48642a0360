import { pipeline, type Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { AppError } from "#server/base/errors.ts";
import type { EgressResponse } from "./client.ts";
import { nameFailure } from "./failures.ts";
import { pickHeaders } from "./headers.ts";

/** Cheaper to read than to open another connection; beyond it the connection is closed. */
const WORTH_READING_BYTES = 64 * 1024;
const UNPACK_CHUNK_BYTES = 64 * 1024;

/**
 * Reads a whole body that is expected to be short.
 *
 * @throws AppError `storage_refused` as soon as it is longer than `maxBytes` (the connection is
 *   closed, nothing more is read or unpacked) or cannot be unpacked; `storage_unavailable` when it
 *   breaks off.
 */
export async function readBounded(body: Readable, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of boundedChunks(body, maxBytes)) chunks.push(chunk);
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
}

/**
 * The same for a parser that works while bytes arrive: every chunk, until there have been
 * `maxBytes`. Leaving the loop early closes the connection.
 */
export async function* boundedChunks(
  body: Readable,
  maxBytes: number,
): AsyncGenerator<Buffer, void, undefined> {
  let readBytes = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      readBytes += chunk.length;
      if (readBytes > maxBytes) throw refuseLength(maxBytes);
      yield chunk;
    }
  } catch (error) {
    throw isUnpacking(error) ? nameFailure(error, "The storage") : error;
  }
}

/** For an answer whose body nobody wants: reads a short rest so that the connection stays. */
export function discardBody(body: Readable): void {
  let readBytes = 0;
  body.on("data", (chunk: Buffer) => {
    readBytes += chunk.length;
    if (readBytes > WORTH_READING_BYTES) body.destroy();
  });
}

/** No body, nothing to unpack, whatever the headers promise of a body that might have been. */
export function isEmpty(method: string, answer: EgressResponse): boolean {
  const { status, headers } = answer;
  return method === "HEAD" || status === 204 || status === 304 || headers["content-length"] === "0";
}

/**
 * Unpacks what `accept-encoding` asked for. One layer: nobody asked for more, and layers are how a
 * small file becomes an endless one.
 *
 * @throws AppError `storage_refused` for an encoding that was not asked for.
 */
export function toUnpacked(answer: EgressResponse): EgressResponse {
  const encoding = (answer.headers["content-encoding"] ?? "identity").trim().toLowerCase();
  if (encoding === "identity" || encoding === "") return answer;
  const decoder = createDecoder(encoding);
  if (!decoder) {
    answer.body.destroy();
    throw new AppError(
      "storage_refused",
      `${answer.url.hostname} packs its answers in a way that was not asked for. Tell the people who run it.`,
    );
  }
  // The callback is what makes pipeline hand errors and destruction to both ends in silence.
  pipeline(answer.body, decoder, () => {});
  const headers = pickHeaders(
    answer.headers,
    (name) => name !== "content-encoding" && name !== "content-length",
  );
  return { ...answer, headers, body: decoder };
}

function createDecoder(encoding: string) {
  const options = { chunkSize: UNPACK_CHUNK_BYTES };
  switch (encoding) {
    case "gzip":
    case "x-gzip":
      return createGunzip(options);
    case "deflate":
      return createInflate(options);
    case "br":
      return createBrotliDecompress(options);
    default:
      return undefined;
  }
}

function isUnpacking(error: unknown): boolean {
  return error instanceof Error && "code" in error && /^(Z_|ERR__)/.test(String(error.code));
}

function refuseLength(maxBytes: number): AppError {
  const limit =
    maxBytes < 1024 * 1024
      ? `${Math.ceil(maxBytes / 1024)} kB`
      : `${Math.ceil(maxBytes / 1024 / 1024)} MB`;
  return new AppError(
    "storage_refused",
    `The storage sent more than ${limit} where a shorter answer was expected, so reading was stopped. Check the address.`,
  );
}
