import { describe, expect, test } from "vitest";
import { createClientBuild } from "#tests/support/client-build.ts";
import { ask, exchange, type RawAnswer, requestText } from "#tests/support/raw-http.ts";
import { startServer, type TestServer } from "#tests/support/server.ts";

/** A server with a client to serve, a page of JSON and a way to fail. */
const startWorld = async (environment: Record<string, string> = {}): Promise<TestServer> =>
  startServer({
    clientDir: await createClientBuild(),
    environment,
    prepare(app) {
      app.get("/test/fails", async () => {
        throw new Error("canary");
      });
    },
  });

const json = { "content-type": "application/json" };
const page = { accept: "text/html" };

/** One answer of every kind, however early in its way it was given. */
const answers: Record<string, { status: number; get: (port: number) => Promise<RawAnswer> }> = {
  "the page": { status: 200, get: (port) => ask(port, "/", page) },
  "a page's address": { status: 200, get: (port) => ask(port, "/library/tracks", page) },
  "a script": { status: 200, get: (port) => ask(port, "/assets/app-1a2b3c4d.js") },
  JSON: { status: 200, get: (port) => ask(port, "/health/live") },
  "a procedure": { status: 200, get: (port) => ask(port, "/trpc/system.info") },
  "a taken report": {
    status: 204,
    get: (port) =>
      exchange(
        port,
        requestText("POST", "/csp-report", { "content-type": "application/reports+json" }, "[]"),
      ),
  },
  "a part": {
    status: 206,
    get: (port) => ask(port, "/assets/app-1a2b3c4d.js", { range: "bytes=0-3" }),
  },
  "nothing new": {
    status: 304,
    get: async (port) => {
      const { headers } = await ask(port, "/assets/app-1a2b3c4d.js");
      return ask(port, "/assets/app-1a2b3c4d.js", { "if-none-match": headers.etag ?? "" });
    },
  },
  "a head alone": { status: 200, get: (port) => ask(port, "/health/live", {}, "HEAD") },
  "an address that can't be read": { status: 400, get: (port) => ask(port, "/%zz") },
  "an endless address": {
    status: 400,
    get: (port) => ask(port, `/trpc/${"a".repeat(6_000)}`),
  },
  "no HTTP": { status: 400, get: (port) => exchange(port, "HELLO THERE\r\n\r\n") },
  "no host": {
    status: 400,
    get: (port) => exchange(port, "GET / HTTP/1.1\r\nconnection: close\r\n\r\n"),
  },
  "two lengths": {
    status: 400,
    get: (port) =>
      exchange(
        port,
        "POST /trpc/auth.signIn HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
      ),
  },
  "nobody signed in": { status: 401, get: (port) => ask(port, "/trpc/bands.list") },
  "another website": {
    status: 403,
    get: (port) => ask(port, "/trpc/system.info", { "sec-fetch-site": "cross-site" }),
  },
  "no such thing": { status: 404, get: (port) => ask(port, "/nothing") },
  "no such file": { status: 404, get: (port) => ask(port, "/assets/none.js", page) },
  "no such procedure": { status: 404, get: (port) => ask(port, "/trpc/nothing") },
  "a change by GET": { status: 405, get: (port) => ask(port, "/trpc/auth.signOut") },
  TRACE: { status: 405, get: (port) => ask(port, "/", {}, "TRACE") },
  OPTIONS: {
    status: 405,
    get: (port) => ask(port, "/trpc/auth.signIn", { origin: "https://evil.example" }, "OPTIONS"),
  },
  "too much": {
    status: 413,
    get: (port) =>
      exchange(port, requestText("POST", "/trpc/auth.signIn", json, `"${"x".repeat(1_100_000)}"`)),
  },
  "another kind of body": {
    status: 415,
    get: (port) =>
      exchange(
        port,
        requestText("POST", "/trpc/auth.signOut", { "content-type": "text/plain" }, "x"),
      ),
  },
  "an impossible part": {
    status: 416,
    get: (port) => ask(port, "/assets/app-1a2b3c4d.js", { range: "bytes=9999-" }),
  },
  "too many": {
    status: 429,
    get: async (port) => {
      const report = requestText(
        "POST",
        "/csp-report",
        { "content-type": "application/reports+json" },
        "[]",
      );
      for (let i = 0; i < 20; i += 1) await exchange(port, report);
      return exchange(port, report);
    },
  },
  "endless headers": {
    status: 431,
    get: (port) => ask(port, "/", { "x-much": "x".repeat(20_000) }),
  },
  "a failure of ours": { status: 500, get: (port) => ask(port, "/test/fails") },
};

