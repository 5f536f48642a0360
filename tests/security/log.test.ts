import { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { DrizzleQueryError } from "drizzle-orm";
import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createBackline } from "#sdk/index.ts";
import { startSetup } from "#server/auth/setup.ts";
import { AppError } from "#server/base/errors.ts";
import { describeError, loggerOptions } from "#server/base/log.ts";
import { recordLog } from "#tests/support/log.ts";
import { ask } from "#tests/support/raw-http.ts";
import { startServer } from "#tests/support/server.ts";

interface Line {
  readonly msg: string;
  readonly [field: string]: unknown;
}

const parse = (lines: readonly string[]): Line[] => lines.map((line) => JSON.parse(line));
const requestsIn = (lines: readonly string[]) =>
  parse(lines).filter((line) => line.msg === "request");

describe("a request", () => {
  test("is one line, with what it took and without what it asked for", async () => {
    const { log, lines } = recordLog();
    const { port } = await startServer({ log });
    const answer = await ask(port, "/trpc/system.info?input=canary&batch=canary");
    await expect.poll(() => requestsIn(lines)).toHaveLength(1);
    expect(requestsIn(lines)[0]).toMatchObject({
      reqId: answer.headers["x-request-id"],
      method: "GET",
      path: "/trpc/system.info",
      route: "/trpc/:path",
      status: answer.status,
      durationMs: expect.any(Number),
      bytes: expect.any(Number),
    });
    expect(lines.join()).not.toContain("canary");
  });

  test("for nothing that exists is a line, too, however long and strange", async () => {
    const { log, lines } = recordLog();
    const { port } = await startServer({ log });
    await ask(port, `/nothing/${"x".repeat(3_000)}?canary`);
    await ask(port, "/a%0Ab%1B[31m", { "user-agent": "canary" });
    await expect.poll(() => requestsIn(lines)).toHaveLength(2);
    const [long, strange] = requestsIn(lines);
    expect(String(long?.path).length).toBeLessThanOrEqual(300);
    expect(strange).toMatchObject({ path: "/a%0Ab%1B[31m", status: 404 });
    expect(lines.join()).not.toContain("canary");
    expect(lines.every((line) => line.trim().split("\n").length === 1)).toBe(true);
  });

  test("that is cut off in the middle is a line that says so", async () => {
    const { log, lines } = recordLog();
    const { baseUrl } = await startServer({
      log,
      prepare: (app) =>
        void app.get("/test/endless", (_, reply) =>
          reply.send(
            Readable.from(
              (async function* () {
                for (;;) {
                  yield "x".repeat(1_000);
                  await pause(10);
                }
              })(),
            ),
          ),
        ),
    });
    const leaving = new AbortController();
    const response = await fetch(`${baseUrl}/test/endless?canary`, { signal: leaving.signal });
    await response.body?.getReader().read();
    expect(requestsIn(lines)).toHaveLength(0);
    leaving.abort();
    await expect.poll(() => requestsIn(lines)).toHaveLength(1);
    const [line] = requestsIn(lines);
    expect(line).toMatchObject({ path: "/test/endless", status: 200, isCut: true });
    expect(line?.bytes).toBeGreaterThan(1_000);
  });
});

