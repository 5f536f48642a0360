import type { Socket } from "node:net";
import { Client } from "undici";
import type { Connector } from "./connector.ts";
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

/** A connection on loan to one request. Exactly one of `release` and `destroy` ends the loan. */
export interface Lane {
  readonly client: Client;
  /** It carried a request before, so the other end may have closed it without our knowing yet. */
  readonly isReused: boolean;
  release(): void;
  /** Closes the socket now, whatever is under way on it. */
  destroy(): void;
}

export interface Pool {
  readonly connect: Connector;
  readonly limits: PoolLimits;
  /** Idle connections by origin, the one used last at the end. */
  readonly idle: Map<string, Connection[]>;
  /** Opening, on loan or idle. */
  readonly open: Map<string, number>;
  readonly connections: Set<Connection>;
  /** Aborts what is still connecting when the pool closes. */
  readonly closing: AbortController;
}

interface Connection {
  readonly origin: string;
  readonly client: Client;
  readonly socket: Socket;
}

const MAX_HEAD_BYTES = 64 * 1024;
/** Without a hint from the server. With one, two seconds less than it says. */
const KEEP_IDLE_MS = 30_000;
const KEEP_IDLE_MAX_MS = 60_000;

/**
 * Kept connections, each used for its own origin only and by one request at a time. There is no
 * queue: who finds no room is told at once, because behind paused listeners a queue may never move.
 */
export function createPool(connect: Connector, limits: PoolLimits): Pool {
  return {
    connect,
    limits,
    idle: new Map(),
    open: new Map(),
    connections: new Set(),
    closing: new AbortController(),
  };
}

/**
 * @param isFresh - open a new connection even when one is idle.
 * @throws AppError `busy` at the limits and after closing; else as `Connector`.
 */
export async function openLane(
  pool: Pool,
  target: Target,
  signal: AbortSignal,
  isFresh = false,
): Promise<Lane> {
  const { origin } = target.url;
  if (pool.closing.signal.aborted) throw busy();
  const kept = isFresh ? undefined : takeIdle(pool, origin);
  if (kept) return toLane(pool, kept, true);

  makeRoom(pool, origin);
  count(pool, origin, 1);
  try {
    const either = AbortSignal.any([signal, pool.closing.signal]);
    const socket = await pool.connect(target, either);
    if (pool.closing.signal.aborted) socket.destroy();
    pool.closing.signal.throwIfAborted();
    return toLane(pool, createConnection(pool, origin, socket), false);
  } catch (error) {
    count(pool, origin, -1);
    signal.throwIfAborted();
    throw pool.closing.signal.aborted ? busy() : error;
  }
}

/** Cuts everything that is under way. The server drains its own listeners first. */
export async function closePool(pool: Pool): Promise<void> {
  pool.closing.abort();
  await Promise.all([...pool.connections].map(({ client }) => client.destroy()));
}

function takeIdle(pool: Pool, origin: string): Connection | undefined {
  for (;;) {
    const kept = pool.idle.get(origin)?.pop();
    if (!kept || isUsable(kept.socket)) return kept;
    forget(pool, kept);
  }
}

function makeRoom(pool: Pool, origin: string): void {
  if ((pool.open.get(origin) ?? 0) >= pool.limits.maxPerOrigin) throw busy();
  if (countAll(pool) < pool.limits.maxTotal) return;
  for (const waiting of pool.idle.values()) {
    const oldest = waiting.shift();
    if (oldest) {
      forget(pool, oldest);
      return;
    }
  }
  throw busy();
}

/** An undici client that is given one socket, ready made, and dies with it. */
function createConnection(pool: Pool, origin: string, socket: Socket): Connection {
  let handedOver = false;
  const client = new Client(origin, {
    connect: (_options, callback) => {
      if (handedOver) callback(new Error("one socket a client"), null);
      // Not at once: undici looks for the socket only after this function has returned.
      else queueMicrotask(() => callback(null, socket));
      handedOver = true;
    },
    allowH2: false,
    pipelining: 1,
    maxHeaderSize: MAX_HEAD_BYTES,
    keepAliveTimeout: KEEP_IDLE_MS,
    keepAliveMaxTimeout: KEEP_IDLE_MAX_MS,
  });
  const connection: Connection = { origin, client, socket };
  pool.connections.add(connection);
  client.on("disconnect", () => forget(pool, connection));
  client.on("connectionError", () => forget(pool, connection));
  return connection;
}

function toLane(pool: Pool, connection: Connection, isReused: boolean): Lane {
  let isOnLoan = true;
  const end = (act: () => void): void => {
    if (isOnLoan) act();
    isOnLoan = false;
  };
  return {
    client: connection.client,
    isReused,
    release: () => end(() => queueMicrotask(() => keep(pool, connection))),
    destroy: () => end(() => forget(pool, connection)),
  };
}

/** A microtask after the answer's end: by then undici has destroyed a socket that is not to stay. */
function keep(pool: Pool, connection: Connection): void {
  if (!pool.connections.has(connection)) return;
  const waiting = pool.idle.get(connection.origin) ?? [];
  if (!isUsable(connection.socket) || waiting.length >= pool.limits.maxIdlePerOrigin) {
    forget(pool, connection);
    return;
  }
  waiting.push(connection);
  pool.idle.set(connection.origin, waiting);
}

/** Closes a connection and gives its place free; harmless when that has happened already. */
function forget(pool: Pool, connection: Connection): void {
  if (!pool.connections.delete(connection)) return;
  const { origin, client, socket } = connection;
  const waiting = pool.idle.get(origin)?.filter((other) => other !== connection) ?? [];
  if (waiting.length > 0) pool.idle.set(origin, waiting);
  else pool.idle.delete(origin);
  count(pool, origin, -1);
  void client.destroy();
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
