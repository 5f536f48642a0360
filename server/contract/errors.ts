import { z } from "zod";

/** Every failure a caller can act on. Anything else reaches the caller as `internal`. */
export const ErrorCode = z.enum([
  "invalid_input",
  "unauthenticated",
  "csrf_failed",
  /** Whoever asks has to show again first who they are. */
  "reauthentication_required",
  "forbidden",
  "not_found",
  "conflict",
  /** It was there, and will not come back. */
  "gone",
  "precondition_failed",
  "payload_too_large",
  "unsupported_media_type",
  "range_not_satisfiable",
  "rate_limited",
  "busy",
  /** The people who run the server work on it; only they change anything or sign in. */
  "maintenance",
  "storage_reconnect",
  "storage_refused",
  "storage_unavailable",
  /** It has no room left for what was to be put there. */
  "storage_full",
  "internal",
]);
export type ErrorCode = z.infer<typeof ErrorCode>;

/** The body of every failed HTTP response, and `error.data.app` of every failed tRPC call. */
export const WireError = z.object({
  code: ErrorCode,
  /** A sentence for the person: what happened, what is kept, what to do. */
  message: z.string(),
  retryAfterSeconds: z.number().int().positive().optional(),
});
export type WireError = z.infer<typeof WireError>;
