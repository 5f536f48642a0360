import { createCipheriv, createHash } from "node:crypto";

/**
 * Our functions bind what they make to places and purposes of ours, so published vectors don't fit
 * into them. Instead each primitive is written here a second time, straight from its standard and
 * out of hashes and single blocks; the vectors prove that one, and then both must agree.
 */
export const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

const sha256 = (data: Buffer): Buffer => createHash("sha256").update(data).digest();

/** RFC 2104 §2. */
export function hmac(key: Buffer, message: Buffer): Buffer {
  const block = Buffer.alloc(64);
  (key.length > 64 ? sha256(key) : key).copy(block);
  const [inner, outer] = [0x36, 0x5c].map((pad) => block.map((byte) => byte ^ pad));
  if (!inner || !outer) throw new Error("no pads");
  return sha256(Buffer.concat([outer, sha256(Buffer.concat([inner, message]))]));
}

/** RFC 5869 §2: extract, then expand. */
export function hkdf(source: Buffer, salt: Buffer, info: Buffer, length: number): Buffer {
  const pseudorandom = hmac(salt.length > 0 ? salt : Buffer.alloc(32), source);
  let block: Buffer = Buffer.alloc(0);
  let out: Buffer = Buffer.alloc(0);
  for (let count = 1; out.length < length; count += 1) {
    block = hmac(pseudorandom, Buffer.concat([block, info, Buffer.from([count])]));
    out = Buffer.concat([out, block]);
  }
  return out.subarray(0, length);
}

/** One block of AES, and nothing of GCM. */
function aes(key: Buffer, block: Buffer): Buffer {
  const cipher = createCipheriv("aes-256-ecb", key, null).setAutoPadding(false);
  return Buffer.concat([cipher.update(block), cipher.final()]);
}

const toNumber = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString("hex") || "0"}`);
const toBlock = (value: bigint): Buffer => hex(value.toString(16).padStart(32, "0"));

/** NIST SP 800-38D §6.3: multiplication in GF(2^128). */
function multiply(left: bigint, right: bigint): bigint {
  let [product, factor] = [0n, right];
  for (let bit = 127n; bit >= 0n; bit -= 1n) {
    if ((left >> bit) & 1n) product ^= factor;
    factor = factor & 1n ? (factor >> 1n) ^ (0xe1n << 120n) : factor >> 1n;
  }
  return product;
}

const blocksOf = (data: Buffer): Buffer[] =>
  Array.from({ length: Math.ceil(data.length / 16) }, (_, index) => {
    const block = Buffer.alloc(16);
    data.copy(block, 0, index * 16, index * 16 + 16);
    return block;
  });

/** NIST SP 800-38D §7, for an iv of 96 bits. @returns the text turned over, and the tag. */
export function gcm(key: Buffer, iv: Buffer, text: Buffer, bound: Buffer, isSealing: boolean) {
  const counter = (count: number): Buffer => {
    const block = Buffer.concat([iv, Buffer.alloc(4)]);
    block.writeUInt32BE(count, 12);
    return aes(key, block);
  };
  const stream = Buffer.concat(blocksOf(text).map((_, index) => counter(index + 2)));
  const turned = Buffer.from(text.map((byte, index) => byte ^ (stream[index] ?? 0)));
  const ciphertext = isSealing ? turned : text;
  const lengths = Buffer.alloc(16);
  lengths.writeBigUInt64BE(BigInt(bound.length) * 8n, 0);
  lengths.writeBigUInt64BE(BigInt(ciphertext.length) * 8n, 8);
  const h = toNumber(aes(key, Buffer.alloc(16)));
  const hashed = [...blocksOf(bound), ...blocksOf(ciphertext), lengths].reduce(
    (sum, block) => multiply(sum ^ toNumber(block), h),
    0n,
  );
  return { turned, tag: toBlock(hashed ^ toNumber(counter(1))) };
}
