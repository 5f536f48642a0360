import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { AppError } from "./errors.ts";

/** 32 bytes each, the current one first; older ones only open. */
export type KeyRing = readonly { readonly kid: string; readonly key: Buffer }[];

/** Where a sealed value belongs. It opens only there. */
export interface SealedPlace {
  readonly table: string;
  readonly column: string;
  readonly rowId: string;
  /** The band or the user that it belongs to. */
  readonly ownerId: string;
}

/** Seals secrets at rest. Nothing else in the server holds the encryption keys. */
export interface Vault {
  /** Ids of the keys: the one that seals first, then those that only open. */
  readonly kids: readonly string[];
  seal(plaintext: string, place: SealedPlace): string;
  /** @throws AppError `internal` when it was sealed for another place, by an unknown key, or changed. */
  open(sealed: string, place: SealedPlace): string;
}

const VERSION = "v1";
const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/**
 * AES-256-GCM twice: the value under a random data key of its own, the data key under the ring's
 * current key. Both are bound to the place and the key id as associated data.
 *
 * A sealed value is `v1.kid.box(data key).box(value)`, where `box` is base64url of
 * `iv (12) | ciphertext | tag (16)`. Forgetting the row forgets the data key.
 *
 * @see NIST SP 800-38D §8.2 for the length of iv and tag
 */
export function createVault(ring: KeyRing): Vault {
  const current = ring[0];
  if (!current) throw new Error("A vault needs a key.");

  return {
    kids: ring.map(({ kid }) => kid),

    seal(plaintext, place) {
      const bound = associatedData(current.kid, place);
      const dataKey = randomBytes(KEY_BYTES);
      const wrapped = encrypt(current.key, dataKey, bound);
      const value = encrypt(dataKey, Buffer.from(plaintext, "utf8"), bound);
      return [VERSION, current.kid, wrapped, value].join(".");
    },

    open(sealed, place) {
      const [version, kid, wrapped, value, ...rest] = sealed.split(".");
      const key = ring.find((each) => each.kid === kid)?.key;
      if (version !== VERSION || !kid || !wrapped || !value || rest.length > 0 || !key) {
        throw unreadable();
      }
      try {
        const bound = associatedData(kid, place);
        const dataKey = decrypt(key, wrapped, bound);
        return decrypt(dataKey, value, bound).toString("utf8");
      } catch (error) {
        throw unreadable(error);
      }
    },
  };
}

const associatedData = (kid: string, place: SealedPlace): Buffer =>
  Buffer.from(
    JSON.stringify([VERSION, kid, place.table, place.column, place.rowId, place.ownerId]),
    "utf8",
  );

function encrypt(key: Buffer, plaintext: Buffer, bound: Buffer): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(bound);
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([iv, ciphertext, cipher.getAuthTag()]).toString("base64url");
}

function decrypt(key: Buffer, box: string, bound: Buffer): Buffer {
  const bytes = Buffer.from(box, "base64url");
  if (bytes.length < IV_BYTES + TAG_BYTES) throw new Error("The sealed value is too short.");
  const iv = bytes.subarray(0, IV_BYTES);
  const tag = bytes.subarray(bytes.length - TAG_BYTES);
  // Without authTagLength Node accepts tags of 4 bytes, which are 2^96 times easier to forge.
  const decipher = createDecipheriv("aes-256-gcm", key, iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(bound);
  decipher.setAuthTag(tag);
  return Buffer.concat([
    decipher.update(bytes.subarray(IV_BYTES, bytes.length - TAG_BYTES)),
    decipher.final(),
  ]);
}

const unreadable = (cause?: unknown): AppError =>
  new AppError("internal", "A stored credential could not be read.", { cause });

/** A worker's, which holds no keys. Nothing that it does asks for them. */
export const noVault: Vault = {
  kids: [],
  seal: refuse,
  open: refuse,
};

function refuse(): never {
  throw new Error("This process holds no keys.");
}
