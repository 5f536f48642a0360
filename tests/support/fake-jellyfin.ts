import { randomBytes } from "node:crypto";
import Fastify, { type FastifyReply, type FastifyRequest } from "fastify";
import { onTestFinished } from "vitest";
import { z } from "zod";
import type { JellyfinProduct } from "#contract/jellyfin.ts";
import { createFakeLibrary, type FakeLibrary } from "./fake-jellyfin-library.ts";

/**
 * A stand-in for a Jellyfin or Emby server, of the little that signing in needs; what it has to listen
 * to is `fake-jellyfin-library.ts`. There is none that could run in a test, so it is written from what
 * the vendors publish, and where that is silent from Jellyfin's sources:
 *
 * - an Emby answers programs below `/emby`: https://dev.emby.media/doc/restapi/API-Key-Authentication.html
 * - `GET /System/Info/Public`: https://api.jellyfin.org/#tag/System/operation/GetPublicSystemInfo
 * - `POST /Users/AuthenticateByName`: https://api.jellyfin.org/#tag/User/operation/AuthenticateUserByName,
 *   https://dev.emby.media/doc/restapi/User-Authentication.html
 * - `POST /Sessions/Logout`: https://api.jellyfin.org/#tag/Session/operation/ReportSessionEnded
 * - the `Authorization` header, its quotes and URL-encoding: AuthorizationContext.cs, and
 *   https://gist.github.com/nielsvanvelzen/ea047d9028f676185832e51ffaf12a6f (by a maintainer). From
 *   Jellyfin 12 on `X-Emby-*` headers and the scheme `Emby` count for nothing.
 * - one token a user and device: SessionManager.cs, GetAuthorizationToken
 * - 401 for a wrong password, and 403, before it is looked at, for who is disabled: UserManager.cs,
 *   AuthenticateUser, and ExceptionMiddleware.cs
 */
export interface FakeJellyfin {
  readonly url: string;
  readonly serverId: string;
  /** What an administrator of it has made. */
  readonly apiKey: string;
  readonly library: FakeLibrary;
  readonly requests: readonly FastifyRequest[];
  /** Makes somebody, and tells their id. */
  addUser(name: string, password: string): string;
  change(userId: string, change: Partial<Omit<Account, "id">>): void;
  /** Tokens that work, of this user or of all. */
  liveTokens(userId?: string): readonly LiveToken[];
  /** Every password and token that went over the wire. */
  readonly secrets: readonly string[];
  /** Every request that was not as the vendor asks for. */
  readonly complaints: readonly string[];
  /** How often somebody tried to sign in. */
  readonly tries: () => number;
  /** As a server that is away: no answer but this status. `null`: there again. */
  fail(status: number | null, answer?: FailedAnswer): void;
  /** Lets people in, and takes no token back. */
  failLogouts(isFailing: boolean): void;
  /** Answers as another server from now on, at the same address. */
  become(serverId: string): void;
}

