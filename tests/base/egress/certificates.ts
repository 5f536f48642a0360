import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIPv4 } from "node:net";

/** A certificate and its key in PEM, as `https.createServer` takes them. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateWish {
  /** Names and IPv4 addresses that it is good for. */
  readonly names: readonly string[];
  readonly validFrom?: Date;
  readonly validTo?: Date;
}

export interface Authority {
  readonly cert: string;
  issue(wish: CertificateWish): Certificate;
}

interface Signer {
  readonly name: Buffer;
  readonly privateKey: KeyObject;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** OBJECT IDENTIFIERs, ready encoded. */
const oid = {
  ecdsaWithSha256: Buffer.from("06082a8648ce3d040302", "hex"),
  commonName: Buffer.from("0603550403", "hex"),
  basicConstraints: Buffer.from("0603551d13", "hex"),
  subjectAltName: Buffer.from("0603551d11", "hex"),
};

/** Certificates made on the spot, so that no key is in the repository and none expires with it. */
export function createAuthority(commonName: string): Authority {
  const keys = createKeys();
  const signer: Signer = { name: toName(commonName), privateKey: keys.privateKey };
  const constraint = toExtension(oid.basicConstraints, sequence(tlv(0x01, Buffer.from([0xff]))));
  return {
    cert: toPem(createDer(signer, signer.name, keys.publicKey, [constraint], {})),
    issue: (wish) => issue(signer, wish),
  };
}

export function createSelfSigned(wish: CertificateWish): Certificate {
  const keys = createKeys();
  const name = toName(wish.names[0] ?? "");
  const signer: Signer = { name, privateKey: keys.privateKey };
  const der = createDer(signer, name, keys.publicKey, [toAltNames(wish.names)], wish);
  return { cert: toPem(der), key: exportKey(keys.privateKey) };
}

function issue(signer: Signer, wish: CertificateWish): Certificate {
  const keys = createKeys();
  const name = toName(wish.names[0] ?? "");
  const der = createDer(signer, name, keys.publicKey, [toAltNames(wish.names)], wish);
  return { cert: toPem(der), key: exportKey(keys.privateKey) };
}

/** X.509 v3 in DER: `SEQUENCE { tbsCertificate, algorithm, signature }` (RFC 5280 §4.1). */
function createDer(
  signer: Signer,
  subject: Buffer,
  publicKey: KeyObject,
  extensions: readonly Buffer[],
  { validFrom, validTo }: Pick<CertificateWish, "validFrom" | "validTo">,
): Buffer {
  const algorithm = sequence(oid.ecdsaWithSha256);
  const tbs = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, Buffer.concat([Buffer.from([0x01]), randomBytes(15)])),
    algorithm,
    signer.name,
    sequence(
      toUtcTime(validFrom ?? new Date(Date.now() - DAY_MS)),
      toUtcTime(validTo ?? new Date(Date.now() + DAY_MS)),
    ),
    subject,
    publicKey.export({ type: "spki", format: "der" }),
    tlv(0xa3, sequence(...extensions)),
  );
  const signature = sign("sha256", tbs, signer.privateKey);
  return sequence(tbs, algorithm, tlv(0x03, Buffer.concat([Buffer.from([0]), signature])));
}

function createKeys() {
  return generateKeyPairSync("ec", { namedCurve: "P-256" });
}

function exportKey(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

function toName(commonName: string): Buffer {
  const attribute = sequence(oid.commonName, tlv(0x0c, Buffer.from(commonName)));
  return sequence(tlv(0x31, attribute));
}

function toAltNames(names: readonly string[]): Buffer {
  const entries = names.map((name) =>
    isIPv4(name)
      ? tlv(0x87, Buffer.from(name.split(".").map(Number)))
      : tlv(0x82, Buffer.from(name)),
  );
  return toExtension(oid.subjectAltName, sequence(...entries));
}

function toExtension(id: Buffer, value: Buffer): Buffer {
  return sequence(id, tlv(0x04, value));
}

function toUtcTime(time: Date): Buffer {
  const digits = time.toISOString().replaceAll(/[-:T]|\.\d+/g, "");
  return tlv(0x17, Buffer.from(digits.slice(2)));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tlv(0x30, Buffer.concat(parts));
}

/** `tag | length | value`, the length in one byte or in as many as its first byte says. */
function tlv(tag: number, value: Buffer): Buffer {
  const { length } = value;
  const head =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), value]);
}

function toPem(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}
