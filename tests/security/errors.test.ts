import { connect } from "node:net";
import { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { settings } from "#drizzle/schema/index.ts";
import { write } from "#server/base/db.ts";
import { publicProcedure } from "#server/base/trpc.ts";
import { startReplica } from "#tests/auth/replica.ts";
import { testDeps } from "#tests/support/deps.ts";
import { recordLog } from "#tests/support/log.ts";
import { ask, exchange, requestText } from "#tests/support/raw-http.ts";
import { startServer } from "#tests/support/server.ts";

const INTERNAL = {
  code: "internal",
  message:
    "Something went wrong on the server. It has been written to the server's log; nothing of yours was changed.",
};

/** What code may throw, none of which is for the caller's eyes. */
function createCircle(): object {
  const circle: Record<string, unknown> = { path: "/srv/canary" };
  circle.self = circle;
  return circle;
}
const thrown: Record<string, () => unknown> = {
  "an error": () => new Error("canary at /srv/canary/file.ts:7"),
  "a symbol": () => Symbol("canary"),
  nothing: () => undefined,
  "a text": () => "canary",
  "a number": () => 404,
  "a circle": createCircle,
  "an error in a circle": () => Object.assign(new Error("canary"), { cause: createCircle() }),
  "an error that is its own cause": () => {
    const error = new Error("canary");
    error.cause = error;
    return error;
  },
  "an error with a status": () => Object.assign(new Error("canary"), { statusCode: 200 }),
  "an object that looks like an answer": () => ({ statusCode: 302, location: "https://canary" }),
};

describe("whatever is thrown", () => {
  test.each(Object.entries(thrown))("tells the caller nothing: %s", async (_, make) => {
    const { log, lines } = recordLog();
    const { port } = await startServer({
      log,
      prepare: (app) =>
        void app.get("/test/fails", async () => {
          throw make();
        }),
    });
    const { status, body } = await ask(port, "/test/fails");
    expect(status).toBe(500);
    expect(JSON.parse(body)).toEqual(INTERNAL);
    expect(lines.join("")).toContain('"msg":"request failed"');
    expect((await ask(port, "/health/live")).status).toBe(200);
  });

  test.each(Object.entries(thrown))(
    "tells the caller no more when a procedure throws it: %s",
    async (_, make) => {
      const { log, lines } = recordLog();
      const fails = publicProcedure.output(z.void()).query(() => {
        throw make();
      });
      const { port } = await startReplica(await testDeps({ log }), { fails });
      const { status, body } = await ask(port, "/trpc/test/fails");
      const { error } = JSON.parse(body);
      expect([status, error.message, error.data.app]).toEqual([500, INTERNAL.message, INTERNAL]);
      expect(body).not.toMatch(/canary|stack|\.ts:\d/);
      expect(lines.join("")).toContain('"msg":"request failed"');
      expect((await ask(port, "/health/live")).status).toBe(200);
    },
  );

  test("after the answer has begun ends it and not the server", async () => {
    const { port } = await startServer({
      prepare: (app) =>
        void app.get("/test/breaks", (_request, reply) =>
          reply.header("content-length", "1000").send(
            Readable.from(
              (async function* () {
                yield "the beginning";
                throw new Error("canary");
              })(),
            ),
          ),
        ),
    });
    const { body } = await ask(port, "/test/breaks");
    expect(body).toBe("the beginning");
    expect((await ask(port, "/health/live")).status).toBe(200);
  });

  test("in a statement tells the caller neither statement nor value", async () => {
    const { log, lines } = recordLog();
    const { port } = await startServer({
      log,
      prepare(app, deps) {
        const put = () =>
          write(deps, (tx) => tx.insert(settings).values({ key: "canary-key", value: "canary" }));
        app.get("/test/unique", async () => {
          await put();
          await put();
        });
        app.get("/test/broken", () => deps.db.execute(sql`select canary from nowhere`));
      },
    });
    for (const path of ["/test/unique", "/test/broken"]) {
      const { status, body } = await ask(port, path);
      expect([status, JSON.parse(body)]).toEqual([500, INTERNAL]);
    }
    expect(lines.join("")).toContain("settings_pkey");
    expect(lines.join("")).not.toContain("canary");
  });
});

describe("a procedure's refusal", () => {
  test("has one shape and no stack, whatever the reason", async () => {
    const { port } = await startServer();
    const refusals = {
      "/trpc/nothing.here": [404, "not_found"],
      "/trpc/bands.list": [401, "unauthenticated"],
      "/trpc/library.tracks.list?input=%7B": [401, "unauthenticated"],
      "/trpc/system.info,system.info": [404, "not_found"],
    } as const;
    for (const [path, [status, code]] of Object.entries(refusals)) {
      const answer = await ask(port, path);
      const { error } = JSON.parse(answer.body);
      expect([path, answer.status, error.data.app.code]).toEqual([path, status, code]);
      expect(answer.body).not.toMatch(/stack|node_modules|\.ts:\d/);
    }
  });

  test.each([
    ["no JSON", "{", 400],
    ["a list", "[]", 400],
    ["nothing", "", 400],
    ["an endless depth", "[".repeat(200_000), 400],
    ["a poisoned object", '{"__proto__":{"role":"admin"},"email":"a","password":"b"}', 400],
    ["more than a megabyte", `"${"x".repeat(1_100_000)}"`, 413],
  ])("of %s costs nothing but this request", async (_, body, status) => {
    const { port } = await startServer();
    const csrf = await ask(port, "/trpc/auth.csrf");
    const headers = {
      "content-type": "application/json",
      "sec-fetch-site": "same-origin",
      cookie: csrf.headers["set-cookie"]?.split(";")[0] ?? "",
      "x-csrf-token": JSON.parse(csrf.body).result.data.token,
    };
    const answer = await exchange(port, requestText("POST", "/trpc/auth.signIn", headers, body));
    expect(answer.status).toBe(status);
    expect(answer.body).not.toMatch(/stack|SyntaxError|node_modules|JSON at position/);
    expect((await ask(port, "/health/live")).status).toBe(200);
  });
});

describe("a batch", () => {
  test("of ten is answered, and of eleven refused before any of them runs", async () => {
    const { log, lines } = recordLog();
    const { port } = await startServer({ log });
    const batch = (count: number) =>
      ask(port, `/trpc/${Array(count).fill("system.info").join(",")}?batch=1&input=%7B%7D`);
    const ten = await batch(10);
    expect([ten.status, JSON.parse(ten.body).length]).toEqual([200, 10]);
    const eleven = await batch(11);
    expect(eleven.status).toBe(400);
    expect(eleven.body).not.toContain("setupRequired");
    expect(lines.join("")).not.toContain("request failed");
  });
});

test("a request that dies in the middle harms nobody", async () => {
  const { port } = await startServer();
  for (let i = 0; i < 20; i += 1) {
    const socket = connect(port, "127.0.0.1");
    socket.write(
      "POST /trpc/auth.signIn HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n",
    );
    socket.write("content-length: 1000\r\n\r\n{");
    await pause(2);
    socket.destroy();
  }
  expect((await ask(port, "/health/live")).status).toBe(200);
});
