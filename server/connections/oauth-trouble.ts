import type { OAuthTrouble } from "#contract/oauth.ts";
import { AppError } from "#server/base/errors.ts";
import type { Deps } from "#server/deps.ts";
import { TokenRefusal } from "#server/storage/oauth.ts";
import type { Connected } from "#server/storage/provider.ts";
import type { ConfiguredOAuth } from "#server/storage/registry.ts";
import { openCredential } from "./credentials.ts";
import type { ConnectionRow } from "./store.ts";

/** Recordings would go missing if the library looked into somebody else's files. */
export function requireSameAccount(
  deps: Pick<Deps, "vault">,
  oauth: ConfiguredOAuth,
  known: ConnectionRow,
  { credential }: Connected<unknown>,
): void {
  if (oauth.accountOf(openCredential(deps, known)) === oauth.accountOf(credential)) return;
  throw new OtherAccount();
}

class OtherAccount extends Error {
  override readonly name = "OtherAccount";
}

const TROUBLES: Readonly<Record<string, OAuthTrouble>> = {
  forbidden: "not_allowed",
  not_found: "not_allowed",
  conflict: "not_allowed",
  storage_refused: "client",
};

const REFUSALS: Readonly<Record<string, OAuthTrouble>> = {
  no_scope: "no_files",
  no_refresh_token: "no_files",
  no_storage: "no_storage",
  // The code was used or ended on its way to us.
  invalid_grant: "unknown",
};

/**
 * What people are told who have come back from a provider.
 *
 * @throws what is nobody's fault but ours.
 */
export function troubleOf(error: unknown): OAuthTrouble {
  if (error instanceof OtherAccount) return "other_account";
  if (!(error instanceof AppError) || error.code === "internal") throw error;
  const refused = error.cause instanceof TokenRefusal ? REFUSALS[error.cause.reason] : undefined;
  return refused ?? TROUBLES[error.code] ?? "unavailable";
}
