import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createServer, type ServicePlugin, type Store } from "@emulators/core";
import { getRequestListener } from "@hono/node-server";
import { onTestFinished } from "vitest";

/** A table of emulate's. */
export interface Rows<T> {
  all(): (T & { readonly id: number })[];
  insert(row: T): unknown;
  update(id: number, change: Partial<T>): unknown;
  delete(id: number): boolean;
}

/** What is kept of both companies' sign-ins. */
interface SignInTables {
  readonly oauthClients: Rows<{ readonly redirect_uris: readonly string[] }>;
}

/** Where a company's part of emulate keeps what, and takes tokens back at. */
interface Company {
  readonly plugin: string;
  readonly tables: string;
  readonly refreshTokens: string;
  readonly token: string;
  readonly revoke: string;
}

export const GOOGLE: Company = {
  plugin: "googlePlugin",
  tables: "getGoogleStore",
  refreshTokens: "google.oauth.refreshTokens",
  token: "/oauth2/token",
  revoke: "/oauth2/revoke",
};

export const MICROSOFT: Company = {
  plugin: "microsoftPlugin",
  tables: "getMicrosoftStore",
  refreshTokens: "microsoft.oauth.refreshTokens",
  token: "/oauth2/v2.0/token",
  revoke: "/oauth2/v2.0/revoke",
};

/** Sits before the browser. */
export const ANNA = "anna@band.example";

/** The client that an administrator has made there. */
const SEEDED = { client_id: "4711.apps.example", client_secret: "canary-client-secret" };

/** In which nginx hands on the range that it answers itself. */
export const ASKED_RANGE = "x-asked-range";

/** A sign-in that we did not write, and the hands of whoever runs it. */
export interface Emulator {
  readonly client: { readonly clientId: string; readonly clientSecret: string };
  /** Registered with the client. */
  redirectUri: string;
  /** What was asked of it: `GET /drive/v3/files/ID bytes=0-9`, `POST /oauth2/token refresh_token`. */
  readonly asked: string[];
  /** The grants among that, in order. */
  tokenRequests(): string[];
  accessTokens(): string[];
  refreshTokens(): string[];
  /** Takes every access token back, at the endpoint that it has for that. */
  revokeAccess(): Promise<void>;
  /** Forgets every access token: it has no clock that would end them. */
  expireAccess(): void;
  /** Takes everything back, as in an account's own settings. */
  revokeGrant(): Promise<void>;
  /** Signs in and agrees, as a browser would. @returns where it is sent back to. */
  agree(authorizeUrl: string): Promise<URL>;
  /** Asks its token endpoint directly, as the client. */
  redeem(form: Readonly<Record<string, string>>): Promise<Said>;
}

interface Said {
  readonly status: number;
  /** `null`: it was done. */
  readonly error: string | null;
}

/**
 * A part of emulate 0.12.2 (of Vercel's), hosted by `@emulators/core` without the user whom the hosting
 * of its own makes of any token: here one that it has not given, or has taken back, is refused.
 */
export async function hostEmulator<Tables extends object>(company: Company) {
  const part = await importPart(company.plugin);
  const plugin = part[company.plugin] as ServicePlugin;
  const { app, store, tokenMap, baseUrl } = createServer(plugin, { tokens: {} });
  const seed = part.seedFromConfig as (store: Store, baseUrl: string, config: object) => void;
  seed(store, baseUrl, {
    users: [{ email: ANNA, name: "Anna Larsson" }, { email: "ben@band.example" }],
    oauth_clients: [{ ...SEEDED, name: "Backline", redirect_uris: [] }],
  });
  const asked: string[] = [];
  const fetchApp = async (request: Request): Promise<Response> => {
    asked.push(await describe(request.clone()));
    return app.fetch(request);
  };
  const upstream = await listen(getRequestListener(fetchApp, { overrideGlobalObjects: false }));
  const toTables = part[company.tables] as (store: Store) => Tables & SignInTables;
  const tables = toTables(store);
  const refreshTokens = (): string[] => {
    const kept = store.getData<ReadonlyMap<string, unknown>>(company.refreshTokens);
    return [...(kept?.keys() ?? [])];
  };
  const facts = { upstream, clients: tables.oauthClients, asked, tokenMap, refreshTokens };
  return { emulator: createEmulator(company, facts), tables, upstream };
}

