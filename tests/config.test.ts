import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { version } from "#server/base/version.ts";
import { parseConfig, SECRET_VARIABLES, Variables, withSecretFiles } from "#server/config.ts";
import { providerModules } from "#server/storage/registry.ts";

const root = join(import.meta.dirname, "..");
const key = (kid: string): string => `${kid}:${randomBytes(32).toString("base64")}`;

/** What it says when it refuses. */
function refusal(environment: Record<string, string>): string {
  try {
    parseConfig(environment);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("It was accepted.");
}

describe("without any setting", () => {
  const config = parseConfig({});

  test("the server is for this machine alone", () => {
    expect(config.http).toMatchObject({
      host: "127.0.0.1",
      port: 3000,
      isLoopback: true,
      isSecure: false,
      trustedProxies: [],
    });
    expect(config.http.publicUrl.origin).toBe("http://localhost:3000");
    expect(config.database.url).toBeNull();
    expect(config.rangeCache.sizeBytes).toBe(0);
    expect(config.egress).toEqual({ allow: [], allowLoopback: false });
    expect(config.providers.folder.FOLDER_ROOTS).toEqual([]);
  });

  test("an empty setting is none", () => {
    expect(parseConfig({ PORT: "", PUBLIC_URL: "", TRUST_PROXY: "" })).toEqual(config);
  });
});

describe("a setting that is not usable", () => {
  const unusable: Record<string, string> = {
    PORT: "canary-port",
    PUBLIC_URL: "ftp://canary.example",
    INSECURE_HTTP: "canary",
    TRUST_PROXY: "10.0.0.0/canary",
    CORS_ORIGINS: "https://canary.example/",
    DATABASE_URL: "mysql://canary:canary@db/x",
    DATABASE_POOL_SIZE: "100000",
    REDIS_URL: "http://canary:6379",
    MAINTENANCE_MODE: "canary",
    ROLE: "canary",
    INTERNAL_PORT: "canary",
    INTERNAL_URL: "ftp://canary",
    ENCRYPTION_KEYS: "canary",
    SESSION_KEYS: `k1:${"canary00".repeat(5)}AAA=`,
    RANGE_CACHE_SIZE: "10 canaries",
    EGRESS_ALLOW: "canary.example",
    EGRESS_ALLOW_LOOPBACK: "canary",
    LOG_LEVEL: "canary",
    FOLDER_ROOTS: "relative/canary",
  };

  test("is named together with all others, and none is repeated", () => {
    const message = refusal(unusable);
    for (const name of Object.keys(unusable)) {
      expect(message).toMatch(new RegExp(`^  ${name}: .{10,}`, "m"));
    }
    expect(message).not.toMatch(/canary/i);
    expect(message).not.toContain("100000");
  });

  test.each(Object.entries(unusable))("stops the server alone, too: %s", (name, value) => {
    expect(refusal({ [name]: value })).toMatch(new RegExp(`^  ${name}: `, "m"));
  });

  test("is named also when it contradicts another, and something else is wrong, too", () => {
    const shared = key("k1");
    const message = refusal({
      PORT: "x",
      PUBLIC_URL: "http://music.example",
      ENCRYPTION_KEYS: shared,
      SESSION_KEYS: shared,
    });
    expect(message.match(/^ {2}[A-Z_]+/gm)).toEqual(["  PORT", "  PUBLIC_URL", "  SESSION_KEYS"]);
    expect(refusal({ ENCRYPTION_KEYS: "x", SESSION_KEYS: shared })).toMatch(
      /^ {2}ENCRYPTION_KEYS/m,
    );
  });

  test.each(["2", "1", "true", "loopback", "10.0.0.0/33", "10.0.0.0/8,2", "::/129", "a,b"])(
    "includes TRUST_PROXY=%s: a number of hops would be ignored in silence",
    (value) => expect(refusal({ TRUST_PROXY: value })).toContain("TRUST_PROXY"),
  );

  test.each([
    "*",
    "null",
    "https://*.canary.example",
    "https://canary.example/path",
    "https://canary.example/",
    "https://user@canary.example",
    "https://CANARY.example",
    "https://canary.example:443",
    "http://canary.example",
    "canary.example",
    "https://app.example,http://canary.example",
  ])("includes CORS_ORIGINS=%s", (value) => {
    const message = refusal({ CORS_ORIGINS: value });
    expect(message).toContain("CORS_ORIGINS");
    expect(message).not.toMatch(/canary/i);
  });

  test.each([
    "https://music.example/path",
    "https://user:canary@music.example",
    "https://music.example/?canary",
    "https://music.example/#canary",
    "music.example",
    "javascript:canary",
  ])("includes PUBLIC_URL=%s", (value) => {
    const message = refusal({ PUBLIC_URL: value });
    expect(message).toContain("PUBLIC_URL");
    expect(message).not.toContain("canary");
  });
});

describe("a role", () => {
  const worker = {
    ROLE: "worker",
    DATABASE_URL: "postgres://backline@db/backline",
    INTERNAL_URL: "http://backline:3001",
  };

  test("is everything, with no listener for workers, unless something else is said", () => {
    expect(parseConfig({})).toMatchObject({ role: "all", internal: { listen: null, url: null } });
    expect(parseConfig({ INTERNAL_PORT: "3001" }).internal.listen).toEqual({
      host: "127.0.0.1",
      port: 3001,
    });
  });

  test("of a worker needs a database and a server with keys, and must have none itself", () => {
    expect(parseConfig(worker).internal.url?.href).toBe("http://backline:3001/");
    for (const name of ["DATABASE_URL", "INTERNAL_URL"]) {
      expect(refusal({ ...worker, [name]: "" })).toMatch(new RegExp(`^  ${name}: a worker`, "m"));
    }
    for (const name of ["ENCRYPTION_KEYS", "SESSION_KEYS"]) {
      expect(refusal({ ...worker, [name]: key("k1") })).toMatch(new RegExp(`^  ${name}: a w`, "m"));
    }
  });

  test("of a server for people alone says where workers reach it", () => {
    expect(refusal({ ROLE: "web" })).toMatch(/^ {2}INTERNAL_PORT: /m);
    expect(parseConfig({ ROLE: "web", INTERNAL_PORT: "3001" }).role).toBe("web");
  });

  test.each(["http://backline:3001/path", "ftp://backline", "backline:3001"])(
    "cannot be reached at INTERNAL_URL=%s",
    (value) => expect(refusal({ ...worker, INTERNAL_URL: value })).toContain("INTERNAL_URL"),
  );
});

describe("a key", () => {
  const zeros = Buffer.alloc(32).toString("base64");
  const text = Buffer.from("change-me-change-me-change-me-ch").toString("base64");

  test.each([
    ["without an id", randomBytes(32).toString("base64")],
    ["that is too short", `k1:${randomBytes(16).toString("base64")}`],
    ["that is too long", `k1:${randomBytes(48).toString("base64")}`],
    ["that is all zeros", `k1:${zeros}`],
    ["that somebody typed", `k1:${text}`],
    ["whose id is taken", `${key("k1")},${key("k1")}`],
    ["that is one of two and missing", `${key("k1")},`],
  ])("%s is refused", (_, ring) => {
    for (const name of ["ENCRYPTION_KEYS", "SESSION_KEYS"]) {
      const message = refusal({ [name]: ring });
      expect(message).toContain(name);
      expect(message).not.toContain(ring.slice(3, 20));
    }
  });

  test("can't be for both purposes", () => {
    const [shared, other] = [key("k1"), key("k2")];
    for (const rings of [
      { ENCRYPTION_KEYS: shared, SESSION_KEYS: shared },
      { ENCRYPTION_KEYS: shared, SESSION_KEYS: `${other},renamed:${shared.slice(3)}` },
    ]) {
      expect(refusal(rings)).toContain("SESSION_KEYS: must not share a key");
    }
  });

  test("is one of a ring, the current one first", () => {
    const { keys } = parseConfig({ ENCRYPTION_KEYS: `${key("new")}, ${key("old")}` });
    expect(keys.encryption?.map((each) => each.kid)).toEqual(["new", "old"]);
    expect(keys.encryption?.every((each) => each.key.length === 32)).toBe(true);
    expect(keys.session).toBeNull();
  });
});

describe("plain http", () => {
  test.each(["http://localhost:3000", "http://127.0.0.1", "http://[::1]:8080"])(
    "is fine on this machine: %s",
    (url) => expect(parseConfig({ PUBLIC_URL: url }).http.isLoopback).toBe(true),
  );

  test.each(["http://192.168.1.10:3000", "http://music.example", "http://localhost.evil.example"])(
    "elsewhere has to be asked for: %s",
    (url) => {
      expect(refusal({ PUBLIC_URL: url })).toContain("INSECURE_HTTP=1");
      const { http } = parseConfig({ PUBLIC_URL: url, INSECURE_HTTP: "1" });
      expect([http.isSecure, http.isLoopback]).toEqual([false, false]);
    },
  );
});

describe("a secret in a file", () => {
  test("counts as given, without the line break that editors add", () => {
    const filled = withSecretFiles({ DATABASE_URL_FILE: "/run/x" }, () => "postgres://db/x\n");
    expect(parseConfig(filled).database.url).toBe("postgres://db/x");
  });

  test("can't be given twice, and must be readable; neither path nor content is repeated", () => {
    const twice = { SESSION_KEYS: "canary", SESSION_KEYS_FILE: "/canary" };
    expect(() => withSecretFiles(twice, () => "canary")).toThrow(
      /^SESSION_KEYS and SESSION_KEYS_FILE are both set; keep one.$/,
    );
    const unreadable = () => {
      throw new Error("ENOENT: canary");
    };
    expect(() => withSecretFiles({ SESSION_KEYS_FILE: "/canary" }, unreadable)).toThrow(
      /^SESSION_KEYS_FILE: the file cannot be read.$/,
    );
  });
});

test(".env.example lists every variable there is, and no other", async () => {
  const example = await readFile(join(root, ".env.example"), "utf8");
  const listed = [...example.matchAll(/^#?([A-Z][A-Z_]+)=/gm)].map((match) => match[1] ?? "");
  const compose = await readFile(join(root, "compose.yaml"), "utf8");
  const known = [
    ...Object.keys(Variables.shape),
    ...Object.values(providerModules).flatMap((module) => Object.keys(module.settings.shape)),
    ...SECRET_VARIABLES.map((name) => `${name}_FILE`),
    ...[...compose.matchAll(/\$\{([A-Z_]+)/g)].map((match) => match[1] ?? ""),
  ];
  expect([...listed].sort()).toEqual([...new Set(known)].sort());
});

test("the version is the package's", async () => {
  const { version: packaged } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  expect(version).toBe(packaged);
});

test.each([
  ["0", 0],
  ["50MB", 50e6],
  ["10GB", 10e9],
  ["1.5TB", 1.5e12],
])("a range cache of %s takes %d bytes", (size, bytes) => {
  const { rangeCache } = parseConfig({ RANGE_CACHE_SIZE: size, DATA_DIR: "/srv/backline" });
  expect(rangeCache).toEqual({ sizeBytes: bytes, folder: "/srv/backline/range-cache" });
});

test.each(["10", "10G", "-1GB", "49MB", "5TB", "1e3GB"])(
  "a range cache of %s is none that there can be",
  (size) => expect(refusal({ RANGE_CACHE_SIZE: size })).toMatch(/^ {2}RANGE_CACHE_SIZE: /m),
);
