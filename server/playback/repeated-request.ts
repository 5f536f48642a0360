import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";

/** Neither tickets nor guests: they bring their leave in the address. */
const PATH = /^\/stream\/[0-9a-f-]{36}(?:\?direct=[a-z0-9]+)?$/;
/** What may differ without changing who may have what. */
export const FREE: ReadonlySet<string> = new Set(["range", "x-request-id"]);
/** With these there is more to be read than a head. */
const WITH_BODY = ["content-length", "transfer-encoding", "upgrade", "expect"] as const;

/** Whether it is plainly for the bytes of a recording, by who is signed in. */
export const mayRepeat = ({ method, url, httpVersion, headers }: IncomingMessage): boolean =>
  method === "GET" &&
  httpVersion === "1.1" &&
  PATH.test(url ?? "") &&
  WITH_BODY.every((name) => headers[name] === undefined);

/** Everything that comes with a request but what it may differ in. */
export function keyOf({ url, rawHeaders }: IncomingMessage): string {
  let key = url ?? "";
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]?.toLowerCase() ?? "";
    if (!FREE.has(name)) key += `\n${name}:${rawHeaders[at + 1]}`;
  }
  return key;
}

/** Puts something in front of all hooks and routes, which get what it does not take. */
export function takeFirst(
  app: FastifyInstance,
  take: (raw: IncomingMessage, answer: ServerResponse, pass: () => void) => boolean,
): void {
  const { server } = app;
  const ordinary = server.listeners("request") as ((
    raw: IncomingMessage,
    answer: ServerResponse,
  ) => void)[];
  server.removeAllListeners("request");
  server.on("request", (raw, answer) => {
    const pass = (): void => {
      for (const listener of ordinary) listener.call(server, raw, answer);
    };
    if (!take(raw, answer, pass)) pass();
  });
}
