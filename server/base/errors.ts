import type { TRPC_ERROR_CODE_KEY } from "@trpc/server";
import type { z } from "zod";
import type { ErrorCode, WireError } from "#contract/errors.ts";

interface Transport {
  readonly status: number;
  readonly trpc: TRPC_ERROR_CODE_KEY;
}

/** The only place where a failure meets a status code. tRPC has no 410, 416 and 507, so it borrows others. */
const transports: Readonly<Record<ErrorCode, Transport>> = {
  invalid_input: { status: 400, trpc: "BAD_REQUEST" },
  unauthenticated: { status: 401, trpc: "UNAUTHORIZED" },
  csrf_failed: { status: 403, trpc: "FORBIDDEN" },
  reauthentication_required: { status: 403, trpc: "FORBIDDEN" },
  forbidden: { status: 403, trpc: "FORBIDDEN" },
  not_found: { status: 404, trpc: "NOT_FOUND" },
  conflict: { status: 409, trpc: "CONFLICT" },
  gone: { status: 410, trpc: "NOT_FOUND" },
  precondition_failed: { status: 412, trpc: "PRECONDITION_FAILED" },
  payload_too_large: { status: 413, trpc: "PAYLOAD_TOO_LARGE" },
  unsupported_media_type: { status: 415, trpc: "UNSUPPORTED_MEDIA_TYPE" },
  range_not_satisfiable: { status: 416, trpc: "BAD_REQUEST" },
  rate_limited: { status: 429, trpc: "TOO_MANY_REQUESTS" },
  busy: { status: 503, trpc: "SERVICE_UNAVAILABLE" },
  maintenance: { status: 503, trpc: "SERVICE_UNAVAILABLE" },
  storage_reconnect: { status: 409, trpc: "CONFLICT" },
  storage_refused: { status: 422, trpc: "UNPROCESSABLE_CONTENT" },
  storage_unavailable: { status: 503, trpc: "SERVICE_UNAVAILABLE" },
  storage_full: { status: 507, trpc: "UNPROCESSABLE_CONTENT" },
  internal: { status: 500, trpc: "INTERNAL_SERVER_ERROR" },
};

export interface AppErrorOptions {
  readonly cause?: unknown;
  readonly retryAfterSeconds?: number | undefined;
}

/**
 * A failure with a name. Its message is written for the person who will read it on screen; the
 * cause is for the log.
 *
 * - `storage_reconnect`: the storage refuses our credential; only signing in there again helps.
 * - `storage_refused`: it will not work until somebody changes something (address, permission).
 * - `storage_unavailable`: it may work later without anybody doing anything.
 * - `storage_full`: it has no room left; somebody has to make some.
 * - `busy`: this server has no capacity or no database at the moment.
 */
export class AppError extends Error {
  override readonly name = "AppError";
  readonly code: ErrorCode;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

export const statusOf = (code: ErrorCode): number => transports[code].status;
export const trpcCodeOf = (code: ErrorCode): TRPC_ERROR_CODE_KEY => transports[code].trpc;

export function toWireError(error: AppError): WireError {
  return {
    code: error.code,
    message: error.message,
    ...(error.retryAfterSeconds === undefined
      ? {}
      : { retryAfterSeconds: Math.max(1, Math.ceil(error.retryAfterSeconds)) }),
  };
}

/**
 * Parses what a caller sent, and blames the caller.
 *
 * @throws AppError `invalid_input`, naming the fields.
 */
export function parseInput<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new AppError("invalid_input", describeIssues(parsed.error), { cause: parsed.error });
}

/** One line that names the fields that are wrong and never repeats a value. */
export function describeIssues(error: z.ZodError): string {
  const fields = error.issues.map((issue) => {
    const where = issue.path.join(".");
    return where === "" ? issue.message : `${where}: ${issue.message}`;
  });
  return `Some fields are not right. ${fields.slice(0, 5).join("; ")}`;
}
