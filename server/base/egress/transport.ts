import type { Socket } from "node:net";
import { type Duplex, Readable } from "node:stream";
import { Client, type Dispatcher } from "undici";
import { type Call, isSafe } from "./call.ts";
import type { EgressResponse } from "./client.ts";
import { codeOf, nameBodyFailure, nameFailure } from "./failures.ts";
import { toAnswerHeaders } from "./headers.ts";
import { type Carrier, type Kind, type Lane, openLane, type Pool } from "./pool.ts";

/**
 * Sends one hop and answers as soon as the head is there.
 *
 * There are two: the one below, for everything, and `plain-transport.ts` for ranges of files. Each
 * gets a `Call` whose rules are checked, takes sockets from the `Pool` and its `Connector` (and from
 * nowhere else), and keeps the promises of `EgressResponse`. The tests of the client are for both.
 */
export type Transport = (call: Call) => Promise<EgressResponse>;

/** What a body keeps ready for a reader who is slower than the network. */
const READ_AHEAD_BYTES = 64 * 1024;

/** Interim answers (1xx) restart undici's clock for the head, so a server may send only so many. */
const MAX_INTERIM_ANSWERS = 16;

/** A kept connection that the other end had closed: nobody's failure, so it is tried again. */
const closedByPeer: ReadonlySet<string> = new Set(["UND_ERR_SOCKET", "ECONNRESET", "EPIPE"]);

/** undici's word for a request that was still waiting when its connection went: never sent. */
const UNSENT = "UND_ERR_DESTROYED";

const MAX_HEAD_BYTES = 64 * 1024;
/** Without a hint from the server. With one, two seconds less than it says. */
const KEEP_IDLE_MS = 30_000;
const KEEP_IDLE_MAX_MS = 60_000;

/** An undici client that has one socket. */
export interface UndiciCarrier extends Carrier {
  readonly client: Client;
}

const undiciKind: Kind<UndiciCarrier> = {
  name: "undici",
  prepare: (origin, forget) => ({
    attach(socket) {
      const client = createClient(origin, socket);
      client.on("disconnect", forget);
      client.on("connectionError", forget);
      return { client, close: () => void client.destroy() };
    },
  }),
};

export function createTransport(pool: Pool): Transport {
  return async (call) => {
    try {
      // What is streamed can't be sent again, should a kept connection be closed by now.
      const isFresh = call.body instanceof Readable;
      const lane = await openLane(pool, undiciKind, call.target, call.signal, isFresh);
      const answer = exchange(lane, call);
      if (!lane.isReused) return await answer;
      return await orAgain(answer, call, async () =>
        exchange(await openLane(pool, undiciKind, call.target, call.signal, true), call),
      );
    } catch (error) {
      call.signal.throwIfAborted();
      throw nameFailure(error, call.target.host);
    }
  };
}

/** @param answer - of a kept connection, where being hung up on means only that it was too old. */
export async function orAgain(
  answer: Promise<EgressResponse>,
  call: Call,
  again: () => Promise<EgressResponse>,
): Promise<EgressResponse> {
  try {
    return await answer;
  } catch (error) {
    const code = codeOf(error);
    const isHarmless = code === UNSENT || (closedByPeer.has(code) && isSafe(call));
    if (!isHarmless || call.body instanceof Readable) throw error;
    return again();
  }
}

/** A client that is given one socket, ready made, and dies with it. */
export function createClient(origin: string, socket: Duplex): Client {
  let handedOver = false;
  return new Client(origin, {
    connect: (_options, callback) => {
      if (handedOver) callback(new Error("one socket a client"), null);
      // Not at once: undici looks for the socket only after this function has returned. It needs no
      // more of one than any stream of two ways has.
      else queueMicrotask(() => callback(null, socket as Socket));
      handedOver = true;
    },
    allowH2: false,
    pipelining: 1,
    maxHeaderSize: MAX_HEAD_BYTES,
    keepAliveTimeout: KEEP_IDLE_MS,
    keepAliveMaxTimeout: KEEP_IDLE_MAX_MS,
  });
}

/** The state of one request on one lane; the handler's events and the signal move it. */
interface Exchange {
  readonly lane: Lane<UndiciCarrier>;
  readonly call: Call;
  readonly resolve: (answer: EgressResponse) => void;
  readonly reject: (error: unknown) => void;
  readonly onAbort: () => void;
  body: Readable | undefined;
  interimAnswers: number;
  /** The lane is given back or destroyed, and the first reason for that is the one that counts. */
  isOver: boolean;
}

export function exchange(lane: Lane<UndiciCarrier>, call: Call): Promise<EgressResponse> {
  return new Promise((resolve, reject) => {
    const state: Exchange = {
      lane,
      call,
      resolve,
      reject,
      onAbort: () => fail(state, call.signal.reason),
      body: undefined,
      interimAnswers: 0,
      isOver: false,
    };
    // Before the request is made: a listener who leaves while the storage is still thinking must
    // free the storage too.
    call.signal.addEventListener("abort", state.onAbort, { once: true });
    if (call.signal.aborted) state.onAbort();
    else lane.carrier.client.dispatch(toDispatch(call), createHandler(state));
  });
}

function toDispatch(call: Call): Dispatcher.DispatchOptions {
  const { url } = call.target;
  return {
    path: url.pathname + url.search,
    method: call.method,
    headers: call.headers,
    headersTimeout: call.headersTimeoutMs,
    bodyTimeout: call.bodyTimeoutMs,
    ...(call.body === undefined ? {} : { body: call.body }),
  };
}

function createHandler(state: Exchange): Dispatcher.DispatchHandler {
  return {
    onRequestStart() {},
    onResponseStart(controller, status, received) {
      if (status < 200) countInterim(state);
      else start(state, controller, status, received);
    },
    onResponseData(controller, chunk) {
      if (state.body?.push(chunk) === false) controller.pause();
    },
    onResponseEnd() {
      state.isOver = true;
      state.call.signal.removeEventListener("abort", state.onAbort);
      state.lane.release();
      state.body?.push(null);
    },
    onResponseError(_controller, error) {
      fail(state, error);
    },
  };
}

function start(
  state: Exchange,
  controller: Dispatcher.DispatchController,
  status: number,
  received: Record<string, string | string[] | undefined>,
): void {
  const body = new Readable({
    highWaterMark: READ_AHEAD_BYTES,
    read: () => controller.resume(),
    destroy: (error, done) => {
      fail(state, error);
      done(error);
    },
  });
  // Whoever has lost interest does not listen either; an error must not end the process then.
  body.on("error", () => {});
  state.body = body;
  state.resolve({ status, ...toAnswerHeaders(received), body, url: state.call.target.url });
}

function countInterim(state: Exchange): void {
  state.interimAnswers += 1;
  if (state.interimAnswers > MAX_INTERIM_ANSWERS) {
    fail(state, Object.assign(new Error("endless interim answers"), { name: "HTTPParserError" }));
  }
}

/** Closes the socket at once and tells whoever is waiting: for the head, or for more of the body. */
function fail(state: Exchange, error: unknown): void {
  if (state.isOver) return;
  state.isOver = true;
  const { call, lane, body } = state;
  call.signal.removeEventListener("abort", state.onAbort);
  lane.destroy();
  if (call.body instanceof Readable) call.body.destroy();
  state.reject(error);
  if (body && !body.destroyed) body.destroy(toBodyError(error, call));
}

function toBodyError(error: unknown, call: Call): Error {
  if (!call.signal.aborted) return nameBodyFailure(error, call.target.host);
  return error instanceof Error ? error : new Error("aborted", { cause: error });
}
