import type { FastifyBaseLogger } from "fastify";

export interface Rounds {
  readonly everyMs: number;
  readonly log: Pick<FastifyBaseLogger, "warn" | "error">;
  /** What the log says of a round that failed. */
  readonly failure: string;
  /** `error` where somebody was promised that it is done; else `warn`. */
  readonly level?: "warn" | "error";
  /** What there is to do. Several servers may do it at once; a round may begin while one still goes on. */
  readonly look: () => Promise<void>;
}

/** Looks now and again and again whether there is something to do, until the signal says so. */
export function startRounds(
  { everyMs, log, failure, level = "warn", look }: Rounds,
  signal: AbortSignal,
): void {
  if (signal.aborted) return;
  const lookSafely = (): void =>
    void look().catch((error: unknown) => {
      if (!signal.aborted) log[level]({ err: error }, failure);
    });
  const timer = setInterval(lookSafely, everyMs);
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  lookSafely();
}
