import { z } from "zod";
import { discardBody, readBounded } from "#server/base/egress/body.ts";
import type { EgressResponse } from "#server/base/egress/client.ts";
import { AppError } from "#server/base/errors.ts";
import { withDeadline } from "./deadline.ts";
import { nameThrottle, parseRetryAfter } from "./http.ts";
import type { StorageIo } from "./provider.ts";

/** As whom a provider knows us. */
export interface ClientKeys {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** What a person is sent to a provider's sign-in page with. */
export interface OAuthRequest {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly state: string;
  /** Of PKCE, S256. */
  readonly challenge: string;
  /** Who is expected to sign in; `null` for anybody. */
  readonly account: string | null;
}

/** What a person comes back with, and what it takes to redeem it. */
export interface OAuthGrant {
  readonly client: ClientKeys;
  readonly redirectUri: string;
  readonly code: string;
  readonly verifier: string;
}

/** What a token endpoint gives, read as RFC 6749 §5.1 says it. */
export interface Tokens {
  readonly accessToken: string;
  readonly expiresInSeconds: number;
  /** `null`: the one from before stays. */
  readonly refreshToken: string | null;
  /** When the provider says that it ends the whole access. */
  readonly refreshExpiresInSeconds: number | null;
  /** `null`: what was asked for. */
  readonly scopes: readonly string[] | null;
}

/**
 * What a token endpoint refused, in its own word (RFC 6749 §5.2): the cause of an `AppError`.
 * `no_scope`, `no_refresh_token` and `no_storage` are ours, for an answer that lacks what we need.
 */
export class TokenRefusal extends Error {
  override readonly name = "TokenRefusal";
  readonly reason: string;

  constructor(reason: string) {
    super(`The token endpoint says ${reason}.`);
    this.reason = reason;
  }
}

/**
 * What ends a grant: people have to sign in again, and waiting does not help. The last three are
 * OpenID Connect's for pages (Core §3.1.2.6); Microsoft says them at its token endpoint, too.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#error-codes-for-token-endpoint-errors
 */
const GRANT_ENDED: ReadonlySet<string> = new Set([
  "invalid_grant",
  "interaction_required",
  "login_required",
  "consent_required",
]);

/** Whether a token endpoint itself has said that the grant is over. */
export const isGrantEnded = (error: unknown): error is AppError =>
  error instanceof AppError &&
  error.code === "storage_reconnect" &&
  error.cause instanceof TokenRefusal &&
  GRANT_ENDED.has(error.cause.reason);

/** Shorter than the lease of whoever renews. */
const TOKEN_TIMEOUT_MS = 12_000;
const MAX_ANSWER_BYTES = 64 * 1024;
/** Where nothing is said, as RFC 6749 §5.1 allows. */
const DEFAULT_SECONDS = 3600;

const TokenAnswer = z.object({
  access_token: z.string().min(1).max(8192),
  token_type: z.string().regex(/^bearer$/i),
  expires_in: z.coerce.number().positive().max(31_536_000).optional(),
  refresh_token: z.string().min(1).max(8192).optional(),
  refresh_token_expires_in: z.coerce.number().positive().optional(),
  scope: z.string().optional(),
});
const ErrorAnswer = z.object({ error: z.string().regex(/^[\x20-\x7e]{1,100}$/) });

/**
 * Asks for tokens. The secret goes in the body, as every provider takes it.
 *
 * @throws AppError
 *   - `storage_reconnect` for `invalid_grant` and its like alone: nothing else means that the access
 *     is over.
 *   - `storage_refused` for `invalid_client` and its like: an owner or administrator has to act.
 *   - `rate_limited`, `storage_unavailable` for everything that may work later.
 */
export async function requestTokens(
  io: StorageIo,
  endpoint: string,
  { clientId, clientSecret }: ClientKeys,
  grant: Readonly<Record<string, string>>,
): Promise<Tokens> {
  const { host } = new URL(endpoint);
  const form = { ...grant, client_id: clientId, client_secret: clientSecret };
  return withDeadline(host, io.signal, TOKEN_TIMEOUT_MS, async (signal) => {
    const answer = await io.egress.request({ ...toPost(endpoint, form), signal });
    const body = parseJson((await readBounded(answer.body, MAX_ANSWER_BYTES)).toString("utf8"));
    if (answer.status !== 200) throw nameRefusal(answer, body, io.now());
    const parsed = TokenAnswer.safeParse(body);
    if (!parsed.success) throw nameOutage(host);
    return toTokens(parsed.data);
  });
}

/**
 * Ends a token at the provider. Settles also for one that has ended already.
 *
 * @throws AppError when it may be told later.
 * @see https://www.rfc-editor.org/rfc/rfc7009#section-2.2
 */
export async function revokeToken(io: StorageIo, endpoint: string, token: string): Promise<void> {
  const { host } = new URL(endpoint);
  await withDeadline(host, io.signal, TOKEN_TIMEOUT_MS, async (signal) => {
    const answer = await io.egress.request({ ...toPost(endpoint, { token }), signal });
    discardBody(answer.body);
    if (answer.status === 200 || answer.status === 400) return;
    throw nameRefusal(answer, undefined, io.now());
  });
}

const toPost = (url: string, form: Readonly<Record<string, string>>) => ({
  url,
  method: "POST",
  headers: {
    "content-type": "application/x-www-form-urlencoded",
    accept: "application/json",
  },
  body: new URLSearchParams(form).toString(),
  headersTimeoutMs: TOKEN_TIMEOUT_MS,
});

const toTokens = (answer: z.output<typeof TokenAnswer>): Tokens => ({
  accessToken: answer.access_token,
  expiresInSeconds: answer.expires_in ?? DEFAULT_SECONDS,
  refreshToken: answer.refresh_token ?? null,
  refreshExpiresInSeconds: answer.refresh_token_expires_in ?? null,
  scopes: answer.scope?.split(" ") ?? null,
});

function nameRefusal({ status, headers, url }: EgressResponse, body: unknown, now: Date): AppError {
  if (status === 429) return nameThrottle(url.host, parseRetryAfter(headers["retry-after"], now));
  // RFC 6749 §5.2 refuses with these two; whatever else comes with a body like that is an outage.
  const isRefusal = status === 400 || status === 401;
  const said = isRefusal ? ErrorAnswer.safeParse(body).data?.error : undefined;
  const cause = new TokenRefusal(said ?? `status ${status}`);
  if (said !== undefined && GRANT_ENDED.has(said)) {
    return new AppError(
      "storage_reconnect",
      `${url.host} has ended the access to this storage. Your library is kept; reconnect the storage to go on.`,
      { cause },
    );
  }
  switch (said) {
    case "invalid_client":
    case "unauthorized_client":
    case "deleted_client":
      return new AppError(
        "storage_refused",
        `${url.host} does not accept the client ID and secret that this storage is connected through. Your library is kept; whoever set them up has to check them.`,
        { cause },
      );
    default:
      return nameOutage(url.host, { cause });
  }
}

const nameOutage = (host: string, options: { readonly cause?: unknown } = {}): AppError =>
  new AppError(
    "storage_unavailable",
    `${host} could not renew the access to this storage just now. Nothing is lost; it is tried again by itself.`,
    options,
  );

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
