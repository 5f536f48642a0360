import { refusalOf, sentenceOf } from "../api.ts";
import { auth } from "../words/auth.ts";
import { useCountdown } from "./countdown.ts";

const words = auth.signIn;

interface SignInFailure {
  /** Seconds until another try makes sense. */
  readonly wait: number;
  readonly sentence: string | null;
}

/** Why nobody was let in. A wait that is over is no failure any more. */
export function useSignInFailure(error: unknown): SignInFailure {
  const refusal = error ? refusalOf(error) : undefined;
  const isLimit = refusal?.code === "rate_limited";
  const wait = useCountdown(isLimit ? (refusal.retryAfterSeconds ?? 30) : 0, error);
  if (wait > 0) return { wait, sentence: words.locked(wait) };
  return { wait, sentence: error && !isLimit ? sentenceOf(error) : null };
}
