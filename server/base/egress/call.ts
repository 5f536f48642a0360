import type { Readable } from "node:stream";
import { AppError } from "#server/base/errors.ts";
import type { EgressRequest } from "./client.ts";
import { type Headers, toRequestHeaders } from "./headers.ts";
import { parseTarget, type Target } from "./url.ts";

/** One hop of a request, every rule about it already kept and every default filled in. */
export interface Call {
  readonly target: Target;
  readonly method: string;
  readonly headers: Headers;
  readonly body: string | Uint8Array | Readable | undefined;
  readonly signal: AbortSignal;
  readonly headersTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  readonly isDecompressed: boolean;
}

const DEFAULT_TIMEOUT_MS = 30_000;

/** A method is a token; CONNECT opens a tunnel past the rules and TRACE echoes credentials. */
const methodPattern = /^(?!CONNECT$|TRACE$)[A-Z][A-Z-]{0,31}$/;

/** Methods that change nothing, so that asking twice does no harm. */
const safeMethods: ReadonlySet<string> = new Set([
  "GET",
  "HEAD",
  "OPTIONS",
  "PROPFIND",
  "REPORT",
  "SEARCH",
]);

/** @throws AppError `storage_refused` for what the rules of addresses and headers forbid. */
export function createCall(request: EgressRequest): Call {
  const target = parseTarget(request.url);
  const method = (request.method ?? "GET").toUpperCase();
  if (!methodPattern.test(method)) {
    throw new AppError("storage_refused", `The request to ${target.host} has no usable method.`);
  }
  const isDecompressed = request.decompress ?? false;
  return {
    target,
    method,
    headers: toRequestHeaders(request.headers, isDecompressed),
    body: request.body,
    signal: request.signal,
    headersTimeoutMs: request.headersTimeoutMs ?? DEFAULT_TIMEOUT_MS,
    bodyTimeoutMs: request.bodyTimeoutMs ?? DEFAULT_TIMEOUT_MS,
    isDecompressed,
  };
}

/** Whether it may be sent again although it may have arrived already. */
export function isSafe(call: Call): boolean {
  return safeMethods.has(call.method);
}
