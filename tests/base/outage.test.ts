import { setTimeout as pause } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { MAX_EVENT_LOOP_DELAY_MS } from "#server/app.ts";
import { recordLog } from "#tests/support/log.ts";
import { ownPostgres } from "#tests/support/own-postgres.ts";
import { ask } from "#tests/support/raw-http.ts";
import { startServer } from "#tests/support/server.ts";

const isReady = async (port: number): Promise<boolean> =>
  (await ask(port, "/health/ready")).status === 200;

describe("while the database is away", () => {
  test("the server lives, says so, and goes on by itself when it is back", async () => {
    const postgres = await ownPostgres();
    const { log, lines } = recordLog();
    const server = await startServer({ database: postgres.database, log });
    const admin = await server.admin();
    const { port } = server;
    expect(JSON.parse((await ask(port, "/health/ready")).body)).toEqual({
      status: "ok",
      checks: { database: "ok", jobs: "ok" },
    });

    await postgres.stop();
    const refusals = await Promise.all(
      Array.from({ length: 20 }, () => ask(port, "/trpc/system.info")),
    );
    for (const refusal of refusals) {
      expect(refusal.status).toBe(503);
      expect(Number(refusal.headers["retry-after"])).toBeGreaterThan(0);
      const { error } = JSON.parse(refusal.body);
      expect(error.data.app).toMatchObject({ code: "busy", retryAfterSeconds: 5 });
      expect(refusal.body).not.toMatch(/postgres|socket|\/tmp|ECONN|ENOENT/i);
    }
    const unready = await ask(port, "/health/ready");
    expect(unready.status).toBe(503);
    expect(unready.headers["retry-after"]).toBeDefined();
    expect(JSON.parse(unready.body)).toEqual({
      status: "failed",
      checks: { database: "failed", jobs: "failed" },
    });
    expect((await ask(port, "/health/live")).status).toBe(200);
    expect((await ask(port, "/", { accept: "text/html" })).headers["content-type"]).toContain(
      "html",
    );
    await pause(1_500);

    await postgres.start();
    await expect.poll(() => isReady(port), { timeout: 5_000 }).toBe(true);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => ask(port, "/trpc/system.info")),
    );
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]));
    expect((await admin.api.auth.me.query()).user.name).toBe("Anna");

    // And what was told to those who wait arrives again, over a line that was down.
    const seen: number[] = [];
    const leaving = new AbortController();
    void (async () => {
      for await (const _ of server.deps.events.subscribe("topic", leaving.signal)) seen.push(1);
    })();
    await expect
      .poll(
        async () => {
          await server.deps.events.publish(server.deps.db, "topic");
          return seen.length;
        },
        { timeout: 5_000 },
      )
      .toBeGreaterThan(1);
    leaving.abort();
    expect(lines.filter((line) => line.includes('"level":60'))).toEqual([]);
  });
});

test("a pool that is used up is no reason to be taken out of service", async () => {
  const server = await startServer();
  const { port, deps } = server;
  const size = deps.config.database.poolSize;
  const sleeping = Promise.all(
    Array.from({ length: size }, () => deps.db.execute(sql`select pg_sleep(5)`)),
  );
  await pause(100);
  const [refusal, ready] = await Promise.all([
    ask(port, "/trpc/system.info"),
    ask(port, "/health/ready"),
  ]);
  expect(refusal.status).toBe(503);
  expect(JSON.parse(refusal.body).error.data.app.code).toBe("busy");
  expect(ready.status).toBe(200);
  await sleeping;
  expect((await ask(port, "/trpc/system.info")).status).toBe(200);
});

test("an overloaded server says so early, but answers those who ask whether it lives", async () => {
  const { port, app } = await startServer({
    maxEventLoopDelayMs: MAX_EVENT_LOOP_DELAY_MS,
    prepare: (app) => void app.get("/test/short", async () => "done"),
  });
  let isSeen = false;
  const block = (): void => {
    const end = Date.now() + 700;
    while (Date.now() < end);
    if (!isSeen) setTimeout(block, 1);
  };
  setTimeout(block, 0);
  await expect.poll(() => app.isUnderPressure(), { timeout: 20_000 }).toBe(true);
  isSeen = true;
  const refusal = await ask(port, "/test/short");
  expect(refusal.status).toBe(503);
  expect(Number(refusal.headers["retry-after"])).toBeGreaterThan(0);
  expect(JSON.parse(refusal.body).code).toBe("busy");
  expect((await ask(port, "/health/live")).status).toBe(200);
  expect((await ask(port, "/health/ready")).status).toBe(200);
  await expect.poll(() => app.isUnderPressure(), { timeout: 6_000 }).toBe(false);
  expect((await ask(port, "/test/short")).body).toBe("done");
});
