import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import type { FastifyHttpOptions, FastifyInstance, FastifyReply } from "fastify";
import type { Config } from "#server/config.ts";
import { AppError, toWireError } from "./errors.ts";
import { nameFailure } from "./failures.ts";
import { baselineHeaders } from "./headers.ts";

type Options = FastifyHttpOptions<Server>;
type ConnectionError = Parameters<NonNullable<Options["clientErrorHandler"]>>[0];

const BODY_LIMIT_BYTES = 1024 * 1024;

/** For the whole head of a request, and then for its body: slow ones are cut off with 408. */
const HEADERS_TIMEOUT_MS = 15_000;
const BODY_TIMEOUT_MS = 60_000;
const CHECK_TIMEOUTS_EVERY_MS = 3_000;

/** Beyond it new connections are refused, so that the ones there are keep working. */
const MAX_CONNECTIONS = 4_096;

/** A batch of ten procedures is a long path. */
const MAX_PARAM_LENGTH = 5_000;

const METHODS = ["GET", "HEAD", "POST"];
const TUS_METHODS = [...METHODS, "PATCH", "DELETE", "OPTIONS"];

declare module "fastify" {
  interface FastifyContextConfig {
    /** Uploads: more methods than elsewhere, bodies of any length that take as long as they take. */
    readonly isTus?: boolean;
  }
}

/** What the server lets through to its routes at all: sizes, times, addresses. */
export const wireOptions = (http: Config["http"]): Options => ({
  bodyLimit: BODY_LIMIT_BYTES,
  // Node has one time for all requests, and a recording takes longer than others; see `limitBody`.
  requestTimeout: 0,
  routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
  // Only CIDRs: Fastify ignores a number of hops, and every client would share one address.
  trustProxy: http.trustedProxies.length > 0 ? [...http.trustedProxies] : false,
  // While the server stops, what still arrives on open connections is answered like any other.
  return503OnClosing: false,
  http: {
    headersTimeout: HEADERS_TIMEOUT_MS,
    connectionsCheckingInterval: CHECK_TIMEOUTS_EVERY_MS,
    // Node would answer by itself, without our headers.
    requireHostHeader: false,
  },
  frameworkErrors(error, request, reply) {
    const headers = { ...baselineHeaders(http), "x-request-id": request.id };
    (reply as FastifyReply)
      .code(400)
      .headers(headers)
      .send(toWireError(nameFailure(error)));
  },
  clientErrorHandler: (error, socket) => answerUnreadable(error, socket, baselineHeaders(http)),
});

/** Refuses what no route is for: other methods (TRACE among them) and requests for no host. */
export function guardWire(app: FastifyInstance, bodyTimeoutMs = BODY_TIMEOUT_MS): void {
  app.server.maxConnections = MAX_CONNECTIONS;

  app.addHook("onRequest", async (request, reply) => {
    const methods = request.routeOptions.config.isTus ? TUS_METHODS : METHODS;
    if (!methods.includes(request.method)) {
      const refusal = new AppError("invalid_input", `${request.method} is not possible here.`);
      return reply.code(405).header("allow", methods.join(", ")).send(toWireError(refusal));
    }
    if (request.headers.host === undefined) {
      throw new AppError("invalid_input", "The request does not say for which host it is.");
    }
    if (!request.routeOptions.config.isTus) limitBody(app, request.raw, bodyTimeoutMs);
  });
}

/** A body that does not come to its end is cut off, as Node does with a head. */
function limitBody(app: FastifyInstance, request: IncomingMessage, timeoutMs: number): void {
  const { "content-length": length, "transfer-encoding": encoding } = request.headers;
  if (encoding === undefined && Number(length ?? 0) === 0) return;
  const timer = setTimeout(() => {
    const error = Object.assign(new Error("Request timeout"), { code: "ERR_HTTP_REQUEST_TIMEOUT" });
    if (!request.complete) app.server.emit("clientError", error, request.socket);
  }, timeoutMs).unref();
  request.once("close", () => clearTimeout(timer));
}

/** What Node's parser gives up on never becomes a request, so its answer is written by hand. */
function answerUnreadable(
  error: ConnectionError,
  socket: Socket,
  headers: Readonly<Record<string, string>>,
): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const body = JSON.stringify(
    toWireError(new AppError("invalid_input", "The request could not be read.")),
  );
  const lines = {
    ...headers,
    connection: "close",
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(body),
  };
  const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${statusLineOf(error)}\r\n${head.join("")}\r\n${body}`);
}

function statusLineOf(error: ConnectionError): string {
  switch (error.code) {
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return "408 Request Timeout";
    case "HPE_HEADER_OVERFLOW":
      return "431 Request Header Fields Too Large";
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return "413 Payload Too Large";
    default:
      return "400 Bad Request";
  }
}
