import { z } from "zod";
import type { ClientKeys, Tokens } from "./oauth.ts";

/** What is sealed of a storage that people have signed in at. */
export const OAuthCredential = z.strictObject({
  accessToken: z.string().min(1),
  expiresAtMs: z.number(),
  refreshToken: z.string().min(1),
  /** The client that the tokens were given to. */
  clientId: z.string().min(1),
  /** The provider's own id of whose files they are. */
  accountId: z.string().min(1),
  /** For people: an e-mail address, mostly. */
  account: z.string().min(1),
});
export type OAuthCredential = z.infer<typeof OAuthCredential>;

/** What every provider of such credentials says of them in the same way. */
export const credentialFacts = {
  secondsLeft: ({ expiresAtMs }: OAuthCredential, now: Date) =>
    (expiresAtMs - now.getTime()) / 1000,
  clientIdOf: ({ clientId }: OAuthCredential) => clientId,
  accountOf: ({ accountId }: OAuthCredential) => accountId,
};

/** The same access with new tokens. The refresh token stays where no new one has come. */
export const renewWith = (
  credential: OAuthCredential,
  tokens: Tokens,
  now: Date,
): OAuthCredential => ({
  ...credential,
  ...toAccess(tokens, now),
  refreshToken: tokens.refreshToken ?? credential.refreshToken,
});

export const toAccess = ({ accessToken, expiresInSeconds }: Tokens, now: Date) => ({
  accessToken,
  expiresAtMs: now.getTime() + expiresInSeconds * 1000,
});

/** What an administrator has set for everybody, if anything. */
export const toClient = (
  clientId: string | undefined,
  clientSecret: string | undefined,
): ClientKeys | null => (clientId && clientSecret ? { clientId, clientSecret } : null);

/** A check for settings: a client's ID without its secret, or the other way round, is a mistake. */
export const bothOrNeither =
  (id: string, secret: string) =>
  ({ value, issues }: z.core.ParsePayload<Readonly<Record<string, unknown>>>): void => {
    for (const [one, other] of [
      [id, secret],
      [secret, id],
    ] as const) {
      if (value[one] === undefined && value[other] !== undefined) {
        const message = `expected, because ${other} is set`;
        issues.push({ code: "custom", path: [one], message, input: undefined });
      }
    }
  };
