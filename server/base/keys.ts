import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import type { KeyRing } from "./vault.ts";

/** What a derived key is for. Keys of different purposes have nothing in common. */
export type KeyPurpose =
  | "access-token"
  | "csrf"
  | "refresh-token"
  | "cursor"
  | "device"
  | "ticket"
  | "upstream-device";

/** Keys for what browsers hold. None of them can open a stored credential. */
export interface SessionKeys {
  readonly currentKid: string;
  /** 32 bytes, or `undefined` when no key has this id. */
  find(purpose: KeyPurpose, kid: string): Uint8Array | undefined;
  /** `kid.mac`: HMAC-SHA-256 under the current key. */
  sign(purpose: KeyPurpose, message: string): string;
  isSigned(purpose: KeyPurpose, message: string, signature: string): boolean;
}

/** Derives one key a purpose from each key of the ring (HKDF-SHA-256, RFC 5869). */
export function createSessionKeys(ring: KeyRing): SessionKeys {
  const current = ring[0];
  if (!current) throw new Error("Sessions need a key.");
  const derived = new Map<string, Uint8Array>();

  const find = (purpose: KeyPurpose, kid: string): Uint8Array | undefined => {
    const name = `${purpose} ${kid}`;
    const known = derived.get(name);
    if (known) return known;
    const source = ring.find((each) => each.kid === kid)?.key;
    if (!source) return undefined;
    const key = new Uint8Array(hkdfSync("sha256", source, "", `backline ${purpose}`, 32));
    derived.set(name, key);
    return key;
  };

  const mac = (purpose: KeyPurpose, kid: string, message: string): string | undefined => {
    const key = find(purpose, kid);
    return key && createHmac("sha256", key).update(message).digest("base64url");
  };

  return {
    currentKid: current.kid,
    find,
    sign: (purpose, message) => `${current.kid}.${mac(purpose, current.kid, message)}`,
    isSigned(purpose, message, signature) {
      const [kid = ""] = signature.split(".");
      const expected = mac(purpose, kid, message);
      return expected !== undefined && isEqual(`${kid}.${expected}`, signature);
    },
  };
}

function isEqual(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** A worker's: nobody signs in there. */
export const noSessionKeys: SessionKeys = {
  currentKid: "none",
  find: () => undefined,
  sign() {
    throw new Error("This process holds no keys.");
  },
  isSigned: () => false,
};
