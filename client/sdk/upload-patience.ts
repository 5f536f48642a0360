import { TRPCClientError } from "@trpc/client";
import type { ErrorCode } from "#contract/errors.ts";
import { refusalOf } from "./refusal.ts";
import type { UploadOrder } from "./upload.ts";
import { OddAnswer, waitHere } from "./upload-wire.ts";

/** After each failure in a row; the last one from then on. */
const PAUSES_MS = [1000, 2000, 4000, 8000, 16_000, 30_000] as const;

/** So often in a row something is tried that may as well never work. */
const DOUBTFUL_TRIES = 5;

/**
 * - `passing`: nobody has to do anything, only time has to pass.
 * - `doubtful`: it may be over at the next try, or never.
 * - `final`: another try would be answered the same way.
 */
type Outlook = "passing" | "doubtful" | "final";

const OUTLOOKS: Readonly<Partial<Record<ErrorCode, Outlook>>> = {
  busy: "passing",
  maintenance: "passing",
  rate_limited: "passing",
  storage_unavailable: "passing",
  /** Another offset than the server has: it is asked before the next piece. */
  conflict: "doubtful",
  internal: "doubtful",
};

export interface Patience {
  /**
   * Tries until it works.
   *
   * @param final - what can't be helped by another try here, besides what never can.
   */
  insist<T>(attempt: () => Promise<T>, final?: readonly ErrorCode[]): Promise<T>;
  /** Something arrived: the next failure is the first one again. */
  noteProgress(): void;
}

export function createPatience({
  signal,
  onPause,
  wait = waitHere,
}: Pick<UploadOrder, "signal" | "onPause" | "wait">): Patience {
  let failures = 0;

  async function waitAfter(error: unknown): Promise<void> {
    const outlook = outlookOf(error);
    if (outlook === "final" || (outlook === "doubtful" && failures >= DOUBTFUL_TRIES)) throw error;
    const usual = PAUSES_MS[Math.min(failures, PAUSES_MS.length - 1)] ?? 0;
    failures += 1;
    const delayMs = Math.max(usual, (refusalOf(error)?.retryAfterSeconds ?? 0) * 1000);
    onPause?.(error, delayMs);
    await wait(delayMs, signal);
  }

  return {
    async insist(attempt, final = []) {
      for (;;) {
        try {
          return await attempt();
        } catch (error) {
          const code = refusalOf(error)?.code;
          if (code && final.includes(code)) throw error;
          await waitAfter(error);
        }
      }
    },
    noteProgress() {
      failures = 0;
    },
  };
}

function outlookOf(error: unknown): Outlook {
  const refusal = refusalOf(error);
  // The server says when: a connection that is dead to us still holds the upload.
  if (refusal?.retryAfterSeconds !== undefined) return "passing";
  if (refusal) return OUTLOOKS[refusal.code] ?? "final";
  if (error instanceof OddAnswer) return ODD_OUTLOOKS[error.status] ?? "final";
  // No answer at all.
  return error instanceof TypeError || error instanceof TRPCClientError ? "passing" : "final";
}

/** Of answers without a body, and of those that a proxy gives while the server is away. */
const ODD_OUTLOOKS: Readonly<Record<number, Outlook>> = {
  408: "passing",
  429: "passing",
  500: "doubtful",
  502: "passing",
  503: "passing",
  504: "passing",
};
