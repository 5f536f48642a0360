import { isIP } from "node:net";
import { z } from "zod";
import type { KeyRing } from "#server/base/vault.ts";

export const flag = z
  .enum(["0", "1"])
  .default("0")
  .transform((value) => value === "1");

export const origin = z
  .url({ protocol: /^https?$/ })
  .refine((url) => URL.parse(url)?.pathname === "/" && !/[?#@]/.test(url), {
    message: "expected an origin such as https://music.example, without path, query or user",
  });

const list = z
  .string()
  .default("")
  .transform((value) =>
    value
      .split(",")
      .map((each) => each.trim())
      .filter((each) => each !== ""),
  );

export const cidrs = list.refine((each) => each.every(isCidr), {
  message:
    "expected addresses or CIDRs, such as 10.0.0.0/8, separated by commas (a number of hops is not one)",
});

const UNIT_BYTES: Readonly<Record<string, number>> = { MB: 1e6, GB: 1e9, TB: 1e12 };

/** `10GB`, `500MB` or `1.5TB`; `0` for none. */
export const byteSize = z
  .string()
  .regex(
    /^(0|\d{1,6}(\.\d{1,3})?(MB|GB|TB))$/,
    "expected a size such as 10GB or 500MB, or 0 for none",
  )
  .transform((text) => Math.floor(Number.parseFloat(text) * (UNIT_BYTES[text.slice(-2)] ?? 0)))
  .refine((bytes) => bytes === 0 || (bytes >= 50e6 && bytes <= 4e12), {
    message: "expected between 50MB and 4TB",
  });

/** Exactly what a browser sends as `Origin`: no path, no `*`, and no plain http but to this machine. */
export const origins = list.refine((each) => each.every(isSafeOrigin), {
  message:
    "expected origins such as https://app.example, separated by commas, without a path and without *; plain http only for this machine",
});

/** `kid:key,kid:key`: 32 random bytes in base64 each, the current one first. */
export const keyRing = z.string().transform((value, context): KeyRing => {
  const keys = value.split(",").map((each) => toKey(each.trim()));
  const ring = keys.filter((each) => each !== null);
  const message = problemOf(ring, keys.length);
  if (message !== null) context.addIssue({ code: "custom", message });
  return ring;
});

function problemOf(ring: KeyRing, expected: number): string | null {
  if (ring.length < expected) {
    return "expected kid:base64 with 32 random bytes a key; `openssl rand -base64 32` makes one";
  }
  if (ring.some((each) => isGuessable(each.key))) return "this key is not random";
  const kids = new Set(ring.map((each) => each.kid));
  return kids.size < ring.length ? "two keys have the same id" : null;
}

function toKey(text: string): { kid: string; key: Buffer } | null {
  const match = /^([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/_-]{43}=?)$/.exec(text);
  if (!match?.[1] || !match[2]) return null;
  return { kid: match[1], key: Buffer.from(match[2], "base64") };
}

const isGuessable = (key: Buffer): boolean => new Set(key).size < 12;

export const isLoopbackHost = (host: string): boolean =>
  host === "localhost" || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(host);

function isCidr(text: string): boolean {
  const [address = "", bits, ...rest] = text.split("/");
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return (
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
  );
}

function isSafeOrigin(text: string): boolean {
  const url = URL.parse(text);
  if (url?.origin !== text || text.includes("*")) return false;
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopbackHost(url.hostname));
}
