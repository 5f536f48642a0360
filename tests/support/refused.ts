import type { WireError } from "#contract/errors.ts";
import { refusalOf } from "#sdk/index.ts";

/** What a person reads when a call is refused; fails when it is not. */
export async function refused(call: Promise<unknown>): Promise<WireError> {
  const error: unknown = await call.then(
    () => new Error("It was not refused."),
    (reason: unknown) => reason,
  );
  const refusal = refusalOf(error);
  if (!refusal) throw error;
  return refusal;
}
