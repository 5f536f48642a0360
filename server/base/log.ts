import { DrizzleQueryError } from "drizzle-orm";
import type { FastifyServerOptions } from "fastify";
import { destination } from "pino";
import { AppError } from "./errors.ts";

interface LoggedError {
  readonly type: string;
  readonly message: string;
  readonly code?: string | undefined;
  readonly stack?: string | undefined;
  readonly cause?: LoggedError | undefined;
}

/** How deep causes are followed. */
const DEPTH = 5;

/** Of the last line. */
let written = { second: Number.NaN, text: "" };

/** Busy servers write thousands of lines in a second. */
function timestamp(): string {
  const now = Date.now();
  const ms = now % 1_000;
  const second = now - ms;
  if (second !== written.second) {
    written = { second, text: `,"time":"${new Date(second).toISOString().slice(0, -4)}` };
  }
  return `${written.text}${String(ms).padStart(3, "0")}Z"`;
}

type LoggerOptions = Exclude<FastifyServerOptions["logger"], boolean | undefined>;

/**
 * One JSON line a request, and nothing secret in any line: no query strings, headers or bodies, and
 * of a failed statement neither its text nor its parameters.
 *
 * pino copies the message of a logged error into `msg` when the line has none of its own, past the
 * serializer, so `logMethod` gives such lines one.
 */
export const loggerOptions = (level: string): LoggerOptions => ({
  level,
  base: null,
  timestamp,
  serializers: { err: describeError as never, error: describeError as never },
  hooks: {
    logMethod(given, method) {
      const [first, ...rest] = given as unknown[];
      if (first instanceof Error) {
        method.apply(this, [{ err: first }, typeof rest[0] === "string" ? rest[0] : "error"]);
      } else if (hasError(first) && rest.length === 0) {
        method.apply(this, [first as object, "error"]);
      } else {
        method.apply(this, given);
      }
    },
  },
});

/** For how long lines are gathered, so that a busy server writes many at a time. */
const GATHER_MS = 50;
/** As many characters do not wait for that. */
const GATHER_LENGTH = 32_768;

/**
 * Standard output, written to while the server goes on: lines that come meanwhile go out together, and
 * a reader that is slow holds nobody up. What is left is written when the process ends. A server with
 * nothing to say does not wake up for it.
 *
 * Lines are gathered before pino's stream has them: it measures all that waits anew for each.
 */
export function logDestination(): { write(line: string): void } {
  const out = destination({ dest: 1, sync: false, minLength: GATHER_LENGTH, maxWrite: 65_536 });
  let gathered = "";
  let isWaiting = false;
  const hand = (): void => {
    if (gathered !== "") out.write(gathered);
    gathered = "";
  };
  const flush = (): void => {
    isWaiting = false;
    hand();
    out.flush();
  };
  // Before the stream's own, which write what it has.
  process.prependListener("beforeExit", hand);
  process.prependListener("exit", hand);
  return {
    write(line) {
      gathered += line;
      if (gathered.length >= GATHER_LENGTH) hand();
      if (isWaiting) return;
      isWaiting = true;
      setTimeout(flush, GATHER_MS).unref();
    },
  };
}

/** What of an error may be written down. */
export function describeError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: "not an error object" };
  const cause =
    error.cause === undefined || depth >= DEPTH ? undefined : describeError(error.cause, depth + 1);
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  const message = safeMessage(error);
  return {
    type: error.name,
    message,
    ...(code === undefined ? {} : { code }),
    ...(error instanceof AppError && error.code !== "internal" ? {} : { stack: framesOf(error) }),
    ...(cause === undefined ? {} : { cause }),
  };
}

/**
 * A Drizzle message holds the statement and its parameters; Postgres's own may quote a value
 * ('Key (email)=(…)'), so of those only the code and the constraint are kept.
 */
function safeMessage(error: Error): string {
  if (error instanceof DrizzleQueryError) return "a statement failed";
  if (error.name === "PostgresError") {
    const constraint = "constraint_name" in error ? ` (${String(error.constraint_name)})` : "";
    return `Postgres refused a statement${constraint}`;
  }
  if (error.name === "ZodError") return "a value is not of the expected shape";
  return error.message.replaceAll(/\b(\w+:\/\/)[^\s/@]+@/g, "$1***@").slice(0, 500);
}

/** The stack without its first line, which repeats the message. */
const framesOf = (error: Error): string =>
  (error.stack ?? "")
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 12)
    .join("\n");

const hasError = (value: unknown): boolean =>
  typeof value === "object" && value !== null && ("err" in value || "error" in value);