const baseline = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

describe("every answer", () => {
  test.each(Object.entries(answers))("carries the baseline: %s", async (_, { status, get }) => {
    const { port } = await startWorld({ PUBLIC_URL: "https://music.example" });
    const answer = await get(port);
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject(baseline);
    expect(answer.headers["content-security-policy"]).toContain("frame-ancestors 'none'");
    expect(answer.headers["content-security-policy"]).toContain("base-uri 'none'");
    expect(answer.headers["permissions-policy"]).toContain("camera=()");
    for (const what of ["create", "get"]) {
      expect(answer.headers["permissions-policy"]).toContain(
        `publickey-credentials-${what}=(self)`,
      );
    }
    const [, seconds] =
      /^max-age=(\d+); includeSubDomains$/.exec(
        answer.headers["strict-transport-security"] ?? "",
      ) ?? [];
    expect(Number(seconds)).toBeGreaterThanOrEqual(31_536_000);
    for (const name of ["server", "x-powered-by", "access-control-allow-origin"]) {
      expect(answer.headers).not.toHaveProperty(name);
    }
  });

  test("to a request that never comes to its end carries it, too", async () => {
    const { port, app } = await startWorld();
    app.server.headersTimeout = 500;
    const answer = await exchange(port, "GET / HTTP/1.1\r\nhost: localhost\r\nx-slow:");
    expect(answer.status).toBe(408);
    expect(answer.headers).toMatchObject(baseline);
    expect(JSON.parse(answer.body).code).toBe("invalid_input");
  });

  test("so does one to a body that never comes to its end, wherever it was sent", async () => {
    const { port } = await startServer({ bodyTimeoutMs: 300 });
    for (const path of ["/trpc/auth.signIn", "/nothing", "/csp-reports"]) {
      const head = `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n`;
      for (const length of ["content-length: 99", "transfer-encoding: chunked"]) {
        const answer = await exchange(port, `${head}${length}\r\n\r\n`);
        expect([path, length, answer.status]).toEqual([path, length, 408]);
        expect(answer.headers).toMatchObject(baseline);
      }
    }
  });

  test("promises https only where there is https", async () => {
    const { port } = await startWorld();
    for (const { get } of Object.values(answers).slice(0, 5)) {
      expect((await get(port)).headers).not.toHaveProperty("strict-transport-security");
    }
  });

  test("is not kept by anyone, but for files of the client", async () => {
    const { port } = await startWorld();
    for (const name of ["the page", "JSON", "a procedure", "no such thing", "nobody signed in"]) {
      const answer = await answers[name]?.get(port);
      expect([name, answer?.headers["cache-control"]]).toEqual([name, "no-store"]);
    }
    const script = await answers["a script"]?.get(port);
    expect(script?.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
  });

  test("of the same request has an id of its own, which a proxy may have given", async () => {
    const { port } = await startWorld();
    const ids = [await ask(port, "/health/live"), await ask(port, "/health/live")].map(
      (answer) => answer.headers["x-request-id"],
    );
    expect(ids[0]).toMatch(/^[\w-]{8,64}$/);
    expect(ids[0]).not.toBe(ids[1]);
    const given = async (id: string) =>
      (await ask(port, "/health/live", { "x-request-id": id })).headers["x-request-id"];
    expect(await given("proxy-1234567890")).toBe("proxy-1234567890");
    for (const bad of ["short", "with space inside", '"quoted-value"', "x".repeat(65)]) {
      expect(await given(bad)).not.toBe(bad);
    }
  });
});

describe("no other origin", () => {
  test.each([
    "https://app.tld.evil.com",
    "null",
    "http://music.example",
    "https://music.example.evil.example",
  ])("is allowed to read anything: %s", async (origin) => {
    const { port } = await startWorld({ PUBLIC_URL: "https://music.example" });
    for (const method of ["GET", "OPTIONS"]) {
      const answer = await ask(port, "/trpc/system.info", { origin }, method);
      const names = Object.keys(answer.headers).filter((name) => name.startsWith("access-control"));
      expect(names).toEqual([]);
    }
  });

  test.each(["/stream/x", "/download/x", "/cover/x", "/exports/x", "/trpc/system.info"])(
    "can embed %s",
    async (path) => {
      const { port } = await startWorld();
      for (const site of ["cross-site", "same-site"]) {
        expect((await ask(port, path, { "sec-fetch-site": site })).status).toBe(403);
      }
    },
  );
});
