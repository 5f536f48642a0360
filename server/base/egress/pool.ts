import type { Socket } from "node:net";
import type { Connector, Reading } from "./connector.ts";
import { busy } from "./failures.ts";
import type { Target } from "./url.ts";

export interface PoolLimits {
  /**
   * A listener who is slow or has paused holds a connection all the time, so this is a number of
   * listeners: with 128, listeners 129 to 500 of one storage never heard a note.
   */
  readonly maxPerOrigin: number;
  /** Of all origins together; stays below what one process may open as files. */
  readonly maxTotal: number;
  /** After a burst the rest is closed at once instead of waiting for the other end to do it. */
  readonly maxIdlePerOrigin: number;
}

/** What speaks HTTP over one socket, and dies with it. */
export interface Carrier {
  /** Of no use any more. */
  close(): void;
}

/** A way of speaking HTTP. Connections of one are kept apart from those of another. */
export interface Kind<C extends Carrier> {
  readonly name: string;
  /**
   * Makes a carrier before there is a socket, because the socket has to know where to read to.
   *
   * @param forget - to be called when the connection can't be used any more.
   */
  prepare(origin: string, forget: () => void): Prepared<C>;
}

export interface Prepared<C extends Carrier> {
  readonly reading?: Reading | undefined;
  attach(socket: Socket): C;
}

/** A connection on loan to one request. Exactly one of `release` and `destroy` ends the loan. */
export interface Lane<C extends Carrier> {
  readonly carrier: C;
  /** It carried a request before, so the other end may have closed it without our knowing yet. */
  readonly isReused: boolean;
  /** @param keepMs - how long it may wait for the next request; left out when the carrier knows. */
  release(keepMs?: number): void;
  /** Closes the socket now, whatever is under way on it. */
  destroy(): void;
}

export interface Pool {
  readonly connect: Connector;
  readonly limits: PoolLimits;
  /** Idle connections by kind and origin, the one used last at the end. */
  readonly idle: Map<string, Connection[]>;
  /** Opening, on loan or idle, by origin. */
  readonly open: Map<string, number>;
  readonly connections: Set<Connection>;
  /** Aborts what is still connecting when the pool closes. */
  readonly closing: AbortController;
}

interface Connection {
  readonly key: string;
  readonly origin: string;
  readonly carrier: Carrier;
  readonly socket: Socket;
  /** Milliseconds of `performance.now`; `Infinity` when the carrier knows. */
  idleUntilMs: number;
}

/** How often those that have waited long enough are looked for. */
const SWEEP_EVERY_MS = 1_000;

/**
 * Kept connections, each used for its own origin only and by one request at a time. There is no
 * queue: who finds no room is told at once, because behind paused listeners a queue may never move.
 */
export function createPool(connect: Connector, limits: PoolLimits): Pool {
  const pool: Pool = {
    connect,
    limits,
    idle: new Map(),
    open: new Map(),
    connections: new Set(),
    closing: new AbortController(),
  };
  const sweeping = setInterval(() => sweep(pool), SWEEP_EVERY_MS).unref();
  pool.closing.signal.addEventListener("abort", () => clearInterval(sweeping), { once: true });
  return pool;
}

/**
 * @param isFresh - open a new connection even when one is idle.
 * @throws AppError `busy` at the limits and after closing; else as `Connector`.
 */
export async function openLane<C extends Carrier>(
  pool: Pool,
  kind: Kind<C>,
  target: Target,
  signal: AbortSignal,
  isFresh = false,
): Promise<Lane<C>> {
  const { origin } = target.url;
  if (pool.closing.signal.aborted) throw busy();
  const key = keyOf(kind, origin);
  const kept = isFresh ? undefined : takeLane<C>(pool, key);
  if (kept) return kept;

  makeRoom(pool, origin);
  count(pool, origin, 1);
  let connection: Connection | undefined;
  try {
    const either = AbortSignal.any([signal, pool.closing.signal]);
    const prepared = kind.prepare(origin, () => connection && forget(pool, connection));
    const socket = await pool.connect(target, either, prepared.reading);
    if (pool.closing.signal.aborted) socket.destroy();
    pool.closing.signal.throwIfAborted();
    const carrier = prepared.attach(socket);
    connection = { key, origin, carrier, socket, idleUntilMs: Number.POSITIVE_INFINITY };
    pool.connections.add(connection);
    return toLane(pool, connection, carrier, false);
  } catch (error) {
    count(pool, origin, -1);
    signal.throwIfAborted();
    throw pool.closing.signal.aborted ? busy() : error;
  }
}

