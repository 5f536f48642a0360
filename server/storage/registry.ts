import type { z } from "zod";
import type { ConnectForm, ProviderId, SavedForm } from "#contract/connections.ts";
import { folder } from "./folder/index.ts";
import { jellyfin } from "./jellyfin/index.ts";
import type { BegunLogin, Connected, ProviderSpec, Storage, StorageIo } from "./provider.ts";
import { s3 } from "./s3/index.ts";
import { webdav } from "./webdav/index.ts";

/** Every kind of storage there is. A new `ProviderId` does not compile until it stands here. */
export const providerModules = { folder, webdav, s3, jellyfin } satisfies Record<
  ProviderId,
  { id: ProviderId }
>;

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
});

function configure<Id extends ProviderId, S extends z.ZodObject, C>(
  spec: ProviderSpec<Id, S, C>,
  settings: z.output<S>,
): ConfiguredProvider {
  return {
    id: spec.id,
    name: spec.name,
    description: spec.description,
    offWhy: spec.offWhy(settings),
    roots: spec.roots?.(settings) ?? [],
    verify(form, io) {
      if (form.provider !== spec.id) throw new Error(`A ${form.provider} form for ${spec.id}.`);
      return spec.connect.verify(settings, form as Extract<ConnectForm, { provider: Id }>, io);
    },
    login: spec.login ? configureLogin(spec, spec.login, settings) : null,
    savedForm: (credential) => spec.connect.saved(spec.credential.parse(credential)),
    attach: (credential, io) => spec.attach(settings, spec.credential.parse(credential), io),
    accessOf: (credential) => spec.revocation?.accessOf(spec.credential.parse(credential)) ?? null,
    async revoke(credential, io) {
      await spec.revocation?.revoke(settings, spec.credential.parse(credential), io);
    },
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
