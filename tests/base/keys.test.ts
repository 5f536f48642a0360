import { randomBytes } from "node:crypto";
import { chmod, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openKeys } from "#server/base/key-files.ts";
import { createSessionKeys } from "#server/base/keys.ts";
import { requireKnownKeys } from "#server/base/known-keys.ts";
import type { KeyRing } from "#server/base/vault.ts";
import { createTestFolder, testDeps } from "#tests/support/deps.ts";
import { recordLog, silentLog } from "#tests/support/log.ts";
import { connect } from "#tests/support/postgres.ts";

const ring = (...kids: string[]): KeyRing => kids.map((kid) => ({ kid, key: randomBytes(32) }));
const none = { encryption: null, session: null };

describe("the key file", () => {
  test("is made at the first start, for its owner alone, and stays", async () => {
    const dataDir = await createTestFolder();
    const first = await openKeys({ dataDir, keys: none }, silentLog);
    const second = await openKeys({ dataDir, keys: none }, silentLog);
    expect(second).toEqual(first);
    expect((await stat(join(dataDir, "keys.json"))).mode & 0o777).toBe(0o600);
    expect(await readdir(dataDir)).toEqual(["keys.json"]);

    const [sealing] = first.encryption;
    const [signing] = first.session;
    expect(sealing?.key).toHaveLength(32);
    expect(signing?.key).toHaveLength(32);
    expect(sealing?.key).not.toEqual(signing?.key);
  });

  test("is one and the same for servers that start at once", async () => {
    const dataDir = await createTestFolder();
    const all = await Promise.all(
      Array.from({ length: 20 }, () => openKeys({ dataDir, keys: none }, silentLog)),
    );
    expect(new Set(all.map((keys) => keys.encryption[0]?.key.toString("hex"))).size).toBe(1);
    expect(await readdir(dataDir)).toEqual(["keys.json"]);
  });

  test("is not made when the environment has all keys, and fills in the ring that it lacks", async () => {
    const dataDir = await createTestFolder();
    const given = { encryption: ring("a"), session: ring("b") };
    expect(await openKeys({ dataDir, keys: given }, silentLog)).toEqual(given);
    expect(await readdir(dataDir)).toEqual([]);
    const mixed = await openKeys({ dataDir, keys: { ...given, session: null } }, silentLog);
    expect(mixed.encryption).toEqual(given.encryption);
    expect(mixed.session[0]?.key).toHaveLength(32);
  });

  test.each([
    "",
    "{",
    "{}",
    '{"encryption":[],"session":[]}',
    '{"encryption":[{"kid":"a","key":"c2VjcmV0LWNhbmFyeQ=="}],"session":[]}',
  ])("that is not usable (%j) is neither replaced nor quoted", async (content) => {
    const dataDir = await createTestFolder();
    await writeFile(join(dataDir, "keys.json"), content);
    const opening = openKeys({ dataDir, keys: none }, silentLog);
    const error = await opening.catch((each) => each);
    expect(error).toMatchObject({ code: "precondition_failed" });
    expect(JSON.stringify(error) + error.message).not.toMatch(/canary|c2Vj/);
    expect(await readFile(join(dataDir, "keys.json"), "utf8")).toBe(content);
  });

  test("that others may read is warned of", async () => {
    const dataDir = await createTestFolder();
    await openKeys({ dataDir, keys: none }, silentLog);
    await chmod(join(dataDir, "keys.json"), 0o644);
    const { log, lines } = recordLog();
    await openKeys({ dataDir, keys: none }, log);
    expect(lines.join()).toContain("other accounts");
  });
});

