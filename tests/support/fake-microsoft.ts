import { createHash, randomBytes } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { createOnedrive } from "#server/storage/onedrive/index.ts";
import { configure } from "#server/storage/registry.ts";
import { answerGraph, createGraphTree, OWN_DRIVE, toGraphError } from "./fake-graph.ts";
import { createDelta } from "./fake-graph-delta.ts";
import { createFakeOAuth, type FakeOAuth } from "./fake-oauth.ts";
import {
  type Answer,
  answerBytes,
  createFailures,
  type FakeService,
  json,
  startFakeService,
} from "./fake-service.ts";
import type { Tree, TreeNode } from "./fake-tree.ts";

/**
 * A stand-in for Microsoft's sign-in and Graph, from what Microsoft publishes. What others have built
 * (`microsoft-emulator.ts`) has no addresses that end, nothing shared, and lets any permission be asked for.
 *
 * - authorize: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow, under
 *   `/<tenant>/oauth2/v2.0`; a refresh token only with `offline_access`; no `iss` in the answer.
 * - errors have a text for developers, `AADSTS…`, which "should never be used by the client itself":
 *   https://learn.microsoft.com/entra/identity-platform/reference-error-codes.
 * - a refresh gives another refresh token, and the one before goes on:
 *   https://learn.microsoft.com/entra/identity-platform/refresh-tokens#token-lifetime.
 * - there is no endpoint to revoke a token at.
 * - bytes come from another host, without an `Authorization`; one that comes along is refused:
 *   https://github.com/OneDrive/onedrive-api-docs/issues/189.
 */
export interface FakeMicrosoft extends FakeOAuth, FakeService {
  readonly tree: Tree;
  /** Which directories were asked to sign people in, and for tokens. */
  readonly tenants: string[];
  /** What was asked of Graph. */
  readonly graphRequests: URL[];
  /** What the host of the bytes was sent. */
  readonly downloadRequests: IncomingHttpHeaders[];
  /** Where the bytes are: another origin than `url`. */
  readonly downloadsUrl: string;
  pageSize: number;
  /** `null`: the account has no OneDrive. */
  driveType: "personal" | "business" | null;
  /** People without an address have none at Microsoft either. */
  hasEmail: boolean;
  /** Answers this to the next so many requests instead; given a part, to those whose path has it. */
  failGraph(answer: Answer | null, times?: number, part?: string): void;
  failDownload(answer: Answer | null, times?: number): void;
  /** Places in the log that were given so far are worth nothing any more. */
  forgetLog(): void;
  /** No address given so far leads to bytes any more. */
  endAddresses(): void;
  /** Sends the next one who asks for bytes there. */
  sendElsewhere(address: string | null): void;
  provider(settings?: Readonly<Record<string, string>>): ReturnType<typeof configure>;
  readonly spec: ReturnType<typeof createOnedrive>;
}

export async function startFakeMicrosoft(): Promise<FakeMicrosoft> {
  const tree = createGraphTree();
  const delta = createDelta(tree);
  const graphFailures = createFailures();
  const downloadFailures = createFailures();
  const addresses = new Map<string, TreeNode>();
  let elsewhere: string | null = null;
  const explain = (error: string) => ({
    error_description: `AADSTS70000: canary-error-description (${error}). Trace ID: 0000aaaa`,
    error_codes: [70000],
  });
  const { oauth, authorize, token, grantOf } = createFakeOAuth({
    account: "anna@contoso.example",
    scope: "https://graph.microsoft.com/Files.Read.All profile openid email",
    renewal: "gives another",
    mismatch: "AADSTS50011: The redirect URI does not match.",
    accepts: (query) => query.get("response_mode") === "query",
    isOffline: (query) => (query.get("scope") ?? "").split(" ").includes("offline_access"),
    back: () => ({ session_state: "0000aaaa-11bb" }),
    denial: { error_description: "AADSTS65004: canary-error-description" },
    extra: () => ({ ext_expires_in: 3599 }),
    explain,
  });

  const downloads = await startFakeService(async (url, { headers }) => {
    microsoft.downloadRequests.push(headers);
    const failure = downloadFailures.take();
    if (failure) return failure;
    const node = addresses.get(url.searchParams.get("tempauth") ?? "");
    if (headers.authorization !== undefined || !node?.bytes) return { status: 401 };
    const part = answerBytes(node.bytes, "application/octet-stream", headers.range ?? "");
    return part ?? { status: 416 };
  });

  const addressOf = (node: TreeNode): string => {
    const given = elsewhere;
    elsewhere = null;
    if (given !== null) return given;
    const secret = randomBytes(24).toString("base64url");
    microsoft.secrets.add(secret);
    addresses.set(secret, node);
    return `${downloads.url}/download.aspx?tempauth=${secret}`;
  };

  const answerFiles = (url: URL, { headers }: IncomingMessage): Answer => {
    microsoft.graphRequests.push(url);
    const failure = graphFailures.take(url.pathname);
    if (failure) return failure;
    const grant = grantOf(headers.authorization);
    if (!grant) return toGraphError(401, "InvalidAuthenticationToken");
    const path = url.pathname.slice("/v1.0/".length);
    const { pageSize } = microsoft;
    if (path === "me/drive") return answerDrive(microsoft, grant.account);
    const limits = { url: service.url, pageSize, addressOf };
    const isBusiness = microsoft.driveType === "business";
    const told = delta.answer(path, url.searchParams, limits, isBusiness);
    if (told) return told;
    return answerGraph(tree, path, url.searchParams, headers.range !== undefined, limits);
  };

  const service = await startFakeService(async (url, request) => {
    if (url.pathname.startsWith("/v1.0/")) return answerFiles(url, request);
    const [, tenant, name] =
      /^\/([^/]+)\/oauth2\/v2\.0\/(authorize|token)$/.exec(url.pathname) ?? [];
    // A browser asks for an icon.
    if (!tenant) return { status: request.method === "GET" ? 204 : 404 };
    microsoft.tenants.push(`${name} ${tenant}`);
    if (name === "authorize") return authorize(url.searchParams);
    return token(new URLSearchParams(await text(request)));
  });

  const spec = createOnedrive({ login: service.url, graph: `${service.url}/v1.0` });
  const microsoft: FakeMicrosoft = Object.assign(oauth, service, {
    tree,
    tenants: [],
    graphRequests: [],
    downloadRequests: [],
    downloadsUrl: downloads.url,
    pageSize: 1000,
    driveType: "personal" as const,
    hasEmail: true,
    failGraph: graphFailures.fail,
    failDownload: downloadFailures.fail,
    forgetLog: delta.forget,
    endAddresses: () => addresses.clear(),
    sendElsewhere: (address: string | null) => {
      elsewhere = address;
    },
    openDownloads: downloads.openDownloads,
    cutDownloads: downloads.cutDownloads,
    provider: (settings: Readonly<Record<string, string>> = {}) =>
      configure(spec, spec.settings.parse(settings)),
    spec,
  });
  return microsoft;
}

/** @see https://learn.microsoft.com/graph/api/drive-get */
function answerDrive({ driveType, hasEmail }: FakeMicrosoft, account: string): Answer {
  if (driveType === null) return toGraphError(404, "ResourceNotFound");
  const id = account.startsWith("anna")
    ? OWN_DRIVE
    : createHash("sha256").update(account).digest("hex").slice(0, 16);
  const user = { displayName: account.split("@")[0], ...(hasEmail ? { email: account } : {}) };
  return json({ id, driveType, owner: { user }, quota: { used: 4711, total: 5_368_709_120 } });
}
