import { errors, type JWTHeaderParameters, jwtVerify, SignJWT } from "jose";
import { z } from "zod";
import { SessionId, UserId } from "#contract/ids.ts";
import type { SessionKeys } from "#server/base/keys.ts";
import type { Deps } from "#server/deps.ts";

/** The envelope in which a browser carries its session id: short-lived, and worth nothing alone. */
const LIFETIME_SECONDS = 600;

/** A database of several machines has several clocks, and they may be so far apart. */
const SKEW_SECONDS = 30;

/** For `jose`, which would ask this machine's clock: at the beginning of time nothing has expired. */
const NO_CLOCK = new Date(0);

const TYPE = "backline-access+jwt";
const AUDIENCE = "backline";
const ALGORITHM = "HS256";

export interface AccessClaims {
  readonly userId: UserId;
  readonly sessionId: SessionId;
  /**
   * In seconds since 1970, by the database's clock. Only who reads the session there can tell
   * whether it is now; outside of it the token names a session and proves nothing more.
   */
  readonly goodFrom: number;
  readonly goodUntil: number;
}

type TokenDeps = Pick<Deps, "config" | "sessionKeys">;

const Payload = z
  .object({ sub: UserId, sid: SessionId, iat: z.int(), exp: z.int() })
  .refine(({ iat, exp }) => exp - iat <= LIFETIME_SECONDS);

/** @param session.issuedAt - in seconds since 1970, by the database's clock. */
export function createAccessToken(
  deps: TokenDeps,
  session: { readonly userId: UserId; readonly sessionId: SessionId; readonly issuedAt: number },
): Promise<string> {
  const kid = deps.sessionKeys.currentKid;
  return new SignJWT({ sid: session.sessionId })
    .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid })
    .setIssuer(issuerOf(deps))
    .setAudience(AUDIENCE)
    .setSubject(session.userId)
    .setIssuedAt(session.issuedAt)
    .setExpirationTime(session.issuedAt + LIFETIME_SECONDS)
    .sign(findKey(deps.sessionKeys, kid));
}

/**
 * Reads a token of ours: one algorithm, our own type, issuer and audience, a key of our own ring. Its
 * time is left to the database, because the clock of one replica may be minutes off.
 *
 * @returns `undefined` for whatever else it may be.
 * @see https://www.rfc-editor.org/rfc/rfc8725#section-3
 */
export async function readAccessToken(
  deps: TokenDeps,
  token: string,
): Promise<AccessClaims | undefined> {
  try {
    const { payload } = await jwtVerify(token, (header) => keyFor(deps.sessionKeys, header), {
      algorithms: [ALGORITHM],
      typ: TYPE,
      issuer: issuerOf(deps),
      audience: AUDIENCE,
      requiredClaims: ["sub", "sid", "iat", "exp"],
      currentDate: NO_CLOCK,
    });
    return toClaims(payload);
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}

function toClaims(payload: unknown): AccessClaims | undefined {
  const parsed = Payload.safeParse(payload);
  if (!parsed.success) return undefined;
  const { sub, sid, iat, exp } = parsed.data;
  return {
    userId: sub,
    sessionId: sid,
    goodFrom: iat - SKEW_SECONDS,
    goodUntil: exp + SKEW_SECONDS,
  };
}

/** A header that brings or points to a key of its own (`jwk`, `jku`, `x5u`) is not one that we wrote. */
function keyFor(keys: SessionKeys, header: JWTHeaderParameters): Uint8Array {
  const names = Object.keys(header).sort().join();
  if (names !== "alg,kid,typ") throw new errors.JWSInvalid("unexpected header parameters");
  return findKey(keys, header.kid ?? "");
}

function findKey(keys: SessionKeys, kid: string): Uint8Array {
  const key = keys.find("access-token", kid);
  if (!key) throw new errors.JWKSNoMatchingKey();
  return key;
}

const issuerOf = (deps: TokenDeps): string => deps.config.http.publicUrl.origin;
