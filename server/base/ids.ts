import { randomFillSync } from "node:crypto";

let last: Buffer = Buffer.alloc(16);
let lastMs = 0;

/**
 * A UUIDv7: 48 bits of Unix time in milliseconds, then version, variant and 74 random bits. Of one
 * process, those of the same millisecond count up, so that ids are in the order in which they were
 * made. Sortable, and never a secret.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9562#section-6.2 (method 2)
 */
export function createId<Id extends string>(now: Date): Id {
  const ms = now.getTime();
  last = ms === lastMs ? next(last) : fresh(ms);
  lastMs = ms;
  const hex = last.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}` as Id;
}

function fresh(ms: number): Buffer {
  const bytes = randomFillSync(Buffer.alloc(16));
  bytes.writeUIntBE(ms, 0, 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  // The bit below the variant stays free, for the counter to run over into.
  bytes[8] = ((bytes[8] ?? 0) & 0x1f) | 0x80;
  return bytes;
}

/** By a random step, so that one id does not tell the next. */
function next(before: Buffer): Buffer {
  const bytes = Buffer.from(before);
  let carry = 1 + (randomFillSync(Buffer.alloc(4)).readUInt32BE(0) & 0x3fffffff);
  for (let at = 15; at >= 8 && carry > 0; at -= 1) {
    const sum = (bytes[at] ?? 0) + carry;
    bytes[at] = sum & 0xff;
    carry = Math.floor(sum / 256);
  }
  return bytes;
}
