import { z } from "zod";
import { OAuthProviderId } from "./connections.ts";
import { BandId, ConnectionId } from "./ids.ts";

export const BeginOAuth = z.strictObject({
  bandId: BandId,
  provider: OAuthProviderId,
  /** Given: new access for this connection. */
  connectionId: ConnectionId.nullable().default(null),
});
export type BeginOAuth = z.infer<typeof BeginOAuth>;

/** Where the browser goes next. */
export const OAuthBegun = z.strictObject({ authorizeUrl: z.url() });
export type OAuthBegun = z.infer<typeof OAuthBegun>;

export const OneOAuthClient = z.strictObject({ bandId: BandId, provider: OAuthProviderId });
export type OneOAuthClient = z.infer<typeof OneOAuthClient>;

/** As what a band is known to a provider. The secret is never shown again. */
export const OAuthClient = z.strictObject({
  /** To be entered at the provider. */
  redirectUri: z.url(),
  /** The administrator has set one for everybody. */
  isServerSet: z.boolean(),
  /** The band's own, which comes first; `null` when it has none. */
  ownClientId: z.string().nullable(),
});
export type OAuthClient = z.infer<typeof OAuthClient>;

export const SaveOAuthClient = z.strictObject({
  bandId: BandId,
  provider: OAuthProviderId,
  /** `null` removes it: the server's counts again. */
  client: z
    .strictObject({
      clientId: z.string().trim().min(1).max(256),
      clientSecret: z.string().trim().min(1).max(256),
    })
    .nullable(),
});
export type SaveOAuthClient = z.infer<typeof SaveOAuthClient>;

/**
 * Why somebody came back from a provider without a storage.
 *
 * - `denied`: they said no there.
 * - `expired`: it took longer than ten minutes.
 * - `unknown`: used already, or never begun here.
 * - `other_browser`: begun in another browser.
 * - `signed_out`: the session that began is over.
 * - `wrong_server`: somebody else answered than was asked (RFC 9207).
 * - `not_allowed`: no owner of the band any more, or the storage is gone.
 * - `no_files`: the permission to read files was not given.
 * - `no_storage`: the account has none there.
 * - `other_account`: another account than the storage was connected with.
 * - `client`: the provider refuses the client id or its secret.
 * - `maintenance`, `unavailable`: may work later.
 */
export const OAuthTrouble = z.enum([
  "denied",
  "expired",
  "unknown",
  "other_browser",
  "signed_out",
  "wrong_server",
  "not_allowed",
  "no_files",
  "no_storage",
  "other_account",
  "client",
  "maintenance",
  "unavailable",
]);
export type OAuthTrouble = z.infer<typeof OAuthTrouble>;