/** Of the connections of one kind to one origin. */
export const keyOf = (kind: Kind<Carrier>, origin: string): string => `${kind.name} ${origin}`;

/**
 * @param key - by `keyOf`, of the kind whose carriers these are.
 * @returns a kept connection, or `undefined` when none is idle; none is opened.
 */
export function takeLane<C extends Carrier>(pool: Pool, key: string): Lane<C> | undefined {
  const kept = takeIdle(pool, key);
  // What is kept under a kind's name was prepared by it.
  return kept && toLane(pool, kept, kept.carrier as C, true);
}

/** Cuts everything that is under way. The server drains its own listeners first. */
export async function closePool(pool: Pool): Promise<void> {
  pool.closing.abort();
  for (const connection of [...pool.connections]) forget(pool, connection);
}

function takeIdle(pool: Pool, key: string): Connection | undefined {
  for (;;) {
    const kept = pool.idle.get(key)?.pop();
    if (!kept || (isUsable(kept.socket) && performance.now() < kept.idleUntilMs)) return kept;
    forget(pool, kept);
  }
}

function makeRoom(pool: Pool, origin: string): void {
  if ((pool.open.get(origin) ?? 0) >= pool.limits.maxPerOrigin) {
    if (!dropIdle(pool, (connection) => connection.origin === origin)) throw busy();
  }
  if (countAll(pool) < pool.limits.maxTotal) return;
  if (!dropIdle(pool, () => true)) throw busy();
}

/** @returns false when there was none. */
function dropIdle(pool: Pool, isMeant: (connection: Connection) => boolean): boolean {
  for (const [oldest] of pool.idle.values()) {
    if (oldest && isMeant(oldest)) {
      forget(pool, oldest);
      return true;
    }
  }
  return false;
}

function toLane<C extends Carrier>(
  pool: Pool,
  connection: Connection,
  carrier: C,
  isReused: boolean,
): Lane<C> {
  let isOnLoan = true;
  const end = (act: () => void): void => {
    if (isOnLoan) act();
    isOnLoan = false;
  };
  return {
    carrier,
    isReused,
    release: (keepMs = Number.POSITIVE_INFINITY) =>
      end(() => queueMicrotask(() => keep(pool, connection, keepMs))),
    destroy: () => end(() => forget(pool, connection)),
  };
}

/** A microtask after the answer's end: by then undici has destroyed a socket that is not to stay. */
function keep(pool: Pool, connection: Connection, keepMs: number): void {
  if (!pool.connections.has(connection)) return;
  const waiting = pool.idle.get(connection.key) ?? [];
  const isWelcome = keepMs > 0 && waiting.length < pool.limits.maxIdlePerOrigin;
  if (!isUsable(connection.socket) || !isWelcome) {
    forget(pool, connection);
    return;
  }
  connection.idleUntilMs = performance.now() + keepMs;
  waiting.push(connection);
  pool.idle.set(connection.key, waiting);
}

function sweep(pool: Pool): void {
  const nowMs = performance.now();
  for (const waiting of pool.idle.values()) {
    for (const connection of waiting.filter(({ idleUntilMs }) => idleUntilMs <= nowMs)) {
      forget(pool, connection);
    }
  }
}

/** Closes a connection and gives its place free; harmless when that has happened already. */
function forget(pool: Pool, connection: Connection): void {
  if (!pool.connections.delete(connection)) return;
  const { key, origin, carrier, socket } = connection;
  const waiting = pool.idle.get(key)?.filter((other) => other !== connection) ?? [];
  if (waiting.length > 0) pool.idle.set(key, waiting);
  else pool.idle.delete(key);
  count(pool, origin, -1);
  carrier.close();
  socket.destroy();
}

function isUsable(socket: Socket): boolean {
  return !socket.destroyed && socket.readable && socket.writable;
}

function count(pool: Pool, origin: string, change: number): void {
  const now = (pool.open.get(origin) ?? 0) + change;
  if (now > 0) pool.open.set(origin, now);
  else pool.open.delete(origin);
}

function countAll(pool: Pool): number {
  let all = 0;
  for (const open of pool.open.values()) all += open;
  return all;
}
