import { sql } from "drizzle-orm";
import type { Connection, OAuthProviderId } from "#contract/connections.ts";
import type { ConfiguredProvider } from "#server/storage/registry.ts";
import type { FakeOAuth } from "#tests/support/fake-oauth.ts";
import type { TestServerOptions } from "#tests/support/server.ts";
import { annasServer, type World } from "#tests/support/world.ts";

export interface OAuthWorld extends World {
  /** Anna's browser is sent to the provider. @returns the address of its sign-in page. */
  begin(connectionId?: Connection["id"]): Promise<string>;
  /** A browser comes back: Anna's, and to her server, unless told otherwise. @returns where it lands. */
  comeBack(from: URL, browser?: typeof fetch, baseUrl?: string): Promise<URL>;
  /** Connects it from the button to the folders. */
  connect(): Promise<Connection>;
  find(id: Connection["id"]): Promise<Connection>;
}

/** Anna's server, and a provider at which people sign in. */
export async function annasOAuth(
  provider: OAuthProviderId,
  service: Pick<FakeOAuth, "redirectUri" | "agree">,
  configured: ConfiguredProvider,
  options: TestServerOptions,
): Promise<OAuthWorld> {
  const providers = { [provider]: configured, ...options.providers };
  const world = await annasServer({ ...options, providers });
  const { anna, bandId, server } = world;
  const { api } = anna;
  const publicUrl = server.deps.config.http.publicUrl.origin;
  service.redirectUri = `${publicUrl}/oauth/${provider}/callback`;

  const begin = async (connectionId: Connection["id"] | null = null): Promise<string> =>
    (await api.connections.beginOAuth.mutate({ bandId, provider, connectionId })).authorizeUrl;
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
    begin: (connectionId) => begin(connectionId),
    comeBack,
    find,
    async connect() {
      const landed = await comeBack(await service.agree(await begin()));
      const id = /\/storage\/([\da-f-]+)\/folder$/.exec(landed.pathname)?.[1] ?? landed.href;
      return find(id);
    },
  };
}

/** Why somebody came back with nothing; `null` when all went well. */
export const troubleIn = (landed: URL): string | null => landed.searchParams.get("why");

/** Everything that the database holds, as text. */
export async function dumpOf({ server }: World): Promise<string> {
  const { db } = server.deps;
  const tables = await db.execute<{ name: string }>(
    sql`select schemaname || '.' || tablename as name from pg_tables where schemaname in ('public', 'pgboss')`,
  );
  const dump: string[] = [];
  for (const { name } of tables) {
    dump.push(JSON.stringify(await db.execute(sql.raw(`select * from ${name}`))));
  }
  return dump.join("\n");
}