test("nothing that a person types or carries is in the log, at its most talkative", async () => {
  const { log, lines } = recordLog();
  const { baseUrl, deps } = await startServer({ log });
  const secrets = new Set<string>();
  /** A client whose every cookie and token is noted. */
  const noting: typeof fetch = async (input, init) => {
    const sent = new Headers(init?.headers);
    for (const name of ["x-csrf-token", "authorization"]) secrets.add(sent.get(name) ?? "");
    const response = await fetch(input, init);
    for (const cookie of response.headers.getSetCookie()) {
      secrets.add(/=([^;]*)/.exec(cookie)?.[1] ?? "");
    }
    return response;
  };
  const backline = createBackline({ baseUrl, fetch: noting });
  const setupToken = (await startSetup(deps)) ?? "";
  const typed = {
    email: "canary-mail@band.example",
    name: "Canary Name",
    password: "canary password, long enough",
  };
  secrets.add(setupToken);

  await expect(
    backline.api.auth.setup.mutate({ ...typed, setupToken: "canary-wrong-token" }),
  ).rejects.toThrow();
  await backline.api.auth.setup.mutate({ ...typed, setupToken });
  const { email, password } = typed;
  await backline.api.auth.signIn.mutate({ email, password, rememberMe: true });
  for (const wrong of ["canary wrong password", ""]) {
    await expect(
      backline.api.auth.signIn.mutate({ email, password: wrong, rememberMe: false }),
    ).rejects.toThrow();
  }
  await backline.api.auth.refresh.mutate();
  await backline.api.auth.me.query();
  const [band] = await backline.api.bands.list.query();
  if (!band) throw new Error("no band");
  await expect(
    backline.api.connections.create.mutate({
      bandId: band.id,
      form: {
        provider: "webdav",
        url: "http://canary-user:canary-inline@127.0.0.1:9/dav",
        username: "canary-dav-user",
        password: "canary-dav-password",
      },
    }),
  ).rejects.toThrow();
  await backline.api.auth.signOut.mutate();
  const robot = createBackline({ baseUrl, fetch: noting, accessToken: "canary-access-token" });
  await expect(robot.api.auth.me.query()).rejects.toThrow();
  const header = { cookie: "backline-access=canary-cookie", "x-csrf-token": "canary-csrf" };
  await fetch(`${baseUrl}/trpc/auth.me?token=canary-query`, { headers: header });

  await expect.poll(() => requestsIn(lines).length).toBeGreaterThan(10);
  const written = lines.join("\n");
  const carried = [...secrets].filter((secret) => secret.length > 8);
  expect(carried.length).toBeGreaterThan(5);
  for (const secret of carried) expect(written).not.toContain(secret);
  expect(written).not.toMatch(/canary/i);
});

describe("what is written of an error", () => {
  const write = (error: unknown): string => {
    const lines: string[] = [];
    const log = pino(loggerOptions("trace") as object, {
      write: (line: string) => void lines.push(line),
    });
    log.error({ err: error }, "with a message");
    log.error({ err: error });
    log.error(error as Error);
    log.error({ error, reqId: "1" });
    return lines.join("");
  };

  test.each([
    [
      "a failed statement",
      new DrizzleQueryError(
        "insert into users values ($1) -- canary",
        ["canary@band.example"],
        Object.assign(new Error("Key (email)=(canary) already exists"), {
          name: "PostgresError",
          code: "23505",
          constraint_name: "users_email_key_unique",
          detail: "Key (email)=(canary)",
        }),
      ),
      ["23505", "users_email_key_unique", "a statement failed"],
    ],
    [
      "a value of another shape",
      z.object({ password: z.literal("x") }).safeParse({ password: "canary" }).error,
      ["a value is not of the expected shape"],
    ],
    [
      "an address with a password",
      new Error("connect postgres://anna:canary@db/x failed"),
      ["postgres://***@db/x"],
    ],
    [
      "what carries more than a message",
      Object.assign(new Error("plain"), { headers: { cookie: "canary" }, input: "canary" }),
      ["plain"],
    ],
  ])("is enough to find it and nothing more: %s", (_, error, expected) => {
    const written = write(error);
    for (const each of expected) expect(written).toContain(each);
    expect(written).not.toContain("canary");
  });

  test.each([{ password: "canary" }, "canary", Symbol("canary"), undefined])(
    "is no more than its kind when it is no error: %s",
    (thrown) => expect(JSON.stringify(describeError(thrown))).not.toContain("canary"),
  );

  test("follows its causes, not for ever, and points at code unless a person caused it", () => {
    const circle = new Error("round");
    circle.cause = circle;
    expect(JSON.stringify(describeError(circle)).match(/round/g)).toHaveLength(6);
    const cause = new Error("the reason");
    const refusal = describeError(new AppError("conflict", "Taken.", { cause }));
    expect(refusal).not.toHaveProperty("stack");
    expect(refusal).toMatchObject({ code: "conflict", cause: { message: "the reason" } });
    expect(describeError(new Error("ours")).stack).toMatch(/^ +at .*log\.test\.ts/);
  });
});
