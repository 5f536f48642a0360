import type { z } from "zod";
import type { ProviderId, SavedForm } from "#contract/connections.ts";
import type { ClientKeys, OAuthGrant, OAuthRequest } from "./oauth.ts";
import type { Connected, ProviderBase, StorageIo } from "./provider.ts";

/** One that people sign in at. */
export interface OAuthProviderSpec<Id extends ProviderId, S extends z.ZodObject, C>
  extends ProviderBase<Id, S, C> {
  readonly connect: {
    readonly kind: "oauth";
    /** Whether that is what its answers call themselves, when they do (RFC 9207 §2.4). */
    isIssuer(settings: z.output<S>, iss: string): boolean;
    /** It always says who answers, so that an answer which does not is refused. */
    readonly alwaysNamesIssuer: boolean;
    /** What the administrator has set for everybody. */
    clientOf(settings: z.output<S>): ClientKeys | null;
    authorizeUrl(settings: z.output<S>, request: OAuthRequest): URL;
    /** @throws AppError, with a `TokenRefusal` as its cause for what was not granted. */
    exchange(settings: z.output<S>, grant: OAuthGrant, io: StorageIo): Promise<Connected<C>>;
    /** @throws AppError as `requestTokens` does. */
    refresh(settings: z.output<S>, client: ClientKeys, credential: C, io: StorageIo): Promise<C>;
    /** Until the access token ends. */
    secondsLeft(credential: C, now: Date): number;
    /** The client that the credential was given to. Another one cannot renew it. */
    clientIdOf(credential: C): string;
    /** Whose it is, by the provider's own id: never a name or an address. */
    accountOf(credential: C): string;
    saved(credential: C): Extract<SavedForm, { provider: Id }>;
  };
}

/** Keeps the type parameters of a provider together. */
export const defineOAuthProvider = <Id extends ProviderId, S extends z.ZodObject, C>(
  spec: OAuthProviderSpec<Id, S, C>,
): OAuthProviderSpec<Id, S, C> => spec;
