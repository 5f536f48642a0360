import { discardBody } from "#server/base/egress/body.ts";
import type { EgressResponse } from "#server/base/egress/client.ts";
import { AppError } from "#server/base/errors.ts";
import { nameStatus, send } from "#server/storage/http.ts";
import type { StorageIo } from "#server/storage/provider.ts";
import type { ByteRange } from "#server/storage/stored.ts";
import { nameGraphFailure } from "./failures.ts";

/** A listener is waiting. */
const HEAD_TIMEOUT_MS = 10_000;
/** Of the address that we are sent on to; it needs no credential, so none goes anywhere. */
const MAX_REDIRECTS = 3;

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** What an address says that has ended: it is good for minutes, and then a new one is asked for. */
const ENDED: ReadonlySet<number> = new Set([401, 403, 404, 410]);

/**
 * Graph does not send bytes itself: it sends us on to an address which gives them to whoever has it,
 * and which is therefore a secret and never told to anybody. Our token stays with Graph, and the range
 * is for that address alone.
 *
 * @returns an answer of 200, 206 or 416.
 * @see https://learn.microsoft.com/graph/api/driveitem-get-content
 */
export async function openContent(
  io: StorageIo,
  content: URL,
  authorization: string,
  range: ByteRange,
  signal: AbortSignal,
): Promise<EgressResponse> {
  for (let tries = 0; tries < 2; tries += 1) {
    const sent = await send(
      io,
      { url: content, headers: { authorization }, headersTimeoutMs: HEAD_TIMEOUT_MS, signal },
      { expected: [200, ...REDIRECTS], name: nameGraphFailure },
    );
    // As it was for OneDrive for Business until 2015.
    if (sent.status === 200) return sent;
    discardBody(sent.body);
    const answer = await download(io, requireAddress(content, sent), range, signal);
    if (answer) return answer;
  }
  throw nameNoBytes(content.host);
}

/** @returns `null` when the address has ended. */
async function download(
  io: StorageIo,
  url: URL,
  range: ByteRange,
  signal: AbortSignal,
): Promise<EgressResponse | null> {
  const answer = await io.egress.request({
    url,
    headers: { range: `bytes=${range.start}-${range.end}` },
    maxRedirects: MAX_REDIRECTS,
    headersTimeoutMs: HEAD_TIMEOUT_MS,
    signal,
  });
  const { status, headers } = answer;
  if (status === 200 || status === 206 || status === 416) return answer;
  discardBody(answer.body);
  if (ENDED.has(status)) return null;
  if (status < 429) throw nameNoBytes(url.host);
  throw nameStatus({ status, headers, host: answer.url.host, explanation: "" }, io.now());
}

/** Nothing of a recording is asked for in the clear where the rest is not. */
function requireAddress(content: URL, { headers }: EgressResponse): URL {
  const url = URL.parse(headers.location ?? "");
  if (url && url.protocol === content.protocol) return url;
  throw nameNoBytes(content.host);
}

const nameNoBytes = (host: string): AppError =>
  new AppError(
    "storage_unavailable",
    `${host} does not give out this file just now. Nothing is lost; try again in a while. If it stays like this, look whether it can be downloaded at OneDrive itself.`,
  );
