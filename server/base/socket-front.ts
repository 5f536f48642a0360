import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** An answer that is written to a connection without Node's HTTP in between. */
export interface FrontAnswer {
  /** The connection is gone. */
  closed(): void;
}

/** Exactly one of the two is called, once, and never before `take` has returned. */
export interface FrontTurn {
  readonly socket: Socket;
  /** Everything of the answer is written. */
  done(): void;
  /** Nothing was written: the request goes the ordinary way. */
  pass(): void;
}

/**
 * @param request - all that has come, which is the beginning of one or more requests.
 * @returns `undefined` for what goes the ordinary way.
 */
export type Take = (request: Buffer, turn: FrontTurn) => FrontAnswer | undefined;

export interface Fronts {
  /**
   * From the next request on that begins by itself, those of this connection are looked at first.
   *
   * @param answer - what is on its way on the connection.
   */
  watch(answer: ServerResponse): void;
}

interface Front {
  /** Node's parser has seen the whole head of a request. */
  parsed(request: IncomingMessage, answer: ServerResponse): void;
}

const HEAD_END = Buffer.from("\r\n\r\n");

/**
 * Looks at requests before Node's parser does, and answers those that it can: parsing a request and
 * making the objects for it and its answer takes longer than passing on the bytes that it asks for.
 * The parser stays where it is and gets everything else, as it came, while nothing of ours is under
 * way. Node closes a connection that has been idle for as long as ever.
 */
export function createFronts(server: Server, take: Take): Fronts {
  const fronts = new WeakMap<Socket, Front>();
  let answers = 0;

  server.prependListener("request", (request, answer) => {
    fronts.get(request.socket)?.parsed(request, answer);
  });
  // To Node a connection is idle while the answer on it is ours.
  const closeIdle = server.closeIdleConnections.bind(server);
  server.closeIdleConnections = () => {
    if (answers === 0) closeIdle();
  };

  const counted: Take = (request, turn) => {
    const end =
      <T>(how: () => T) =>
      (): T => {
        answers -= 1;
        return how();
      };
    const answer = take(request, { ...turn, done: end(turn.done), pass: end(turn.pass) });
    if (answer) answers += 1;
    return answer && { closed: end(answer.closed) };
  };

  return {
    watch(answer) {
      const { socket } = answer;
      if (!socket || fronts.has(socket)) return;
      const front = createFront(socket, answer, counted);
      if (front) fronts.set(socket, front);
    },
  };
}

function createFront(socket: Socket, first: ServerResponse, take: Take): Front | undefined {
  const [parse, ...others] = socket.listeners("data") as ((bytes: Buffer) => void)[];
  if (!parse || others.length > 0) return undefined;
  /** Answers of Node's that are not over. */
  let owed = 0;
  let parsed = 0;
  /** Nothing of a further request is with the parser. */
  let isBetween = false;
  let lastHasBody = false;
  let current: FrontAnswer | undefined;
  let held: Buffer[] = [];

  const owe = (answer: ServerResponse): void => {
    owed += 1;
    answer.once("close", () => {
      owed -= 1;
    });
  };
  const pass = (bytes: Buffer): void => {
    const before = parsed;
    isBetween = false;
    parse.call(socket, bytes);
    isBetween = parsed > before && !lastHasBody && bytes.subarray(-4).equals(HEAD_END);
  };
  const turnOf = (bytes: Buffer): FrontTurn => {
    const goOn = (): Buffer | undefined => {
      current = undefined;
      const waiting = held;
      held = [];
      if (waiting.length > 0) socket.resume();
      return waiting.length > 0 ? Buffer.concat(waiting) : undefined;
    };
    return {
      socket,
      done() {
        const next = goOn();
        if (next && !socket.destroyed) look(next);
      },
      pass() {
        const next = goOn();
        if (!socket.destroyed) pass(next ? Buffer.concat([bytes, next]) : bytes);
      },
    };
  };
  const look = (bytes: Buffer): void => {
    if (owed === 0 && isBetween) current = take(bytes, turnOf(bytes));
    if (!current) pass(bytes);
  };

  owe(first);
  socket.on("data", (bytes: Buffer) => {
    if (!current) {
      look(bytes);
      return;
    }
    // Whoever asks for more before they have had this is not read on either.
    held.push(bytes);
    socket.pause();
  });
  socket.off("data", parse);
  socket.once("close", () => {
    const answer = current;
    current = undefined;
    held = [];
    answer?.closed();
  });

  return {
    parsed({ headers }, answer) {
      parsed += 1;
      owe(answer);
      lastHasBody =
        headers["content-length"] !== undefined ||
        headers["transfer-encoding"] !== undefined ||
        headers.upgrade !== undefined;
    },
  };
}
