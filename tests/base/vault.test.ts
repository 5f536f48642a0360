import { randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createVault, type SealedPlace } from "#server/base/vault.ts";

const place: SealedPlace = {
  table: "connections",
  column: "sealed_credential",
  rowId: "row-1",
  ownerId: "band-1",
};
const [k1, k2] = ["k1", "k2"].map((kid) => ({ kid, key: randomBytes(32) }));
if (!k1 || !k2) throw new Error("no keys");
const vault = createVault([k1]);
const SECRET = "app password – pässwörd 🎺";

/** The same sealed value with other bytes in one of its boxes: 2 is the data key, 3 the value. */
function rewrite(sealed: string, box: 2 | 3, change: (bytes: Buffer) => Buffer): string {
  const parts = sealed.split(".");
  parts[box] = change(Buffer.from(parts[box] ?? "", "base64url")).toString("base64url");
  return parts.join(".");
}

describe("a sealed credential", () => {
  test("opens where it was sealed, and shows nothing of what is inside", () => {
    const sealed = vault.seal(SECRET, place);
    expect(vault.open(sealed, place)).toBe(SECRET);
    expect(sealed).toMatch(/^v1\.k1\.[\w-]+\.[\w-]+$/);
    expect(Buffer.from(sealed.split(".")[3] ?? "", "base64url").toString()).not.toContain("pass");
    expect(vault.open(vault.seal("", place), place)).toBe("");
  });

  test("is another each time, in its iv and in every byte of it", () => {
    const sealed = Array.from({ length: 4_000 }, () => vault.seal(SECRET, place).split("."));
    const ivs = sealed.flatMap(([, , wrapped = "", value = ""]) =>
      [wrapped, value].map((box) => Buffer.from(box, "base64url").subarray(0, 12)),
    );
    expect(new Set(ivs.map((iv) => iv.toString("hex"))).size).toBe(8_000);
    // A counter or a short random number would not repeat so soon, but leave some bytes alone.
    for (let at = 0; at < 12; at += 1) expect(new Set(ivs.map((iv) => iv[at])).size).toBe(256);
  });

  test("has a data key of its own, also beside another in the same place", () => {
    const [first, second] = [vault.seal("one", place), vault.seal("two", place)];
    const mixed = first
      .split(".")
      .with(3, second.split(".")[3] ?? "")
      .join(".");
    expect(() => vault.open(mixed, place)).toThrow("could not be read");
  });

  test.each([{ table: "users" }, { column: "other" }, { rowId: "row-2" }, { ownerId: "band-2" }])(
    "does not open elsewhere: %j",
    (elsewhere) => {
      const sealed = vault.seal(SECRET, place);
      expect(() => vault.open(sealed, { ...place, ...elsewhere })).toThrow("could not be read");
    },
  );

  test.each([4, 8, 12, 15])("with a tag of %i bytes is refused", (tagBytes) => {
    const sealed = vault.seal(SECRET, place);
    for (const box of [2, 3] as const) {
      const short = rewrite(sealed, box, (bytes) =>
        bytes.subarray(0, bytes.length - 16 + tagBytes),
      );
      expect(() => vault.open(short, place)).toThrow("could not be read");
    }
  });

  test("with any bit changed is refused", () => {
    const sealed = vault.seal("short", place);
    for (const box of [2, 3] as const) {
      const { length } = Buffer.from(sealed.split(".")[box] ?? "", "base64url");
      for (let at = 0; at < length; at += 1) {
        const changed = rewrite(sealed, box, (bytes) => {
          bytes[at] = (bytes[at] ?? 0) ^ 1;
          return bytes;
        });
        expect(() => vault.open(changed, place)).toThrow("could not be read");
      }
    }
  });

  test("with the data key or the value of another is refused", () => {
    const [mine, yours] = [
      vault.seal("mine", place),
      vault.seal("yours", { ...place, rowId: "2" }),
    ];
    const swapped = mine
      .split(".")
      .with(2, yours.split(".")[2] ?? "")
      .join(".");
    expect(() => vault.open(swapped, place)).toThrow("could not be read");
  });

  test.each(["", "v1", "v1.k1", "v1.k1.a.b", "v1.k1.a.b.c", "v2.k1.AAAA.AAAA", "plain text"])(
    "is not %j",
    (text) => expect(() => vault.open(text, place)).toThrow("could not be read"),
  );

  test("opens with an older key, closes with the current one, and not without its key", () => {
    const before = vault.seal(SECRET, place);
    const rotated = createVault([k2, k1]);
    expect(rotated.open(before, place)).toBe(SECRET);
    expect(rotated.seal(SECRET, place)).toMatch(/^v1\.k2\./);
    expect(() => createVault([k2]).open(before, place)).toThrow("could not be read");
    const renamed = before.replace("v1.k1.", "v1.k2.");
    expect(() => createVault([{ ...k1, kid: "k2" }]).open(renamed, place)).toThrow(
      "could not be read",
    );
  });
});

test("nothing else encrypts, and nothing is decrypted without saying how long its tag is", async () => {
  const server = join(import.meta.dirname, "../../server");
  const files = await readdir(server, { recursive: true });
  const calls: string[] = [];
  for (const file of files.filter((each) => each.endsWith(".ts"))) {
    const source = await readFile(join(server, file), "utf8");
    for (const [call] of source.matchAll(/\bcreate(C|Dec)ipheriv\([^)]*\)/g)) {
      calls.push(`${file}: ${call}`);
    }
  }
  const sealing = 'createCipheriv("aes-256-gcm", key, iv, { authTagLength: TAG_BYTES })';
  const opening = 'createDecipheriv("aes-256-gcm", key, iv, { authTagLength: TAG_BYTES })';
  expect(calls).toEqual([`base/vault.ts: ${sealing}`, `base/vault.ts: ${opening}`]);
});
