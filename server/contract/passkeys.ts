import { z } from "zod";
import { Timestamp } from "./time.ts";

/** Bytes as WebAuthn writes them in JSON: base64url without padding. */
const bytes = (most: number) =>
  z
    .string()
    .max(Math.ceil((most * 4) / 3))
    .regex(/^[\w-]+$/);

/** WebAuthn Level 3 §4 allows up to 1,023 bytes. */
const CredentialId = bytes(1_023);
/** We ask for what fills a fourth of it; an origin and a challenge are short. */
const ClientData = bytes(4_096);
const Transport = z
  .string()
  .max(32)
  .regex(/^[a-z-]+$/);

/** What browsers send along unasked. Nothing of it is believed, or even read. */
const unread = {
  authenticatorAttachment: z.enum(["platform", "cross-platform"]).nullable().optional(),
  clientExtensionResults: z
    .strictObject({
      appid: z.boolean().optional(),
      appidExclude: z.boolean().optional(),
      credProps: z
        .strictObject({
          rk: z.boolean().optional(),
          authenticatorDisplayName: z.string().max(200).optional(),
        })
        .optional(),
      hmacCreateSecret: z.boolean().optional(),
      minPinLength: z.number().optional(),
      prf: z.strictObject({ enabled: z.boolean().optional() }).optional(),
    })
    .optional(),
};

/**
 * What a device signed, as `PublicKeyCredential.toJSON()` writes it.
 *
 * @see https://www.w3.org/TR/webauthn-3/#dictdef-authenticationresponsejson
 */
export const PasskeyAssertion = z.strictObject({
  id: CredentialId,
  rawId: CredentialId,
  type: z.literal("public-key"),
  ...unread,
  response: z.strictObject({
    clientDataJSON: ClientData,
    authenticatorData: bytes(4_096),
    signature: bytes(1_024),
    /** Whose passkey it is, as the device knows it. Some devices send an empty one for none. */
    userHandle: z
      .union([bytes(64), z.literal("")])
      .nullable()
      .optional(),
  }),
});
export type PasskeyAssertion = z.infer<typeof PasskeyAssertion>;

/**
 * A key pair that a device has made, as `PublicKeyCredential.toJSON()` writes it.
 *
 * @see https://www.w3.org/TR/webauthn-3/#dictdef-registrationresponsejson
 */
export const PasskeyAttestation = z.strictObject({
  id: CredentialId,
  rawId: CredentialId,
  type: z.literal("public-key"),
  ...unread,
  response: z.strictObject({
    clientDataJSON: ClientData,
    attestationObject: bytes(12_288),
    transports: z.array(Transport).max(10).optional(),
    /** What the attestation holds already, for whoever cannot read it. */
    authenticatorData: bytes(4_096).optional(),
    publicKey: bytes(4_096).nullable().optional(),
    publicKeyAlgorithm: z.number().optional(),
  }),
});
export type PasskeyAttestation = z.infer<typeof PasskeyAttestation>;

const PasskeyDescriptor = z.strictObject({
  id: z.string(),
  type: z.literal("public-key"),
  transports: z.array(z.string()),
});

/** For `navigator.credentials.get`. The challenge works once, for five minutes, in this browser. */
export const PasskeyRequest = z.strictObject({
  challenge: z.string(),
  rpId: z.string(),
  /** Milliseconds. */
  timeout: z.number().int(),
  userVerification: z.literal("required"),
  /** Empty: the device shows the passkeys that it has, and nobody says whose they want. */
  allowCredentials: z.array(PasskeyDescriptor),
});
export type PasskeyRequest = z.infer<typeof PasskeyRequest>;

/** For `navigator.credentials.create`. */
export const PasskeyCreation = z.strictObject({
  challenge: z.string(),
  rp: z.strictObject({ id: z.string(), name: z.string() }),
  user: z.strictObject({ id: z.string(), name: z.string(), displayName: z.string() }),
  pubKeyCredParams: z.array(z.strictObject({ alg: z.number(), type: z.literal("public-key") })),
  /** Milliseconds. */
  timeout: z.number().int(),
  attestation: z.literal("none"),
  authenticatorSelection: z.strictObject({
    residentKey: z.literal("required"),
    requireResidentKey: z.literal(true),
    userVerification: z.literal("required"),
  }),
  excludeCredentials: z.array(PasskeyDescriptor),
});
export type PasskeyCreation = z.infer<typeof PasskeyCreation>;

export const SignInPasskey = z.strictObject({
  assertion: PasskeyAssertion,
  /** 30 days instead of until the browser is closed. */
  rememberMe: z.boolean(),
});
export type SignInPasskey = z.infer<typeof SignInPasskey>;

/** What its owner calls it, in one line. */
const PasskeyName = z
  .string()
  .regex(/^\P{Cc}*$/u, "Control characters can't be used here")
  .trim()
  .min(1)
  .max(100);

export const Passkey = z.strictObject({
  id: z.uuid(),
  name: z.string(),
  /** It lies in somebody's password manager, and not in one device alone. */
  isSynced: z.boolean(),
  createdAt: Timestamp,
  lastUsedAt: Timestamp.nullable(),
});
export type Passkey = z.infer<typeof Passkey>;

export const AddPasskey = z.strictObject({ name: PasskeyName, attestation: PasskeyAttestation });
export type AddPasskey = z.infer<typeof AddPasskey>;

export const RenamePasskey = z.strictObject({ id: z.uuid(), name: PasskeyName });
export type RenamePasskey = z.infer<typeof RenamePasskey>;

export const OnePasskey = z.strictObject({ id: z.uuid() });