interface Facts extends Pick<Emulator, "asked" | "refreshTokens"> {
  readonly upstream: string;
  readonly clients: SignInTables["oauthClients"];
  readonly tokenMap: Map<string, unknown>;
}

function createEmulator(company: Company, facts: Facts): Emulator {
  const { upstream, clients, asked, tokenMap, refreshTokens } = facts;
  const accessTokens = (): string[] => [...tokenMap.keys()];
  const revoke = async (tokens: readonly string[]): Promise<void> => {
    for (const token of tokens) await post(`http://${upstream}${company.revoke}`, { token });
  };
  const emulator: Emulator = {
    client: { clientId: SEEDED.client_id, clientSecret: SEEDED.client_secret },
    redirectUri: "",
    asked,
    tokenRequests: () => asked.flatMap((each) => each.split(`POST ${company.token} `)[1] ?? []),
    accessTokens,
    refreshTokens,
    revokeAccess: () => revoke(accessTokens()),
    expireAccess: () => tokenMap.clear(),
    revokeGrant: () => revoke([...accessTokens(), ...refreshTokens()]),
    agree(authorizeUrl) {
      const [row] = clients.all();
      clients.update(row?.id ?? 0, { redirect_uris: [emulator.redirectUri] });
      return choose(authorizeUrl, ANNA);
    },
    redeem: (form) => post(`http://${upstream}${company.token}`, { ...SEEDED, ...form }),
  };
  return emulator;
}

/** Its parts are no exports of the package, and their files have other names in every version. */
async function importPart(plugin: string): Promise<Readonly<Record<string, unknown>>> {
  const folder = join(import.meta.dirname, "../../node_modules/emulate/dist");
  const isExported = new RegExp(`^export \\{[^}]*\\b${plugin}\\b`, "m");
  for (const file of await readdir(folder)) {
    const path = join(folder, file);
    if (!/^dist-\w+\.js$/.test(file) || !isExported.test(await readFile(path, "utf8"))) continue;
    return import(pathToFileURL(path).href);
  }
  throw new Error(`No file of emulate exports ${plugin}.`);
}

/** A server in this process, until the test ends. @returns its host and port. */
export async function listen(listener: RequestListener): Promise<string> {
  const server = createHttpServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function describe(request: Request): Promise<string> {
  const { pathname } = new URL(request.url);
  const form = new URLSearchParams(request.method === "POST" ? await request.text() : "");
  const said = form.get("grant_type") ?? request.headers.get(ASKED_RANGE) ?? "";
  return `${request.method} ${pathname} ${said}`.trimEnd();
}

/** Presses the button of somebody on the page that stands in for signing in. */
async function choose(authorizeUrl: string, email: string): Promise<URL> {
  const page = await fetch(authorizeUrl);
  const html = await page.text();
  const forms = [...html.matchAll(/<form [^>]*action="([^"]+)">(.*?)<\/form>/gs)];
  const chosen = forms
    .map(([, action = "", inputs = ""]) => ({ action, fields: readInputs(inputs) }))
    .find(({ fields }) => fields.email === email);
  if (page.status !== 200 || !chosen) throw new Error(`The page says ${page.status}: ${html}`);
  const answer = await fetch(new URL(chosen.action, authorizeUrl), {
    method: "POST",
    body: new URLSearchParams(chosen.fields),
    redirect: "manual",
  });
  if (answer.status !== 302) throw new Error(`${answer.status}: ${await answer.text()}`);
  return new URL(answer.headers.get("location") ?? "");
}

function readInputs(html: string): Record<string, string> {
  const inputs = [...html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)];
  return Object.fromEntries(inputs.map(([, name = "", value = ""]) => [name, toText(value)]));
}

const ENTITIES = [
  ["&quot;", '"'],
  ["&#39;", "'"],
  ["&lt;", "<"],
  ["&gt;", ">"],
  ["&amp;", "&"],
] as const;

const toText = (html: string): string =>
  ENTITIES.reduce((text, [entity, letter]) => text.replaceAll(entity, letter), html);

async function post(url: string, form: Readonly<Record<string, string>>): Promise<Said> {
  const answer = await fetch(url, { method: "POST", body: new URLSearchParams(form) });
  const said = await answer.text();
  return { status: answer.status, error: said === "" ? null : (JSON.parse(said).error ?? null) };
}