describe("a server with the keys of another", () => {
  test("is turned away by the database, and told where the right ones are", async () => {
    const deps = await testDeps();
    await requireKnownKeys(deps, { encryption: ring("k1"), session: ring("k1") });
    const stranger = requireKnownKeys(deps, { encryption: ring("k2"), session: ring("k2") });
    await expect(stranger).rejects.toMatchObject({
      code: "precondition_failed",
      message: expect.stringContaining("keys.json"),
    });
  });

  test("is recognised also when the ids are the same, or one ring alone is wrong", async () => {
    const deps = await testDeps();
    const [encryption, session] = [ring("k1"), ring("k1")];
    await requireKnownKeys(deps, { encryption, session });
    for (const keys of [
      { encryption: ring("k1"), session },
      { encryption, session: ring("k1") },
      { encryption: [...encryption, ...ring("k1")].slice(1), session },
    ]) {
      await expect(requireKnownKeys(deps, keys)).rejects.toMatchObject({
        code: "precondition_failed",
      });
    }
    await requireKnownKeys(deps, { encryption, session });
  });

  test("is welcome while keys are rotated one after the other", async () => {
    const deps = await testDeps();
    const session = ring("s");
    const [k1, k2, k3] = [...ring("k1"), ...ring("k2"), ...ring("k3")];
    for (const encryption of [[k1], [k2, k1], [k2], [k3, k2], [k3]] as KeyRing[]) {
      await requireKnownKeys(deps, { encryption, session });
    }
  });

  test("is told apart by a key that has gone long ago, whose id means no other key", async () => {
    const deps = await testDeps();
    const session = ring("s");
    const [k1, k2] = [...ring("k1"), ...ring("k2")];
    for (const encryption of [[k1], [k2, k1], [k2]] as KeyRing[]) {
      await requireKnownKeys(deps, { encryption, session });
    }
    const again = [k2, ...ring("k1")] as KeyRing;
    await expect(requireKnownKeys(deps, { encryption: again, session })).rejects.toMatchObject({
      code: "precondition_failed",
    });
    // Somebody goes back to what was there before.
    await requireKnownKeys(deps, { encryption: [k1] as KeyRing, session });
  });

  test("is one of many that start at once on a new database: the first ones are kept", async () => {
    const deps = await testDeps();
    const outcomes = await Promise.allSettled(
      ["a", "b", "c", "d"].map((kid) =>
        requireKnownKeys(deps, { encryption: ring(kid), session: ring(kid) }),
      ),
    );
    expect(outcomes.filter((each) => each.status === "fulfilled")).toHaveLength(1);
  });

  test("leaves nothing of a key in the database", async () => {
    const deps = await testDeps();
    const [encryption, session] = [ring("k1"), ring("k2")];
    await requireKnownKeys(deps, { encryption, session });
    const { testDatabase } = deps;
    const name =
      "url" in testDatabase ? new URL(testDatabase.url).pathname.slice(1) : testDatabase.database;
    const admin = connect(testDatabase, name);
    const stored = JSON.stringify(await admin`select * from settings`);
    await admin.end();
    for (const { key } of [...encryption, ...session]) {
      for (const encoding of ["hex", "base64", "base64url"] as const) {
        expect(stored).not.toContain(key.toString(encoding).slice(0, 12));
      }
    }
    expect(stored).toContain("k1");
  });
});

describe("session keys", () => {
  const keys = createSessionKeys(ring("new", "old"));

  test("sign for one purpose and one message", () => {
    const signature = keys.sign("csrf", "anna");
    expect(keys.isSigned("csrf", "anna", signature)).toBe(true);
    expect(keys.isSigned("csrf", "ben", signature)).toBe(false);
    expect(keys.isSigned("cursor", "anna", signature)).toBe(false);
  });

  test.each(["", ".", "new", "new.", "none.abc", "__proto__.abc", "new.abc.def"])(
    "take %j for no signature",
    (signature) => expect(keys.isSigned("csrf", "anna", signature)).toBe(false),
  );

  test("take nothing behind a signature for a part of it", () => {
    const signature = keys.sign("csrf", "anna");
    for (const more of [".", ".x", "=", " "]) {
      expect(keys.isSigned("csrf", "anna", signature + more)).toBe(false);
    }
  });

  test("of an older key of the ring still hold, and of another ring do not", () => {
    const [first, second] = ring("first", "second");
    if (!first || !second) throw new Error("no keys");
    const before = createSessionKeys([first]).sign("csrf", "anna");
    expect(createSessionKeys([second, first]).isSigned("csrf", "anna", before)).toBe(true);
    expect(createSessionKeys([second]).isSigned("csrf", "anna", before)).toBe(false);
  });

  test("are different for each purpose and known by their id alone", () => {
    const all = (["access-token", "csrf", "refresh-token", "cursor"] as const).map((purpose) =>
      Buffer.from(keys.find(purpose, "new") ?? []).toString("hex"),
    );
    expect(new Set(all).size).toBe(4);
    expect(keys.find("csrf", "../../dev/null")).toBeUndefined();
    expect(keys.currentKid).toBe("new");
  });
});
