import { TRPCClientError } from "@trpc/client";
import type { WireError } from "#contract/errors.ts";

/** A raw route's refusal; those of procedures are tRPC's own errors. */
export class RefusedRequest extends Error {
  override readonly name = "RefusedRequest";
  readonly refusal: WireError;

  constructor(refusal: WireError) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

/**
 * The one question to ask of anything that was thrown: why did the server refuse?
 *
 * @returns its code and its sentence, or `undefined` when the server did not answer at all (no
 *   network) or this is no answer of Backline's.
 */
export function refusalOf(error: unknown): WireError | undefined {
  if (error instanceof RefusedRequest) return error.refusal;
  if (!(error instanceof TRPCClientError)) return undefined;
  const data: unknown = error.data;
  // What is refused before tRPC (a wrong origin, a database that is away) is the plain shape itself.
  const refusal = data === undefined ? error.meta?.responseJSON : appOf(data);
  return isWireError(refusal) ? refusal : undefined;
}

const appOf = (data: unknown): unknown =>
  typeof data === "object" && data !== null && "app" in data ? data.app : undefined;

/** By hand, because zod would be a fifth of what a browser loads first. */
export function isWireError(value: unknown): value is WireError {
  if (typeof value !== "object" || value === null) return false;
  const { code, message, retryAfterSeconds } = value as Record<string, unknown>;
  const isWait = retryAfterSeconds === undefined || typeof retryAfterSeconds === "number";
  return typeof code === "string" && typeof message === "string" && isWait;
}
