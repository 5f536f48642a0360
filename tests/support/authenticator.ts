import {
  createHash,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from "node:crypto";
import type {
  PasskeyAssertion,
  PasskeyAttestation,
  PasskeyCreation,
  PasskeyRequest,
} from "#contract/passkeys.ts";
import { createSelfSigned } from "#tests/base/egress/certificates.ts";

/** What an attacker, or a broken device, would do otherwise. */
export interface Quirks {
  /** Whose page asks; the server's own when left out. */
  readonly origin?: string;
  readonly rpId?: string;
  readonly challenge?: string;
  readonly type?: string;
  readonly crossOrigin?: boolean;
  /** Nobody had to show a finger or a PIN. */
  readonly isUnverified?: boolean;
  readonly signCount?: number;
  readonly userHandle?: string | null;
  /** Says another id than that of the key that signs. */
  readonly credentialId?: string;
}

export interface AttestationQuirks extends Quirks {
  /** Who says that the device is a good one; nobody when left out. */
  readonly attestation?: "by itself" | "by a certificate" | "in a way of its own";
  readonly algorithm?: number;
}

/** A device of somebody's, in software: one ES256 key that says what it is told to say. */
export interface Authenticator {
  readonly credentialId: string;
  create(options: PasskeyCreation, quirks?: AttestationQuirks): PasskeyAttestation;
  get(options: PasskeyRequest, quirks?: Quirks): PasskeyAssertion;
}

type Cbor = number | string | Buffer | readonly Cbor[] | ReadonlyMap<number | string, Cbor>;

const PRESENT = 0x01;
const VERIFIED = 0x04;
const BACKED_UP = 0x18;
const HAS_KEY = 0x40;

const base64url = (bytes: Buffer): string => bytes.toString("base64url");
const sha256 = (bytes: string | Buffer): Buffer => createHash("sha256").update(bytes).digest();

/**
 * @param options.isSynced - says that the key is kept in more places than this one.
 * @param options.isCounting - counts its uses; most that are synced don't.
 */
export function createAuthenticator(
  origin: string,
  options: { readonly isSynced?: boolean; readonly isCounting?: boolean } = {},
): Authenticator {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const id = randomBytes(32);
  const credentialId = base64url(id);
  let userHandle = "";
  let signCount = 0;

  const next = (): number => {
    if (options.isCounting) signCount += 1;
    return signCount;
  };

  /** `rpIdHash (32) | flags (1) | signCount (4) | …` (WebAuthn §6.1). */
  const authenticatorData = (rpId: string, quirks: Quirks, more: Buffer | null): Buffer => {
    const flags =
      PRESENT |
      (quirks.isUnverified ? 0 : VERIFIED) |
      (options.isSynced ? BACKED_UP : 0) |
      (more ? HAS_KEY : 0);
    const head = Buffer.alloc(5);
    head.writeUInt8(flags, 0);
    head.writeUInt32BE(quirks.signCount ?? next(), 1);
    return Buffer.concat([sha256(quirks.rpId ?? rpId), head, more ?? Buffer.alloc(0)]);
  };

  const clientData = (type: string, challenge: string, quirks: Quirks): Buffer =>
    Buffer.from(
      JSON.stringify({
        type: quirks.type ?? type,
        challenge: quirks.challenge ?? challenge,
        origin: quirks.origin ?? origin,
        crossOrigin: quirks.crossOrigin ?? false,
      }),
    );

  return {
    credentialId,

    create({ challenge, rp, user }, quirks = {}) {
      userHandle = user.id;
      const idLength = Buffer.alloc(2);
      idLength.writeUInt16BE(id.length);
      const key = encode(toCose(publicKey, quirks.algorithm ?? -7));
      const attested = Buffer.concat([Buffer.alloc(16), idLength, id, key]);
      const data = authenticatorData(rp.id, quirks, attested);
      const client = clientData("webauthn.create", challenge, quirks);
      const attestationObject = new Map<string, Cbor>([
        ...attest(quirks, { data, client, id, publicKey, privateKey }),
        ["authData", data],
      ]);
      return {
        id: quirks.credentialId ?? credentialId,
        rawId: quirks.credentialId ?? credentialId,
        type: "public-key",
        authenticatorAttachment: "platform",
        clientExtensionResults: { credProps: { rk: true } },
        response: {
          clientDataJSON: base64url(client),
          attestationObject: base64url(encode(attestationObject)),
          transports: ["internal"],
        },
      };
    },

    get({ challenge, rpId }, quirks = {}) {
      const data = authenticatorData(rpId, quirks, null);
      const client = clientData("webauthn.get", challenge, quirks);
      const signed = Buffer.concat([data, sha256(client)]);
      return {
        id: quirks.credentialId ?? credentialId,
        rawId: quirks.credentialId ?? credentialId,
        type: "public-key",
        authenticatorAttachment: "platform",
        clientExtensionResults: {},
        response: {
          clientDataJSON: base64url(client),
          authenticatorData: base64url(data),
          signature: base64url(sign("sha256", signed, privateKey)),
          userHandle: quirks.userHandle === undefined ? userHandle : quirks.userHandle,
        },
      };
    },
  };
}

interface Made {
  readonly data: Buffer;
  readonly client: Buffer;
  readonly id: Buffer;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** Format and statement of an attestation, right in everything (WebAuthn §8). */
function attest({ attestation }: AttestationQuirks, made: Made): [string, Cbor][] {
  const { data, client, id, publicKey, privateKey } = made;
  if (attestation === undefined) return toAttestation("none", {});
  switch (attestation) {
    case "by itself": {
      const signature = sign("sha256", Buffer.concat([data, sha256(client)]), privateKey);
      return toAttestation("packed", { alg: -7, sig: signature });
    }
    case "by a certificate": {
      const { cert, key } = createSelfSigned({ names: ["device.example"] });
      const { x = "", y = "" } = publicKey.export({ format: "jwk" });
      const point = [Buffer.from([4]), Buffer.from(x, "base64url"), Buffer.from(y, "base64url")];
      const rpIdHash = data.subarray(0, 32);
      const signed = Buffer.concat([Buffer.from([0]), rpIdHash, sha256(client), id, ...point]);
      const x5c = [new X509Certificate(cert).raw];
      return toAttestation("fido-u2f", { x5c, sig: sign("sha256", signed, key) });
    }
    case "in a way of its own":
      return toAttestation("made-up", {});
  }
}

const toAttestation = (
  format: string,
  statement: Readonly<Record<string, Cbor>>,
): [string, Cbor][] => [
  ["fmt", format],
  ["attStmt", new Map(Object.entries(statement))],
];

/** A P-256 key as COSE writes it (RFC 9053 §7.1.1). */
function toCose(publicKey: KeyObject, algorithm: number): Cbor {
  const { x = "", y = "" } = publicKey.export({ format: "jwk" });
  return new Map<number, Cbor>([
    [1, 2],
    [3, algorithm],
    [-1, 1],
    [-2, Buffer.from(x, "base64url")],
    [-3, Buffer.from(y, "base64url")],
  ]);
}

/** As much of CBOR (RFC 8949) as attestations need. */
function encode(value: Cbor): Buffer {
  if (typeof value === "number") return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === "string")
    return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  if (value instanceof Map) {
    const pairs = [...value].flatMap(([key, each]) => [encode(key), encode(each)]);
    return Buffer.concat([head(5, value.size), ...pairs]);
  }
  const items = value as readonly Cbor[];
  return Buffer.concat([head(4, items.length), ...items.map(encode)]);
}

function head(majorType: number, argument: number): Buffer {
  if (argument < 24) return Buffer.from([(majorType << 5) | argument]);
  if (argument < 256) return Buffer.from([(majorType << 5) | 24, argument]);
  return Buffer.from([(majorType << 5) | 25, argument >> 8, argument & 255]);
}
