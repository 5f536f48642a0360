import { type FakeMicrosoft, startFakeMicrosoft } from "#tests/support/fake-microsoft.ts";
import type { TestServerOptions } from "#tests/support/server.ts";
import { annasOAuth, type OAuthWorld } from "./oauth-world.ts";

export interface MicrosoftWorld extends OAuthWorld {
  readonly microsoft: FakeMicrosoft;
}

/** Anna's server, at which the administrator has set a client of Microsoft's. */
export async function annasMicrosoft(
  options: TestServerOptions & { readonly tenant?: string } = {},
): Promise<MicrosoftWorld> {
  const microsoft = await startFakeMicrosoft();
  const { clientId, clientSecret } = microsoft.client;
  const provider = microsoft.provider({
    MICROSOFT_CLIENT_ID: clientId,
    MICROSOFT_CLIENT_SECRET: clientSecret,
    ...(options.tenant ? { MICROSOFT_TENANT: options.tenant } : {}),
  });
  return { ...(await annasOAuth("onedrive", microsoft, provider, options)), microsoft };
}
