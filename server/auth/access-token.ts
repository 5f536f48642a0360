import { errors, type JWTHeaderParameters, jwtVerify, SignJWT } from "jose";
import { z } from "zod";
import { SessionId, UserId } from "#contract/ids.ts";
import type { SessionKeys } from "#server/base/keys.ts";
import type { Deps } from "#server/deps.ts";

/** The envelope in which a browser carries its session id: short-lived, and worth nothing alone. */
const LIFETIME_SECONDS = 600;

/** How far the clocks of two replicas may be apart. */
const SKEW_SECONDS = 30;

const TYPE = "backline-access+jwt";
const AUDIENCE = "backline";
const ALGORITHM = "HS256";

export interface AccessClaims {
  readonly userId: UserId;
  readonly sessionId: SessionId;
  /** We signed it, but too long ago: it names a session and proves nothing more. */
  readonly isExpired: boolean;
}

type TokenDeps = Pick<Deps, "config" | "sessionKeys" | "now">;

const Payload = z.object({ sub: UserId, sid: SessionId });

export function createAccessToken(
  deps: TokenDeps,
  session: { readonly userId: UserId; readonly sessionId: SessionId },
): Promise<string> {
  const kid = deps.sessionKeys.currentKid;
  const issuedAt = Math.floor(deps.now().getTime() / 1000);
  return new SignJWT({ sid: session.sessionId })
    .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid })
    .setIssuer(issuerOf(deps))
    .setAudience(AUDIENCE)
    .setSubject(session.userId)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + LIFETIME_SECONDS)
    .sign(findKey(deps.sessionKeys, kid));
}

/**
 * Reads a token of ours: one algorithm, our own type, issuer and audience, a key of our own ring.
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
      maxTokenAge: LIFETIME_SECONDS,
      clockTolerance: SKEW_SECONDS,
      currentDate: deps.now(),
    });
    return toClaims(payload, false);
  } catch (error) {
    // jose checks signature, type, issuer and audience before it looks at the clock.
    if (error instanceof errors.JWTExpired) return toClaims(error.payload, true);
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}

function toClaims(payload: unknown, isExpired: boolean): AccessClaims | undefined {
  const parsed = Payload.safeParse(payload);
  if (!parsed.success) return undefined;
  return { userId: parsed.data.sub, sessionId: parsed.data.sid, isExpired };
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
