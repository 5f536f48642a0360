import { TRPCError } from "@trpc/server";
import { DrizzleQueryError } from "drizzle-orm";
import type { FastifyBaseLogger } from "fastify";
import { ZodError } from "zod";
import { AppError, describeIssues } from "./errors.ts";

/** No connection, and what Postgres says of 'not now' (PostgreSQL, appendix A). */
const DATABASE_DOWN = new Set([
  "CONNECTION_CLOSED",
  "CONNECTION_DESTROYED",
  "CONNECTION_ENDED",
  "CONNECT_TIMEOUT",
  "EAI_AGAIN",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOENT",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
  // It shuts down, crashed, starts up, or closed what was idle for too long.
  "57P01",
  "57P02",
  "57P03",
  "57P05",
  "25P03",
  // It has no connection or memory left.
  "53200",
  "53300",
  // It does not let us in, which is somebody's setting and not this request's fault.
  "28000",
  "28P01",
  "3D000",
  // Two transactions were in each other's way, or it took too long.
  "40001",
  "40P01",
  "55P03",
  "57014",
]);

const DATABASE_RETRY_SECONDS = 5;

/** A text, or one within JSON, has a character that Postgres keeps nowhere: NUL. */
const UNKEEPABLE = new Set(["22021", "22P05"]);

/**
 * Gives any failure its name, for the wire. What has none is our bug: `internal`, with nothing of
 * the original in its message.
 */
export function nameFailure(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof TRPCError) return nameTrpcFailure(error);
  if (error instanceof DrizzleQueryError && error.cause instanceof AppError) return error.cause;
  if (hasCode(error, UNKEEPABLE)) {
    return new AppError(
      "invalid_input",
      "There is a character in it that cannot be kept. Nothing was changed; take out what cannot be seen, and try again.",
      { cause: error },
    );
  }
  if (hasCode(error, DATABASE_DOWN)) {
    return new AppError(
      "busy",
      "The server can't reach its database at the moment. Nothing is lost; try again in a few seconds.",
      { cause: error, retryAfterSeconds: DATABASE_RETRY_SECONDS },
    );
  }
  return nameFastifyFailure(error) ?? internal(error);
}

/** Writes down what its reader must look into: our bugs, and that the database was away. */
export function logFailure(log: FastifyBaseLogger, failure: AppError, error: unknown): void {
  if (failure.code === "internal") log.error({ err: error }, "request failed");
  else if (failure.code === "busy" && failure.cause) log.warn({ err: failure }, "request refused");
}

function nameTrpcFailure(error: TRPCError): AppError {
  if (error.cause instanceof AppError) return error.cause;
  if (error.cause instanceof ZodError && error.code === "BAD_REQUEST") {
    return new AppError("invalid_input", describeIssues(error.cause), { cause: error });
  }
  switch (error.code) {
    case "NOT_FOUND":
      return new AppError("not_found", "There is no such procedure.", { cause: error });
    case "BAD_REQUEST":
    case "PARSE_ERROR":
    case "METHOD_NOT_SUPPORTED":
      return new AppError("invalid_input", "The request is not one that this server understands.", {
        cause: error,
      });
    case "UNSUPPORTED_MEDIA_TYPE":
      return new AppError("unsupported_media_type", "Only application/json is accepted here.", {
        cause: error,
      });
    case "PAYLOAD_TOO_LARGE":
      return new AppError("payload_too_large", "The request is too large.", { cause: error });
    default:
      return error.cause ? nameFailure(error.cause) : internal(error);
  }
}

function nameFastifyFailure(error: unknown): AppError | undefined {
  if (!(error instanceof Error) || !("statusCode" in error)) return undefined;
  switch (error.statusCode) {
    case 400:
    case 414:
      return new AppError("invalid_input", "The request could not be read.", { cause: error });
    case 404:
      return new AppError("not_found", "There is nothing at this address.", { cause: error });
    case 413:
      return new AppError("payload_too_large", "The request is too large.", { cause: error });
    case 415:
      return new AppError("unsupported_media_type", "Only application/json is accepted here.", {
        cause: error,
      });
    case 416:
      return new AppError("range_not_satisfiable", "The file has no such part.", { cause: error });
    case 429:
      return new AppError("rate_limited", "Too many requests. Wait a moment and try again.", {
        cause: error,
        retryAfterSeconds: 60,
      });
    case 503:
      return new AppError(
        "busy",
        "The server is too busy at the moment. Try again in a few seconds.",
        {
          cause: error,
          retryAfterSeconds: 5,
        },
      );
    default:
      return undefined;
  }
}

function hasCode(error: unknown, codes: ReadonlySet<string>): boolean {
  for (
    let each = error, depth = 0;
    each instanceof Error && depth < 5;
    each = each.cause, depth += 1
  ) {
    if ("code" in each && typeof each.code === "string" && codes.has(each.code)) return true;
  }
  return false;
}

const internal = (cause: unknown): AppError =>
  new AppError(
    "internal",
    "Something went wrong on the server. It has been written to the server's log; nothing of yours was changed.",
    { cause },
  );
