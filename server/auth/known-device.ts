import { UserId } from "#contract/ids.ts";
import type { Deps } from "#server/deps.ts";

/** What a browser keeps of whoever signed in with it last: `user id | . | kid | . | mac`. */
export const toKnownDevice = (deps: Pick<Deps, "sessionKeys">, userId: UserId): string =>
  `${userId}.${deps.sessionKeys.sign("device", userId)}`;

/** @returns `null` for what we did not sign. */
export function readKnownDevice(
  deps: Pick<Deps, "sessionKeys">,
  value: string | undefined,
): UserId | null {
  const [userId = "", ...signature] = (value ?? "").split(".");
  if (!deps.sessionKeys.isSigned("device", userId, signature.join("."))) return null;
  return UserId.parse(userId);
}