interface FailedAnswer {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface Account {
  readonly id: string;
  name: string;
  password: string;
  isDisabled: boolean;
  /** What the answer says of them besides, or otherwise. */
  says: Readonly<Record<string, unknown>>;
}

export interface LiveToken {
  readonly token: string;
  readonly userId: string;
  readonly deviceId: string;
}

export interface FakeJellyfinOptions {
  readonly product?: JellyfinProduct;
  readonly name?: string;
  readonly serverId?: string;
  /** What `/System/Info/Public` says besides, or otherwise. */
  readonly info?: Readonly<Record<string, unknown>>;
}

const Body = z.object({ Username: z.string(), Pw: z.string() });

const createGuid = (): string => randomBytes(16).toString("hex");

export async function startFakeJellyfin(options: FakeJellyfinOptions = {}): Promise<FakeJellyfin> {
  const { product = "jellyfin", name = "Media" } = options;
  let serverId = options.serverId ?? createGuid();
  const apiKey = createGuid();
  const requests: FastifyRequest[] = [];
  let failing: ({ readonly status: number } & FailedAnswer) | null = null;
  let isKeeping = false;
  let tries = 0;
  const accounts = new Map<string, Account>();
  let tokens: LiveToken[] = [];
  const secrets: string[] = [];
  const complaints: string[] = [];
  const app = Fastify();

  const complain = (reply: FastifyReply, status: number, what: string) => {
    complaints.push(what);
    return reply.code(status).type("text/plain").send("Error processing request.");
  };

  app.addHook("onRequest", async (request, reply) => {
    requests.push(request);
    if (failing === null) return;
    const { status, headers = { "content-type": "text/plain" }, body = "Away." } = failing;
    await reply.code(status).headers(headers).send(body);
  });
  const prefix = product === "emby" ? "/emby" : "";
  const tokenOf = (request: FastifyRequest): string | undefined =>
    product === "emby"
      ? String(request.headers["x-emby-token"])
      : readIntroduction(request, product)?.get("Token");
  const library = createFakeLibrary(app, {
    product,
    prefix,
    complain: (what) => void complaints.push(what),
    whoAsks(request) {
      const token = tokenOf(request);
      if (token === apiKey) return { userId: null };
      const known = tokens.find((each) => each.token === token);
      return known && { userId: known.userId };
    },
  });

  app.get("/System/Info/Public", async () => ({
    LocalAddress: "http://192.168.1.20:8096",
    ServerName: name,
    Version: product === "emby" ? "4.9.1.80" : "12.0.0",
    ...(product === "emby"
      ? {}
      : { ProductName: "Jellyfin Server", OperatingSystem: "", StartupWizardCompleted: true }),
    Id: serverId,
    ...options.info,
  }));

  app.post(`${prefix}/Users/AuthenticateByName`, async (request, reply) => {
    tries += 1;
    const said = readIntroduction(request, product) ?? new Map<string, string>();
    // Jellyfin: an ArgumentException for each that is missing, which is a 400.
    const missing = ["Client", "Device", "DeviceId", "Version"].filter((part) => !said.get(part));
    if (missing.length > 0) return complain(reply, 400, `a sign-in without ${missing}`);
    const body = Body.safeParse(request.body);
    if (!body.success) return complain(reply, 400, "a sign-in without Username or Pw");
    const { Username, Pw } = body.data;
    secrets.push(Pw);
    const account = [...accounts.values()].find((each) => isSame(each.name, Username));
    if (account?.isDisabled) return reply.code(403).send("Error processing request.");
    if (account?.password !== Pw) return reply.code(401).send("Error processing request.");

    const deviceId = said.get("DeviceId") ?? "";
    tokens = tokens.filter((each) => each.userId !== account.id || each.deviceId !== deviceId);
    const token = createGuid();
    tokens.push({ token, userId: account.id, deviceId });
    secrets.push(token);
    return {
      User: {
        Name: account.name,
        ServerId: serverId,
        Id: account.id,
        HasPassword: account.password !== "",
        Policy: { IsAdministrator: false, IsDisabled: account.isDisabled },
        ...account.says,
      },
      SessionInfo: { Id: createGuid(), UserId: account.id, DeviceId: deviceId },
      AccessToken: token,
      ServerId: serverId,
    };
  });

  app.post(`${prefix}/Sessions/Logout`, async (request, reply) => {
    if (isKeeping) return reply.code(503).send();
    const said = readIntroduction(request, product);
    const token = tokenOf(request);
    const known = tokens.find((each) => each.token === token);
    if (!known) return reply.code(401).send();
    if (said?.get("DeviceId") !== known.deviceId) complaints.push("a sign-out of another device");
    tokens = tokens.filter((each) => each !== known);
    return reply.code(204).send();
  });

  await app.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => app.close());
  const bound = app.server.address();
  return {
    url: `http://127.0.0.1:${typeof bound === "object" && bound ? bound.port : 0}`,
    serverId,
    apiKey,
    library,
    requests,
    addUser(userName, password) {
      const id = createGuid();
      accounts.set(id, { id, name: userName, password, isDisabled: false, says: {} });
      return id;
    },
    change(userId, change) {
      const account = accounts.get(userId);
      if (account) Object.assign(account, change);
      // Whoever is disabled is signed out everywhere: UserController.cs, UpdateUserPolicy.
      if (change.isDisabled) tokens = tokens.filter((each) => each.userId !== userId);
    },
    liveTokens: (userId) => tokens.filter((each) => userId === undefined || each.userId === userId),
    secrets,
    complaints,
    tries: () => tries,
    fail: (status, answer = {}) => {
      failing = status === null ? null : { status, ...answer };
    },
    failLogouts: (isFailing) => {
      isKeeping = isFailing;
    },
    become: (other) => {
      serverId = other;
    },
  };
}

/** What a client says of itself; `undefined` when it does not say it in the way that counts. */
function readIntroduction(
  { headers }: FastifyRequest,
  product: JellyfinProduct,
): Map<string, string> | undefined {
  const own = headers["x-emby-authorization"];
  const line = product === "emby" && typeof own === "string" ? own : headers.authorization;
  const [, scheme, rest = ""] = /^(\S+) (.*)$/.exec(line ?? "") ?? [];
  if (scheme !== (product === "emby" ? "Emby" : "MediaBrowser")) return undefined;
  const parts = [...rest.matchAll(/(\w+)="([^"]*)"(?:, *|$)/g)];
  return new Map(parts.map(([, key = "", value = ""]) => [key, decodeURIComponent(value)]));
}

/** Media servers compare names without regard to case. */
const isSame = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();
