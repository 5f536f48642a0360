import { Readable } from "node:stream";
import { createJudge } from "./address.ts";
import { discardBody, isEmpty, toUnpacked } from "./body.ts";
import { type Call, createCall } from "./call.ts";
import { createConnector, type Lookup } from "./connector.ts";
import { createPlainTransport } from "./plain-transport.ts";
import { closePool, createPool, type PoolLimits } from "./pool.ts";
import type { RangeLine } from "./range-line.ts";
import { createNextCall, findRedirect, refuseMoreRedirects } from "./redirect.ts";
import { createTransport, type Transport } from "./transport.ts";

export interface EgressPolicy {
  /**
   * CIDRs that an administrator allows although they are private (RFC 1918, ULA, CGNAT). They never
   * open loopback, link-local or metadata addresses.
   */
  readonly allow: readonly string[];
  /** For development and tests only. */
  readonly allowLoopback: boolean;
}

export interface EgressRequest {
  readonly url: URL | string;
  /** Default GET. */
  readonly method?: string | undefined;
  /** Without `host`, `accept-encoding` and what belongs to the connection; no line breaks. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | Uint8Array | Readable | undefined;
  /** Abort it and the socket is closed at once, whether the answer has begun or not. */
  readonly signal: AbortSignal;
  /**
   * How many redirects to follow, at most 5. Default 0: a redirect is an answer like others. Do not
   * follow with a secret in the body: 307 and 308 repeat it to wherever they point.
   */
  readonly maxRedirects?: number | undefined;
  /** From the last byte of the request to the last of the head, each hop. Default 30 000. */
  readonly headersTimeoutMs?: number | undefined;
  /** Between two pieces of the body, not while the reader is the slow one. Default 30 000. */
  readonly bodyTimeoutMs?: number | undefined;
  /**
   * Asks for gzip or br and unpacks it: for XML and JSON, never for a range. Read the body with
   * `readBounded` or `boundedChunks`, which count what comes out.
   */
  readonly decompress?: boolean | undefined;
}

export interface EgressResponse {
  readonly status: number;
  /** Lower-case names, several lines of one name joined by ", "; no cookies. */
  readonly headers: Readonly<Record<string, string>>;
  readonly setCookies: readonly string[];
  /**
   * To be read to the end, discarded (`discardBody`) or destroyed, else its connection is never
   * free. Fails with an `AppError`; after an abort with the signal's reason.
   */
  readonly body: Readable;
  /** Where the answer came from, after redirects. */
  readonly url: URL;
  /** For further ranges of the same version; absent where there is no short way to them. */
  readonly line?: (() => RangeLine | undefined) | undefined;
}

/**
 * The only way out to whatever a user can name: storages, identity providers, covers, webhooks.
 * Addresses that a user must not reach through us are refused before a connection is made
 * (OWASP ASVS 5.0 1.3.6, 13.2.4, 15.3.2).
 */
export interface Egress {
  /**
   * @throws AppError
   *   - `storage_refused`: the address, its certificate or its kind of answer will not do until
   *     somebody changes something; the message says what.
   *   - `storage_unavailable`: no connection, no answer in time, cut off.
   *   - `busy`: too many connections are open already, or the server is stopping.
   *
   *   After an abort the reason of `signal` instead.
   */
  request(request: EgressRequest): Promise<EgressResponse>;
  /** Cuts what is still under way. */
  close(): Promise<void>;
}

export interface EgressOptions {
  readonly lookup?: Lookup | undefined;
  /** PEM certificates of the only authorities to trust, in place of the public ones. */
  readonly ca?: string | undefined;
  readonly limits?: PoolLimits | undefined;
  readonly connectTimeoutMs?: number | undefined;
  /** Leave ranges of files to undici like everything else. For tests and comparisons. */
  readonly isOrdinary?: boolean | undefined;
}

const MAX_REDIRECTS = 5;
const CONNECT_TIMEOUT_MS = 10_000;
const LIMITS: PoolLimits = { maxPerOrigin: 1024, maxTotal: 4096, maxIdlePerOrigin: 64 };

/** @throws RangeError for a policy with something that is no CIDR. */
export function createEgress(policy: EgressPolicy, options: EgressOptions = {}): Egress {
  const connector = createConnector({
    judge: createJudge(policy),
    lookup: options.lookup,
    ca: options.ca,
    connectTimeoutMs: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
  });
  const pool = createPool(connector, options.limits ?? LIMITS);
  const ordinary = createTransport(pool);
  const transport = options.isOrdinary ? ordinary : createPlainTransport(pool, ordinary);
  return {
    request: (request) => send(transport, request),
    close: () => closePool(pool),
  };
}

/** A body that will not be sent is let go, whatever the reason. */
async function send(transport: Transport, request: EgressRequest): Promise<EgressResponse> {
  try {
    return await answer(transport, request);
  } catch (error) {
    if (request.body instanceof Readable) request.body.destroy();
    throw error;
  }
}

async function answer(transport: Transport, request: EgressRequest): Promise<EgressResponse> {
  request.signal.throwIfAborted();
  const maxRedirects = Math.min(request.maxRedirects ?? 0, MAX_REDIRECTS);
  const call = createCall(request);
  const received =
    maxRedirects > 0 ? await follow(transport, call, maxRedirects) : await transport(call);
  const isPacked = call.isDecompressed && !isEmpty(call.method, received);
  return isPacked ? toUnpacked(received) : received;
}

async function follow(transport: Transport, first: Call, max: number): Promise<EgressResponse> {
  let call = first;
  for (let followed = 0; ; followed += 1) {
    const received = await transport(call);
    const location = findRedirect(received.status, received.headers);
    if (location === undefined) return received;
    discardBody(received.body);
    if (followed === max) throw refuseMoreRedirects(call.target);
    call = createNextCall(call, received.status, location);
  }
}
