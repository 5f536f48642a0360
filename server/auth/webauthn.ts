import { z } from "zod";
import type { UserId } from "#contract/ids.ts";
import type {
  PasskeyAssertion,
  PasskeyAttestation,
  PasskeyCreation,
  PasskeyRequest,
} from "#contract/passkeys.ts";
import type { Deps } from "#server/deps.ts";

/**
 * Everything that comes from SimpleWebAuthn: to replace it, replace this file. It is loaded with the
 * first passkey that comes, because it brings a quarter of a second of certificate parsers along.
 */
const library = () => import("@simplewebauthn/server");
const helpers = () => import("@simplewebauthn/server/helpers");

/** EdDSA, ES256, RS256 (IANA COSE algorithms), the best first: what all devices know between them. */
const ALGORITHMS = [-8, -7, -257];

const TIMEOUT_MS = 300_000;

type Place = Pick<Deps, "config">;

interface Known {
  readonly credentialId: string;
  readonly transports: readonly string[];
}

/** Where passkeys belong to: the one address that people use, whatever a request says. */
const rpIdOf = ({ config }: Place): string => config.http.publicUrl.hostname;

export const toRequest = (
  place: Place,
  challenge: string,
  passkeys: readonly Known[],
): PasskeyRequest => ({
  challenge,
  rpId: rpIdOf(place),
  timeout: TIMEOUT_MS,
  userVerification: "required",
  allowCredentials: passkeys.map(toDescriptor),
});

export const toCreation = (
  place: Place,
  challenge: string,
  user: { readonly id: UserId; readonly email: string | null; readonly name: string },
  passkeys: readonly Known[],
): PasskeyCreation => ({
  challenge,
  rp: { id: rpIdOf(place), name: "Backline" },
  user: { id: toUserHandle(user.id), name: user.email ?? user.name, displayName: user.name },
  pubKeyCredParams: ALGORITHMS.map((alg) => ({ alg, type: "public-key" })),
  timeout: TIMEOUT_MS,
  attestation: "none",
  authenticatorSelection: {
    residentKey: "required",
    requireResidentKey: true,
    userVerification: "required",
  },
  excludeCredentials: passkeys.map(toDescriptor),
});

const toDescriptor = ({ credentialId, transports }: Known) => ({
  id: credentialId,
  type: "public-key" as const,
  transports: [...transports],
});

/** The 16 bytes of the id. A device tells it to nobody before it has verified its owner. */
export const toUserHandle = (userId: UserId): string =>
  Buffer.from(userId.replaceAll("-", ""), "hex").toString("base64url");

const ClientData = z.object({ challenge: z.string(), crossOrigin: z.boolean().optional() });

/** @returns `undefined` for what is no client data. */
function parseClientData(clientDataJson: string): z.infer<typeof ClientData> | undefined {
  try {
    const text = Buffer.from(clientDataJson, "base64url").toString("utf8");
    return ClientData.safeParse(JSON.parse(text)).data;
  } catch {
    // Whatever it is, it is not JSON.
    return undefined;
  }
}

/** The challenge that a device says it has signed; whether it has is for the verifiers below. */
export const readChallenge = (clientDataJson: string): string | undefined =>
  parseClientData(clientDataJson)?.challenge;

/** No page of ours lets itself be framed; the library would take it where the browser names no site. */
const isFramed = (clientDataJson: string): boolean =>
  parseClientData(clientDataJson)?.crossOrigin === true;

export interface Proof {
  readonly signCount: number;
  readonly isSynced: boolean;
}

/**
 * Checks signature, challenge, origin, place and that the device has verified its owner. The sign
 * count is only read: whether it may be that is for whoever knows the last one.
 *
 * @returns `undefined` when anything is not right.
 */
export async function verifyAssertion(
  place: Place,
  { id, rawId, type, response }: PasskeyAssertion,
  challenge: string,
  publicKey: Uint8Array,
): Promise<Proof | undefined> {
  const { clientDataJSON, authenticatorData, signature } = response;
  const { verifyAuthenticationResponse } = await library();
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: {
        ...{ id, rawId, type, clientExtensionResults: {} },
        response: { clientDataJSON, authenticatorData, signature },
      },
      expectedChallenge: challenge,
      expectedOrigin: place.config.http.publicUrl.origin,
      expectedRPID: rpIdOf(place),
      requireUserVerification: true,
      // It would look at the count before the signature, and anybody could claim one.
      credential: { id, publicKey: new Uint8Array(publicKey), counter: 0 },
    });
    if (!verified || isFramed(clientDataJSON)) return undefined;
    const { newCounter, credentialBackedUp } = authenticationInfo;
    return { signCount: newCounter, isSynced: credentialBackedUp };
  } catch {
    // The library throws for everything that a stranger may send.
    return undefined;
  }
}

export interface NewCredential extends Proof {
  readonly credentialId: string;
  /** COSE (RFC 9052). */
  readonly publicKey: Buffer;
}

/** @returns `undefined` when anything is not right. */
export async function verifyAttestation(
  place: Place,
  { id, rawId, type, response }: PasskeyAttestation,
  challenge: string,
): Promise<NewCredential | undefined> {
  const { clientDataJSON, attestationObject } = response;
  const { verifyRegistrationResponse } = await library();
  try {
    if (isFramed(clientDataJSON) || !(await isPlain(attestationObject))) return undefined;
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: {
        ...{ id, rawId, type, clientExtensionResults: {} },
        response: { clientDataJSON, attestationObject },
      },
      expectedChallenge: challenge,
      expectedOrigin: place.config.http.publicUrl.origin,
      expectedRPID: rpIdOf(place),
      requireUserVerification: true,
      supportedAlgorithmIDs: ALGORITHMS,
    });
    // The id inside is what the device means; the one outside anybody could write.
    if (!verified || registrationInfo.credential.id !== id) return undefined;
    const { credential, credentialBackedUp } = registrationInfo;
    return {
      credentialId: credential.id,
      publicKey: Buffer.from(credential.publicKey),
      signCount: credential.counter,
      isSynced: credentialBackedUp,
    };
  } catch {
    // The library throws for everything that a stranger may send.
    return undefined;
  }
}

/**
 * Nothing vouches for the device, or only it for itself, as browsers pass on what we ask for. For
 * certificates the library would fetch lists of revoked ones from wherever they say.
 */
async function isPlain(attestationObject: string): Promise<boolean> {
  const { decodeAttestationObject } = await helpers();
  const decoded = decodeAttestationObject(
    new Uint8Array(Buffer.from(attestationObject, "base64url")),
  );
  const format = decoded.get("fmt");
  return (
    format === "none" || (format === "packed" && decoded.get("attStmt").get("x5c") === undefined)
  );
}
