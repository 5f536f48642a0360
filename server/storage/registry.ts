import type { z } from "zod";
import type { ConnectForm, ProviderId, SavedForm } from "#contract/connections.ts";
import { folder } from "./folder/index.ts";
import { googleDrive } from "./google-drive/index.ts";
import { jellyfin } from "./jellyfin/index.ts";
import type { ClientKeys, OAuthGrant, OAuthRequest } from "./oauth.ts";
import type { OAuthProviderSpec } from "./oauth-provider.ts";
import { onedrive } from "./onedrive/index.ts";
import type { BegunLogin, Connected, ProviderSpec, Storage, StorageIo } from "./provider.ts";
import { s3 } from "./s3/index.ts";
import { webdav } from "./webdav/index.ts";

/** Every kind of storage there is. A new `ProviderId` does not compile until it stands here. */
export const providerModules = {
  folder,
  webdav,
  s3,
  jellyfin,
  "google-drive": googleDrive,
  onedrive,
} satisfies Record<ProviderId, { id: ProviderId }>;

type Modules = typeof providerModules;

/** The parsed environment variables of each provider. */
export type ProviderSettings = { readonly [Id in ProviderId]: z.output<Modules[Id]["settings"]> };

/** A provider with its settings filled in, whatever its own types are. */
export interface ConfiguredProvider {
  readonly id: ProviderId;
  readonly name: string;
  readonly description: string;
  /** Why nobody can connect one on this server; `null` when they can. */
  readonly offWhy: string | null;
  readonly roots: readonly string[];
  /** What it attaches has a `watch`, mostly. */
  readonly hasNews: boolean;
  /** What it attaches has a `directUrl`. */
  readonly hasDirectUrls: boolean;
  /** @throws AppError with a sentence for the person beside the form. */
  verify(form: ConnectForm, io: StorageIo): Promise<Connected<unknown>>;
  /** `null` where there is only the form. */
  readonly login: ConfiguredLogin | null;
  /** @param credential - as it was sealed; a ZodError when it is of another form. */
  savedForm(credential: unknown): SavedForm;
  /** @param credential - as it was sealed; a ZodError when it is of another form. */
  attach(credential: unknown, io: StorageIo): Storage;
  /** @returns `null` when the storage has nothing that could be given back. */
  accessOf(credential: unknown): string | null;
  /** Only for what has an `accessOf`. */
  revoke(credential: unknown, io: StorageIo): Promise<void>;
  /** For what people sign in at; `null` for what they fill in a form for. */
  readonly oauth: ConfiguredOAuth | null;
}

/** `OAuthProviderSpec.connect` with the settings filled in. Credentials are as they were sealed. */
export interface ConfiguredOAuth {
  isIssuer(iss: string): boolean;
  readonly alwaysNamesIssuer: boolean;
  readonly client: ClientKeys | null;
  authorizeUrl(request: OAuthRequest): URL;
  exchange(grant: OAuthGrant, io: StorageIo): Promise<Connected<unknown>>;
  refresh(client: ClientKeys, credential: unknown, io: StorageIo): Promise<unknown>;
  secondsLeft(credential: unknown, now: Date): number;
  clientIdOf(credential: unknown): string;
  accountOf(credential: unknown): string;
}

/** Signing in at the storage itself; see `ProviderSpec.login`. */
export interface ConfiguredLogin {
  begin(url: string, io: StorageIo): Promise<BegunLogin>;
  poll(held: unknown, io: StorageIo): Promise<unknown | null>;
  complete(credential: unknown, io: StorageIo): Promise<Connected<unknown>>;
}

export type Providers = Readonly<Record<ProviderId, ConfiguredProvider>>;

export const createProviders = (settings: ProviderSettings): Providers => ({
  folder: configure(folder, settings.folder),
  webdav: configure(webdav, settings.webdav),
  s3: configure(s3, settings.s3),
  jellyfin: configure(jellyfin, settings.jellyfin),
  "google-drive": configure(googleDrive, settings["google-drive"]),
  onedrive: configure(onedrive, settings.onedrive),
});

/** For the registry; exported for tests, whose services are at other addresses. */
export function configure<Id extends ProviderId, S extends z.ZodObject, C>(
  spec: ProviderSpec<Id, S, C> | OAuthProviderSpec<Id, S, C>,
  settings: z.output<S>,
): ConfiguredProvider {
  const { connect } = spec;
  return {
    id: spec.id,
    name: spec.name,
    description: spec.description,
    offWhy: spec.offWhy(settings),
    roots: spec.roots?.(settings) ?? [],
    hasNews: spec.hasNews === true,
    hasDirectUrls: spec.hasDirectUrls === true,
    verify(form, io) {
      if (form.provider !== spec.id || connect.kind !== "form") {
        throw new Error(`A ${form.provider} form for ${spec.id}.`);
      }
      return connect.verify(settings, form as Extract<ConnectForm, { provider: Id }>, io);
    },
    login: "login" in spec && spec.login ? configureLogin(spec, spec.login, settings) : null,
    savedForm: (credential) => connect.saved(spec.credential.parse(credential)),
    attach: (credential, io) => spec.attach(settings, spec.credential.parse(credential), io),
    accessOf: (credential) => spec.revocation?.accessOf(spec.credential.parse(credential)) ?? null,
    async revoke(credential, io) {
      await spec.revocation?.revoke(settings, spec.credential.parse(credential), io);
    },
    oauth: connect.kind === "oauth" ? toOAuth(spec.credential, connect, settings) : null,
  };
}

function toOAuth<Id extends ProviderId, S extends z.ZodObject, C>(
  schema: z.ZodType<C>,
  connect: OAuthProviderSpec<Id, S, C>["connect"],
  settings: z.output<S>,
): ConfiguredOAuth {
  return {
    isIssuer: (iss) => connect.isIssuer(settings, iss),
    alwaysNamesIssuer: connect.alwaysNamesIssuer,
    client: connect.clientOf(settings),
    authorizeUrl: (request) => connect.authorizeUrl(settings, request),
    exchange: (grant, io) => connect.exchange(settings, grant, io),
    refresh: (client, credential, io) =>
      connect.refresh(settings, client, schema.parse(credential), io),
    secondsLeft: (credential, now) => connect.secondsLeft(schema.parse(credential), now),
    clientIdOf: (credential) => connect.clientIdOf(schema.parse(credential)),
    accountOf: (credential) => connect.accountOf(schema.parse(credential)),
  };
}

const configureLogin = <Id extends ProviderId, S extends z.ZodObject, C>(
  spec: ProviderSpec<Id, S, C>,
  login: NonNullable<ProviderSpec<Id, S, C>["login"]>,
  settings: z.output<S>,
): ConfiguredLogin => ({
  begin: (url, io) => login.begin(settings, url, io),
  poll: (held, io) => login.poll(settings, held, io),
  complete: (credential, io) => login.complete(settings, spec.credential.parse(credential), io),
});
