import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createClientBuild, SCRIPT } from "#tests/support/client-build.ts";
import { createTestFolder } from "#tests/support/deps.ts";
import { recordLog } from "#tests/support/log.ts";
import { ask, exchange, requestText } from "#tests/support/raw-http.ts";
import { startServer } from "#tests/support/server.ts";

const page = { accept: "text/html,application/xhtml+xml" };
const noncesIn = (text: string): string[] =>
  [...text.matchAll(/nonce(?:="|-)([A-Za-z0-9+/=]+)/g)].map((match) => match[1] ?? "");

/** Directives by name. */
const directivesOf = (policy = ""): Map<string, string> =>
  new Map(
    policy.split("; ").map((each) => {
      const [name = "", ...sources] = each.split(" ");
      return [name, sources.join(" ")];
    }),
  );

test("media come from here, and from the storages that the administrator has named", async () => {
  const clientDir = await createClientBuild();
  const policyOf = async (environment: Record<string, string>) => {
    const { port } = await startServer({ clientDir, environment });
    const { headers } = await ask(port, "/", page);
    return directivesOf(headers["content-security-policy"]);
  };
  const strict = await policyOf({});
  expect(strict.get("media-src")).toBe("'self' blob:");
  const origins = "https://band.s3.example,https://s3.example:9000";
  const wider = await policyOf({ DIRECT_ORIGINS: origins });
  expect(wider.get("media-src")).toBe(`'self' blob: ${origins.replace(",", " ")}`);
  expect(wider.get("connect-src")).toBe(strict.get("connect-src"));
});

describe("the page", () => {
  test("has a nonce of its own in each answer, the same in policy and HTML", async () => {
    const { port } = await startServer({ clientDir: await createClientBuild() });
    const nonces = new Set<string>();
    for (let i = 0; i < 20; i += 1) {
      const { body, headers } = await ask(port, "/", page);
      const inPolicy = noncesIn(headers["content-security-policy"] ?? "");
      const inPage = noncesIn(body);
      expect(inPage).toHaveLength(3);
      expect(new Set([...inPolicy, ...inPage]).size).toBe(1);
      expect(Buffer.from(inPage[0] ?? "", "base64").length).toBeGreaterThanOrEqual(16);
      expect(body).not.toContain("__CSP_NONCE__");
      expect(headers["cache-control"]).toBe("no-store");
      nonces.add(inPage[0] ?? "");
    }
    expect(nonces.size).toBe(20);
  });

  test("runs only scripts that we wrote, and writes no markup from strings", async () => {
    const { port } = await startServer({ clientDir: await createClientBuild() });
    const { headers } = await ask(port, "/", page);
    const policy = directivesOf(headers["content-security-policy"]);
    expect(policy.get("default-src")).toBe("'none'");
    expect(policy.get("script-src")).toMatch(/^'nonce-[^ ]+' 'strict-dynamic'$/);
    expect(policy.get("style-src")).toMatch(/^'self' 'nonce-[^ ]+'$/);
    expect(policy.get("base-uri")).toBe("'none'");
    expect(policy.get("object-src")).toBe("'none'");
    expect(policy.get("frame-ancestors")).toBe("'none'");
    expect(policy.get("connect-src")).toBe("'self'");
    expect(policy.get("require-trusted-types-for")).toBe("'script'");
    expect(policy.get("trusted-types")).toBe("default");
    expect(policy.get("report-uri")).toBe("/csp-report");
    expect(policy.get("report-to")).toBe("csp");
    expect(headers["reporting-endpoints"]).toBe('csp="/csp-report"');
    expect(headers["content-security-policy"]).not.toMatch(/unsafe|https?:|\*/);
  });

  test.each(["/", "/setup", "/library/tracks?sort=title", "/storage/0198-1/", "/track/a%20b"])(
    "is what a person gets who opens %s",
    async (address) => {
      const { port } = await startServer({ clientDir: await createClientBuild() });
      const { status, headers, body } = await ask(port, address, page);
      expect([status, headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
      expect(body).toContain('<div id="root">');
    },
  );

  test.each([
    ["a file that is not there", "/library/x.css"],
    ["data that looks like a file", "/api/me/x.css"],
    ["an API's address", "/api/me"],
    ["a procedure's address", "/trpc"],
    ["a stream's address", "/stream/a/b"],
    ["a folder of files", "/assets"],
    ["a folder of files", "/assets/"],
    ["the page as a file", "/index.html"],
    ["a hidden file", "/.hidden"],
    ["a repository", "/.git/config"],
    ["a development server's door", "/@fs/etc/passwd"],
    ["a source", "/src/main.ts"],
    ["what lies above", "/../package.json"],
    ["what lies above, in disguise", "/assets/..%2f..%2fpackage.json"],
    ["what lies above, in disguise", "/%2e%2e/package.json"],
  ])("is not what %s gives (%s)", async (_, address) => {
    const { port } = await startServer({ clientDir: await createClientBuild() });
    const { status, headers, body } = await ask(port, address, page);
    expect(status).toBe(404);
    expect(headers["content-type"]).toContain("application/json");
    expect(JSON.parse(body)).toEqual({
      code: "not_found",
      message: "There is nothing at this address.",
    });
  });

  test("is not what a program gets, or a change", async () => {
    const { port } = await startServer({ clientDir: await createClientBuild() });
    expect((await ask(port, "/library", { accept: "*/*" })).status).toBe(404);
    expect((await ask(port, "/library", { accept: "application/json" })).status).toBe(404);
    const change = requestText("POST", "/library", { ...page, "content-type": "text/html" }, "x");
    expect((await exchange(port, change)).status).toBe(404);
  });

  test("says that it is missing when the client was not built", async () => {
    const { port } = await startServer({ clientDir: join(await createTestFolder(), "none") });
    const { status, headers, body } = await ask(port, "/", page);
    expect(status).toBe(503);
    expect(body).toContain("npm run build");
    expect(headers["content-security-policy"]).toContain("frame-ancestors 'none'");
    expect((await ask(port, "/health/live")).status).toBe(200);
  });
});

describe("the client's files", () => {
  test("with a hash in their names are kept for ever, others are asked for again", async () => {
    const { port } = await startServer({ clientDir: await createClientBuild() });
    const script = await ask(port, "/assets/app-1a2b3c4d.js");
    expect(script.body).toBe(SCRIPT);
    expect(script.headers["content-type"]).toMatch(/javascript/);
    expect(script.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    const icon = await ask(port, "/icon.svg");
    expect(icon.headers["cache-control"]).toBe("public, no-cache");
    expect(icon.headers["content-security-policy"]).toContain("sandbox");
    const again = await ask(port, "/icon.svg", { "if-none-match": icon.headers.etag ?? "" });
    expect([again.status, again.body]).toEqual([304, ""]);
  });

  test("are sent small where a small one lies beside them", async () => {
    const clientDir = await createClientBuild();
    await writeFile(join(clientDir, "assets/app-1a2b3c4d.js.br"), "not really brotli");
    const { port } = await startServer({ clientDir });
    const small = await ask(port, "/assets/app-1a2b3c4d.js", { "accept-encoding": "br" });
    expect([small.headers["content-encoding"], small.body]).toEqual(["br", "not really brotli"]);
    expect(small.headers["content-type"]).toMatch(/javascript/);
    const plain = await ask(port, "/assets/app-1a2b3c4d.js");
    expect(plain.body).toBe(SCRIPT);
  });

  test("are only those that were there at the start", async () => {
    const clientDir = await createClientBuild();
    const { port } = await startServer({ clientDir });
    await mkdir(join(clientDir, "later"));
    await writeFile(join(clientDir, "later/secret.txt"), "secret");
    expect((await ask(port, "/later/secret.txt")).status).toBe(404);
    await rm(join(clientDir, "icon.svg"));
    expect((await ask(port, "/icon.svg")).status).toBe(404);
  });
});

describe("a browser's report", () => {
  const send = (port: number, type: string, body: unknown) =>
    exchange(
      port,
      requestText(
        "POST",
        "/csp-report",
        // As a browser sends it: by itself, with whatever the page's cookies are.
        { "content-type": type, origin: "null", "sec-fetch-site": "same-origin", cookie: "a=b" },
        typeof body === "string" ? body : JSON.stringify(body),
      ),
    );

  test("is written down in both of its spellings, without what addresses ask for", async () => {
    const { log, lines } = recordLog();
    const { port } = await startServer({ log });
    const old = {
      "csp-report": {
        "document-uri": "https://music.example/setup?token=canary-1",
        "violated-directive": "script-src",
        "blocked-uri": "https://evil.example/x.js?canary-2",
        "script-sample": "canary-3",
      },
    };
    const recent = [
      {
        type: "csp-violation",
        body: {
          documentURL: "https://music.example/a#canary-4",
          effectiveDirective: "img-src",
          blockedURL: "inline",
        },
      },
    ];
    expect((await send(port, "application/csp-report", old)).status).toBe(204);
    expect((await send(port, "application/reports+json", recent)).status).toBe(204);
    const written = lines.join("");
    expect(written).toContain('"directive":"script-src"');
    expect(written).toContain('"blocked":"https://evil.example/x.js"');
    expect(written).toContain('"directive":"img-src"');
    expect(written).not.toContain("canary");
  });

  test.each([
    ["application/csp-report", "{", 400],
    ["application/csp-report", { "csp-report": 7 }, 400],
    ["application/reports+json", [{ body: "x" }], 400],
    ["application/reports+json", "x".repeat(20_000), 413],
    ["text/plain", "x", 415],
    ["multipart/form-data; boundary=x", "--x--", 415],
  ])("that is none is refused: %s", async (type, body, status) => {
    const { log, lines } = recordLog();
    const { port } = await startServer({ log });
    expect((await send(port, type, body)).status).toBe(status);
    expect(lines.join("")).not.toContain("stopped something");
  });

  test("is taken no more than twenty times a minute, and five at a time", async () => {
    const { log, lines } = recordLog();
    const { port } = await startServer({ log });
    const report = { body: { documentURL: "/", effectiveDirective: "x", blockedURL: "y" } };
    const many = Array.from({ length: 50 }, () => report);
    const statuses = [];
    for (let i = 0; i < 22; i += 1) {
      statuses.push((await send(port, "application/reports+json", many)).status);
    }
    expect(statuses.filter((status) => status === 204)).toHaveLength(20);
    expect(statuses.slice(-2)).toEqual([429, 429]);
    const written = lines.filter((line) => line.includes("stopped something"));
    expect(written).toHaveLength(100);
  });
});
