import type { Connection } from "#contract/connections.ts";
import { type FakeGoogle, startFakeGoogle } from "#tests/support/fake-google.ts";
import type { TestServerOptions } from "#tests/support/server.ts";
import { annasServer, type World } from "#tests/support/world.ts";

export interface GoogleWorld extends World {
  readonly google: FakeGoogle;
  /** Anna's browser is sent to Google. @returns the address of its sign-in page. */
  begin(connectionId?: Connection["id"]): Promise<string>;
  /** A browser comes back: Anna's, and to her server, unless told otherwise. @returns where it lands. */
  comeBack(from: URL, browser?: typeof fetch, baseUrl?: string): Promise<URL>;
  /** Connects it from the button to the folders. */
  connect(): Promise<Connection>;
  find(id: Connection["id"]): Promise<Connection>;
}

/** Anna's server, at which the administrator has set a client of Google's. */
export async function annasGoogle(options: TestServerOptions = {}): Promise<GoogleWorld> {
  const google = await startFakeGoogle();
  const { clientId, clientSecret } = google.client;
  const settings = { GOOGLE_CLIENT_ID: clientId, GOOGLE_CLIENT_SECRET: clientSecret };
  const providers = { "google-drive": google.provider(settings), ...options.providers };
  const world = await annasServer({ ...options, providers });
  const { anna, bandId, server } = world;
  const { api } = anna;
  const publicUrl = server.deps.config.http.publicUrl.origin;
  google.redirectUri = `${publicUrl}/oauth/google-drive/callback`;

  const begin = async (connectionId: Connection["id"] | null = null): Promise<string> =>
    (await api.connections.beginOAuth.mutate({ bandId, provider: "google-drive", connectionId }))
      .authorizeUrl;
  const comeBack = async (
    from: URL,
    browser: typeof fetch = anna.fetch,
    baseUrl = server.baseUrl,
  ): Promise<URL> => {
    const url = from.href.replace(publicUrl, baseUrl);
    const answer = await browser(url, { redirect: "manual" });
    if (answer.status !== 303) throw new Error(`${answer.status}: ${await answer.text()}`);
    return new URL(answer.headers.get("location") ?? "", server.baseUrl);
  };
  const find = async (id: string): Promise<Connection> => {
    const all = await api.connections.list.query({ bandId });
    const found = all.find((each) => each.id === id);
    if (!found) throw new Error("It is not there.");
    return found;
  };
  return {
    ...world,
    google,
    begin: (connectionId) => begin(connectionId),
    comeBack,
    find,
    async connect() {
      const landed = await comeBack(await google.agree(await begin()));
      const id = /\/storage\/([\da-f-]+)\/folder$/.exec(landed.pathname)?.[1] ?? landed.href;
      return find(id);
    },
  };
}

/** Why somebody came back with nothing; `null` when all went well. */
export const troubleIn = (landed: URL): string | null => landed.searchParams.get("why");
