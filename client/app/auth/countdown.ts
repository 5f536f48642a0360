import { useEffect, useState } from "react";

/** Seconds left of a wait that began with `seconds`; a new `key` begins it anew. */
export function useCountdown(seconds: number, key: unknown): number {
  const [untilMs, setUntilMs] = useState(0);
  const [nowMs, setNowMs] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the same wait, asked for again, begins anew
  useEffect(() => {
    const startMs = Date.now();
    setUntilMs(startMs + seconds * 1000);
    setNowMs(startMs);
    if (seconds === 0) return;
    const timer = setInterval(() => setNowMs(Date.now()), 500);
    return () => clearInterval(timer);
  }, [seconds, key]);

  return Math.max(0, Math.ceil((untilMs - nowMs) / 1000));
}
