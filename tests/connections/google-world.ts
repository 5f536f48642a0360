import { type FakeGoogle, startFakeGoogle } from "#tests/support/fake-google.ts";
import type { TestServerOptions } from "#tests/support/server.ts";
import { annasOAuth, type OAuthWorld } from "./oauth-world.ts";

export interface GoogleWorld extends OAuthWorld {
  readonly google: FakeGoogle;
}

/** Anna's server, at which the administrator has set a client of Google's. */
export async function annasGoogle(options: TestServerOptions = {}): Promise<GoogleWorld> {
  const google = await startFakeGoogle();
  const { clientId, clientSecret } = google.client;
  const settings = { GOOGLE_CLIENT_ID: clientId, GOOGLE_CLIENT_SECRET: clientSecret };
  const provider = google.provider(settings);
  return { ...(await annasOAuth("google-drive", google, provider, options)), google };
}
