import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { createGoogleDrive } from "#server/storage/google-drive/index.ts";
import { configure } from "#server/storage/registry.ts";
import { answerFiles, createDriveTree, toError } from "./fake-drive.ts";
import { createChangeLog } from "./fake-drive-changes.ts";
import { createFakeOAuth, type FakeOAuth } from "./fake-oauth.ts";
import {
  type Answer,
  createFailures,
  type FakeService,
  json,
  startFakeService,
} from "./fake-service.ts";
import type { Tree } from "./fake-tree.ts";

/**
 * A stand-in for Google's sign-in and Drive, from what Google publishes:
 *
 * - authorize: https://developers.google.com/identity/protocols/oauth2/web-server#creatingclient; a
 *   refresh token only for `access_type=offline`.
 * - a refresh does not change the refresh token: `#offline`.
 * - `refresh_token_expires_in` while the consent screen is in testing: #refresh-token-expiration there.
 * - revoke ends the whole grant of the person to the client: #tokenrevoke.
 * - `iss` in the answer: RFC 9207 §2.
 */
export interface FakeGoogle extends FakeOAuth, FakeService {
  readonly tree: Tree;
  readonly revocations: string[];
  /** What was asked of Drive, as method and path. */
  readonly driveRequests: URL[];
  isTesting: boolean;
  pageSize: number;
  /** Answers this to the next so many requests instead; given a part, to those whose path has it. */
  failDrive(answer: Answer | null, times?: number, part?: string): void;
  /** To be a provider of a server. */
  provider(settings?: object): ReturnType<typeof configure>;
  readonly spec: ReturnType<typeof createGoogleDrive>;
  /** Where it is, as a provider in another process wants it. */
  readonly addresses: Parameters<typeof createGoogleDrive>[0];
}

const SCOPE = "https://www.googleapis.com/auth/drive.readonly";

export async function startFakeGoogle(): Promise<FakeGoogle> {
  const tree = createDriveTree();
  const changes = createChangeLog(tree);
  const failures = createFailures();
  const { oauth, authorize, token, grantOf, endGrantOf } = createFakeOAuth({
    account: "anna@gmail.example",
    scope: SCOPE,
    renewal: "keeps it",
    mismatch: "Error 400: redirect_uri_mismatch",
    accepts: (query) => query.get("access_type") === "offline",
    isOffline: () => true,
    back: () => ({ iss: google.url, scope: google.scope }),
    denial: {},
    extra: () => (google.isTesting ? { refresh_token_expires_in: 604_799 } : {}),
    explain: () => ({}),
  });

  const revoke = (form: URLSearchParams): Answer => {
    const given = form.get("token") ?? "";
    google.revocations.push(given);
    return endGrantOf(given) ? json({}) : json({ error: "invalid_token" }, 400);
  };

  const answerDrive = (url: URL, { headers }: IncomingMessage): Answer => {
    google.driveRequests.push(url);
    const failure = failures.take(url.pathname);
    if (failure) return failure;
    const grant = grantOf(headers.authorization);
    if (!grant) return toError(401, "authError");
    const path = url.pathname.slice("/drive/v3/".length);
    if (path === "about") {
      const user = { permissionId: idOf(grant.account), emailAddress: grant.account };
      return json({ user, storageQuota: { limit: "16106127360", usage: "4711" } });
    }
    if (path.startsWith("changes")) return changes(path, url.searchParams, google.pageSize);
    return answerFiles(tree, path, url.searchParams, headers.range ?? "", google.pageSize);
  };

  const service = await startFakeService(async (url, request) => {
    if (url.pathname === "/auth") return authorize(url.searchParams);
    if (url.pathname.startsWith("/drive/v3/")) return answerDrive(url, request);
    // A browser asks for an icon.
    if (request.method === "GET") return { status: 204 };
    const form = new URLSearchParams(await text(request));
    return url.pathname === "/revoke" ? revoke(form) : token(form);
  });

  const { url } = service;
  const addresses = {
    issuer: url,
    authorize: `${url}/auth`,
    token: `${url}/token`,
    revoke: `${url}/revoke`,
    drive: `${url}/drive/v3`,
  };
  const spec = createGoogleDrive(addresses);
  const google: FakeGoogle = Object.assign(oauth, service, {
    addresses,
    tree,
    revocations: [],
    driveRequests: [],
    isTesting: false,
    pageSize: 1000,
    failDrive: failures.fail,
    provider: (settings = {}) => configure(spec, settings),
    spec,
  });
  return google;
}

const idOf = (account: string): string =>
  createHash("sha256").update(account).digest("hex").slice(0, 20);
