import { randomFillSync } from "node:crypto";

/**
 * A UUIDv7: 48 bits of Unix time in milliseconds, then version, variant and 74 random bits.
 * Sortable, and never a secret.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9562#section-5.7
 */
export function createId<Id extends string>(now: Date): Id {
  const bytes = randomFillSync(Buffer.alloc(16));
  bytes.writeUIntBE(now.getTime(), 0, 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}` as Id;
}
