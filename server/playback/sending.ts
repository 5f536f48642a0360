import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { takeFlow } from "#server/base/egress/flow.ts";

/**
 * Sends the head of an answer, whose headers hold its length, and then its bytes: to the connection
 * itself, from where they were read, where that is an ordinary one and nobody else's turn.
 *
 * @param signal - aborted when the answer is over, or its listener may not have it any more.
 */
export function sendBytes(
  request: FastifyRequest,
  reply: FastifyReply,
  body: Readable,
  signal: AbortSignal,
): FastifyReply {
  const { socket } = reply.raw;
  // A request that came before its answer's turn has no connection yet, and one that is made within
  // the process never has.
  if (socket !== null && socket === request.raw.socket) {
    reply.hijack();
    const head = { status: reply.statusCode, headers: reply.getHeaders() as Headers };
    sendOver(reply.raw, head, body, { signal, log: () => request.log });
    return reply;
  }
  signal.addEventListener("abort", () => body.destroy(), { once: true });
  return reply.send(body);
}

type Headers = Readonly<Record<string, string | number>>;

interface Head {
  readonly status: number;
  /** With `content-length`. */
  readonly headers: Headers;
}

interface Sending {
  readonly signal: AbortSignal;
  /** For what goes wrong. */
  readonly log: () => Pick<FastifyRequest["log"], "warn">;
}

/**
 * Node's own `ServerResponse` writes the head and ends the answer, so that whether the connection
 * stays, whose turn is next, and what the log says is as ever; only the bytes go past it.
 *
 * @param raw - has its connection.
 */
export function sendOver(
  raw: ServerResponse,
  { status, headers }: Head,
  body: Readable,
  { signal, log }: Sending,
): void {
  const socket = raw.socket as Socket;
  const flow = takeFlow(body);
  let isBeginning = true;
  let isHeld = false;
  let hasEnded = false;

  /** Only when everything has gone: the connection of an answer that has ended may be closed. */
  const endOrGoOn = (): void => {
    isHeld = socket.writableLength > 0;
    if (isHeld || isBeginning) return;
    if (hasEnded) raw.end();
    else flow.resume();
  };
  const written = (): void => {
    if (isHeld) endOrGoOn();
  };
  const cut = (): void => {
    flow.stop();
    raw.destroy();
  };

  signal.addEventListener("abort", cut, { once: true });
  // The head and what has come with the storage's leave together.
  socket.cork();
  raw.writeHead(status, headers);
  raw.flushHeaders();
  flow.open({
    take(piece, isLent) {
      socket.write(piece, written);
      if (isBeginning && !isLent) return "more";
      isHeld = socket.writableLength > 0;
      return isHeld ? "hold" : "more";
    },
    end() {
      hasEnded = true;
      if (!isHeld) endOrGoOn();
    },
    fail(error) {
      if (!signal.aborted) log().warn({ err: error }, "a recording was cut off");
      raw.destroy();
    },
  });
  isBeginning = false;
  socket.uncork();
  if (hasEnded || socket.writableLength > 0) endOrGoOn();
}
