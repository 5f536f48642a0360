import { describe, expect, test } from "vitest";
import type { SessionId, UserId } from "#contract/ids.ts";
import { createAccessToken, readAccessToken } from "#server/auth/access-token.ts";
import { toTotpUri, totpCodeAt } from "#server/auth/crypto.ts";
import { createSessionKeys } from "#server/base/keys.ts";
import { createVault } from "#server/base/vault.ts";
import { parseConfig } from "#server/config.ts";
import { gcm, hex, hkdf, hmac } from "./standards.ts";

describe("what the standards' own examples prove", () => {
  test("HMAC-SHA-256, by RFC 4231", () => {
    const cases = [
      [
        "0b".repeat(20),
        Buffer.from("Hi There").toString("hex"),
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
      ],
      [
        Buffer.from("Jefe").toString("hex"),
        Buffer.from("what do ya want for nothing?").toString("hex"),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
      ],
      [
        "aa".repeat(20),
        "dd".repeat(50),
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
      ],
      [
        "0102030405060708090a0b0c0d0e0f10111213141516171819",
        "cd".repeat(50),
        "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
      ],
      [
        "aa".repeat(131),
        Buffer.from("Test Using Larger Than Block-Size Key - Hash Key First").toString("hex"),
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
      ],
    ] as const;
    for (const [key, message, mac] of cases) {
      expect(hmac(hex(key), hex(message)).toString("hex")).toBe(mac);
    }
  });

  test("HKDF-SHA-256, by RFC 5869 A.1 to A.3", () => {
    const range = (from: number, to: number): string =>
      Buffer.from(Array.from({ length: to - from + 1 }, (_, index) => from + index)).toString(
        "hex",
      );
    const cases = [
      [
        "0b".repeat(22),
        range(0, 12),
        range(0xf0, 0xf9),
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
      ],
      [
        range(0, 0x4f),
        range(0x60, 0xaf),
        range(0xb0, 0xff),
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
      ],
      [
        "0b".repeat(22),
        "",
        "",
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
      ],
    ] as const;
    for (const [source, salt, info, okm] of cases) {
      expect(hkdf(hex(source), hex(salt), hex(info), okm.length / 2).toString("hex")).toBe(okm);
    }
  });

  test("HS256, by RFC 7515 A.1", () => {
    const key = Buffer.from(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
      "base64url",
    );
    const signed =
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    expect(hmac(key, Buffer.from(signed)).toString("base64url")).toBe(
      "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    );
  });

  test("AES-256-GCM, by test cases 13 to 16 of the proposal to NIST", () => {
    const key = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
    const iv = "cafebabefacedbaddecaf888";
    const plain =
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255";
    const cipher =
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad";
    const bound = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
    const cases = [
      ["00".repeat(32), "00".repeat(12), "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"],
      [
        "00".repeat(32),
        "00".repeat(12),
        "00".repeat(16),
        "",
        "cea7403d4d606b6e074ec5d3baf39d18",
        "d0d1c8a799996bf0265b98b5d48ab919",
      ],
      [key, iv, plain, "", cipher, "b094dac5d93471bdec1a502270e3cc6c"],
      [
        key,
        iv,
        plain.slice(0, 120),
        bound,
        cipher.slice(0, 120),
        "76fc6ece0f4e1768cddf8853bb2d551b",
      ],
    ] as const;
    for (const [k, v, text, aad, sealed, tag] of cases) {
      const made = gcm(hex(k), hex(v), hex(text), hex(aad), true);
      expect([made.turned.toString("hex"), made.tag.toString("hex")]).toEqual([sealed, tag]);
    }
  });
});

const SOURCE = Buffer.from(Array.from({ length: 32 }, (_, index) => index));
const OLDER = Buffer.alloc(32, 7);
const keys = createSessionKeys([
  { kid: "k2", key: SOURCE },
  { kid: "k1", key: OLDER },
]);
const PURPOSES = ["access-token", "csrf", "refresh-token", "cursor", "device"] as const;

const derived = (source: Buffer, purpose: string): Buffer =>
  hkdf(source, Buffer.alloc(0), Buffer.from(`backline ${purpose}`), 32);

describe("what the server does agrees with them", () => {
  test("its keys for each purpose are those of HKDF", () => {
    for (const purpose of PURPOSES) {
      expect(Buffer.from(keys.find(purpose, "k2") ?? [])).toEqual(derived(SOURCE, purpose));
      expect(Buffer.from(keys.find(purpose, "k1") ?? [])).toEqual(derived(OLDER, purpose));
    }
  });

  test("what it signs is HMAC over the whole message under the current one", () => {
    for (const purpose of PURPOSES) {
      for (const message of ["", "anna", "ä😀".repeat(100)]) {
        const mac = hmac(derived(SOURCE, purpose), Buffer.from(message)).toString("base64url");
        expect(keys.sign(purpose, message)).toBe(`k2.${mac}`);
        expect(keys.isSigned(purpose, message, `k2.${mac}`)).toBe(true);
        const before = hmac(derived(OLDER, purpose), Buffer.from(message)).toString("base64url");
        expect(keys.isSigned(purpose, message, `k1.${before}`)).toBe(true);
        expect(keys.isSigned(purpose, message, `k2.${before}`)).toBe(false);
      }
    }
  });

  test("its access tokens are JWS of RFC 7515, and it reads what another program signs", async () => {
    const deps = {
      config: parseConfig({ PUBLIC_URL: "https://music.example" }),
      sessionKeys: keys,
    };
    const userId = "01900000-0000-7000-8000-000000000001" as UserId;
    const sessionId = "01900000-0000-7000-8000-000000000002" as SessionId;
    const token = await createAccessToken(deps, { userId, sessionId, issuedAt: 1_800_000_000 });
    const [header = "", payload = "", signature] = token.split(".");
    const parse = (part: string): unknown => JSON.parse(Buffer.from(part, "base64url").toString());
    expect(parse(header)).toEqual({ alg: "HS256", typ: "backline-access+jwt", kid: "k2" });
    expect(parse(payload)).toEqual({
      iss: "https://music.example",
      aud: "backline",
      sub: userId,
      sid: sessionId,
      iat: 1_800_000_000,
      exp: 1_800_000_600,
    });
    const sign = (text: string) =>
      hmac(derived(SOURCE, "access-token"), Buffer.from(text)).toString("base64url");
    expect(signature).toBe(sign(`${header}.${payload}`));

    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const turned = Object.fromEntries(Object.entries(parse(payload) as object).toReversed());
    const foreign = `${encode(parse(header))}.${encode(turned)}`;
    expect(await readAccessToken(deps, `${foreign}.${sign(foreign)}`)).toEqual({
      userId,
      sessionId,
      goodFrom: 1_799_999_970,
      goodUntil: 1_800_000_630,
    });
    expect(await readAccessToken(deps, `${foreign}.${sign(`${foreign} `)}`)).toBeUndefined();
  });

  test("what it seals is AES-256-GCM, twice, and it opens what another program seals", () => {
    const place = { table: "connections", column: "sealed", rowId: "row 1", ownerId: "band 1" };
    const vault = createVault([{ kid: "k2", key: SOURCE }]);
    const bound = Buffer.from('["v1","k2","connections","sealed","row 1","band 1"]');
    const open = (key: Buffer, box = ""): Buffer => {
      const bytes = Buffer.from(box, "base64url");
      const [iv, text, tag] = [bytes.subarray(0, 12), bytes.subarray(12, -16), bytes.subarray(-16)];
      const made = gcm(key, iv, text, bound, false);
      expect(made.tag).toEqual(tag);
      return made.turned;
    };
    const secret = "app password – pässwörd 🎺";
    const [version, kid, wrapped, value] = vault.seal(secret, place).split(".");
    expect([version, kid]).toEqual(["v1", "k2"]);
    expect(open(open(SOURCE, wrapped), value).toString()).toBe(secret);

    const seal = (key: Buffer, text: Buffer, iv: Buffer): string => {
      const made = gcm(key, iv, text, bound, true);
      return Buffer.concat([iv, made.turned, made.tag]).toString("base64url");
    };
    const foreign = [
      "v1.k2",
      seal(SOURCE, OLDER, hex("cafebabefacedbaddecaf888")),
      seal(OLDER, Buffer.from(secret), hex("00 01 02 03 04 05 06 07 08 09 0a 0b")),
    ].join(".");
    expect(vault.open(foreign, place)).toBe(secret);
  });

  test("its codes are those of RFC 6238, and of RFC 4226 below them", async () => {
    // Appendix B, SHA-1, the last six of eight digits; the secret is '12345678901234567890'.
    const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    const times = [
      [59, "287082"],
      [1_111_111_109, "081804"],
      [1_111_111_111, "050471"],
      [1_234_567_890, "005924"],
      [2_000_000_000, "279037"],
      [20_000_000_000, "353130"],
    ] as const;
    for (const [seconds, code] of times) {
      expect(await totpCodeAt(secret, Math.floor(seconds / 30))).toBe(code);
    }
    // Appendix D.
    const counts = ["755224", "287082", "359152", "969429", "338314"];
    counts.push("254676", "287922", "162583", "399871", "520489");
    for (const [count, code] of counts.entries())
      expect(await totpCodeAt(secret, count)).toBe(code);
    const uri = new URL(toTotpUri("anna@band.example", secret));
    expect([uri.protocol, uri.searchParams.get("secret"), uri.searchParams.get("issuer")]).toEqual([
      "otpauth:",
      secret,
      "Backline",
    ]);
  });
});
