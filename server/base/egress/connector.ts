import { lookup as lookUpByName } from "node:dns/promises";
import {
  connect as connectSocket,
  type LookupFunction,
  type OnReadOpts,
  type Socket,
  type TcpNetConnectOpts,
} from "node:net";
import { connect as connectSecure } from "node:tls";
import type { Judge, Verdict } from "./address.ts";
import { nameConnectFailure, refuseAddress } from "./failures.ts";
import type { Target } from "./url.ts";

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** All addresses of a name, as `dns.lookup` with `all` gives them: hosts file and mDNS included. */
export type Lookup = (hostname: string) => Promise<readonly ResolvedAddress[]>;

export interface ConnectorOptions {
  readonly judge: Judge;
  readonly lookup?: Lookup | undefined;
  /** PEM; replaces the public authorities. */
  readonly ca?: string | undefined;
  /** For name, TCP and TLS together. */
  readonly connectTimeoutMs: number;
}

/**
 * Opens a socket that is ready for HTTP.
 *
 * @throws AppError as `failures.ts` names them; the reason of `signal`, when that is what ended it.
 */
export type Connector = (target: Target, signal: AbortSignal, reading?: Reading) => Promise<Socket>;

/** Where bytes are read into, for who does not want a stream of them. */
export type Reading = OnReadOpts;

const loopback: readonly ResolvedAddress[] = [
  { address: "127.0.0.1", family: 4 },
  { address: "::1", family: 6 },
];

/** Long enough for a far server, short enough for a broken IPv6 path (RFC 8305 §5 says 250). */
const NEXT_ADDRESS_AFTER_MS = 500;
const PROBE_AFTER_MS = 60_000;
const MAX_TLS_SESSIONS = 256;

/**
 * The gate that all outgoing requests pass. An address is judged three times: as it is written
 * (undici 8 never calls `connect.lookup` for a literal IP), every one that its name resolves to,
 * and the one at the other end of the socket before the first byte is sent. The name is resolved
 * once and the socket is given exactly the addresses that were judged, so a resolver that changes
 * its mind in between gains nothing.
 */
export function createConnector(options: ConnectorOptions): Connector {
  const sessions = new Map<string, Buffer>();
  return async (target, signal, reading) => {
    signal.throwIfAborted();
    const late = new AbortController();
    const clock = setTimeout(() => late.abort(createTimeoutError()), options.connectTimeoutMs);
    const deadline = AbortSignal.any([signal, late.signal]);
    try {
      const addresses = await resolve(target, options, deadline);
      const way: Way = { addresses, judge: options.judge, signal: deadline, reading };
      return await (target.isSecure
        ? openTls(target, way, options.ca, sessions)
        : openTcp(target, way));
    } catch (error) {
      signal.throwIfAborted();
      throw nameConnectFailure(error, target.host);
    } finally {
      clearTimeout(clock);
    }
  };
}

/** To the other end, after the name was resolved. */
interface Way {
  readonly addresses: readonly ResolvedAddress[];
  readonly judge: Judge;
  readonly signal: AbortSignal;
  readonly reading: Reading | undefined;
}

async function resolve(
  target: Target,
  { judge, lookup = lookUpAll }: ConnectorOptions,
  signal: AbortSignal,
): Promise<readonly ResolvedAddress[]> {
  const addresses = await listAddresses(target, lookup, signal);
  if (addresses.length === 0) throw Object.assign(new Error("no address"), { code: "ENOTFOUND" });
  requireAllowed(
    addresses.map(({ address }) => judge(address)),
    target,
  );
  return addresses;
}

function listAddresses(
  target: Target,
  lookup: Lookup,
  signal: AbortSignal,
): Promise<readonly ResolvedAddress[]> | readonly ResolvedAddress[] {
  if (target.isLiteral) {
    return [{ address: target.hostname, family: target.hostname.includes(":") ? 6 : 4 }];
  }
  return target.isLoopbackName ? loopback : orAbort(lookup(target.hostname), signal);
}

