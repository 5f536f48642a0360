import type { ServerResponse } from "node:http";

/** So long somebody waits for another one's leave before they ask for their own. */
const WAIT_MS = 250;

/** Those who ask the same at the same moment, while it is found out whether they may have it. */
export interface Admissions {
  /** @returns false when somebody else is finding out already. */
  lead(key: string, answer: ServerResponse): boolean;
  /** It is found out. */
  settle(key: string): void;
  /** Until it is found out, or it takes too long. */
  wait(key: string): Promise<void>;
}

export function createAdmissions(): Admissions {
  const waiting = new Map<string, Set<() => void>>();

  const settle = (key: string): void => {
    const wakers = waiting.get(key);
    waiting.delete(key);
    for (const wake of [...(wakers ?? [])]) wake();
  };
  return {
    settle,
    lead(key, answer) {
      if (waiting.has(key)) return false;
      const own = new Set<() => void>();
      waiting.set(key, own);
      answer.once("close", () => {
        if (waiting.get(key) === own) settle(key);
      });
      return true;
    },
    wait: (key) =>
      new Promise((resolve) => {
        const wakers = waiting.get(key);
        const wake = (): void => {
          clearTimeout(timer);
          wakers?.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, WAIT_MS);
        wakers?.add(wake);
      }),
  };
}