/** One address that is not allowed among ten that are is an attack or a mistake; either way no. */
function requireAllowed(verdicts: readonly Verdict[], target: Target): void {
  if (verdicts.includes("never")) throw refuseAddress("never", target.host);
  if (verdicts.includes("private")) throw refuseAddress("private", target.host);
}

function toTcpOptions(
  target: Target,
  addresses: readonly ResolvedAddress[],
  reading: Reading | undefined,
): TcpNetConnectOpts {
  const judged: LookupFunction = (_hostname, _options, callback) => callback(null, [...addresses]);
  return {
    host: target.hostname,
    port: target.port,
    lookup: judged,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_AFTER_MS,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: PROBE_AFTER_MS,
    ...(reading === undefined ? {} : { onread: reading }),
  };
}

async function openTcp(target: Target, way: Way): Promise<Socket> {
  const socket = connectSocket(toTcpOptions(target, way.addresses, way.reading));
  judgePeer(socket, target, way.judge);
  await untilOpen(socket, "connect", way.signal);
  return socket;
}

async function openTls(
  target: Target,
  way: Way,
  ca: string | undefined,
  sessions: Map<string, Buffer>,
): Promise<Socket> {
  const { origin } = target.url;
  const session = sessions.get(origin);
  const secure = connectSecure({
    ...toTcpOptions(target, way.addresses, way.reading),
    ALPNProtocols: ["http/1.1"],
    // Explicit, because an environment variable can change the default.
    rejectUnauthorized: true,
    ...(target.isLiteral ? {} : { servername: target.hostname }),
    ...(ca === undefined ? {} : { ca }),
    ...(session === undefined ? {} : { session }),
  });
  judgePeer(secure, target, way.judge);
  secure.on("session", (fresh: Buffer) => rememberSession(sessions, origin, fresh));
  await untilOpen(secure, "secureConnect", way.signal);
  return secure;
}

/** Before anything else hears of the connection, so that not even a greeting leaks. */
function judgePeer(socket: Socket, target: Target, judge: Judge): void {
  socket.prependOnceListener("connect", () => {
    const peer = socket.remoteAddress;
    const verdict = peer === undefined ? "gone" : judge(peer);
    if (verdict === "allowed") return;
    socket.destroy(verdict === "gone" ? createResetError() : refuseAddress(verdict, target.host));
  });
}

function rememberSession(sessions: Map<string, Buffer>, origin: string, session: Buffer): void {
  sessions.delete(origin);
  sessions.set(origin, session);
  const oldest = sessions.keys().next();
  if (sessions.size > MAX_TLS_SESSIONS && !oldest.done) sessions.delete(oldest.value);
}

/** The socket is destroyed unless it opens. Its errors never go unheard, also later. */
function untilOpen(
  socket: Socket,
  event: "connect" | "secureConnect",
  signal: AbortSignal,
): Promise<void> {
  return new Promise((open, fail) => {
    const stop = (error: unknown): void => {
      signal.removeEventListener("abort", onAbort);
      socket.destroy();
      fail(error);
    };
    const onAbort = (): void => stop(signal.reason);
    const onClose = (): void => stop(createResetError());
    signal.addEventListener("abort", onAbort, { once: true });
    socket.on("error", stop);
    socket.once("close", onClose);
    socket.once(event, () => {
      // The judge was here first; its refusal comes as the error.
      if (socket.destroyed) return;
      signal.removeEventListener("abort", onAbort);
      socket.off("error", stop);
      socket.off("close", onClose);
      socket.on("error", ignore);
      open();
    });
    if (signal.aborted) onAbort();
  });
}

function createResetError(): Error {
  return Object.assign(new Error("closed while connecting"), { code: "ECONNRESET" });
}

function createTimeoutError(): Error {
  return Object.assign(new Error("not connected in time"), { code: "ETIMEDOUT" });
}

/** A socket tells of its error and then closes; the pool and undici act on the closing. */
function ignore(): void {}

/** A lookup cannot be called off, but nobody has to wait for it. */
function orAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

function lookUpAll(hostname: string): Promise<readonly ResolvedAddress[]> {
  return lookUpByName(hostname, { all: true });
}
