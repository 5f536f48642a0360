import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { openDatabase, openWritingClient, write } from "#server/base/db.ts";
import { defineJob, type JobHandler, startJobs } from "#server/base/jobs.ts";
import type { Deps } from "#server/deps.ts";
import { createTestDatabase } from "#tests/support/deps.ts";
import { recordLog } from "#tests/support/log.ts";
import { connect } from "#tests/support/postgres.ts";

const songMade = defineJob("test.song-made", z.object({ title: z.string() }));

/** Servers on one database, each with a queue of its own, and a look at what the queue stores. */
async function workshop() {
  const target = await createTestDatabase();
  const database = openDatabase(target, { max: 3, applicationName: "workshop" });
  const { log, lines } = recordLog();
  const name = "url" in target ? new URL(target.url).pathname.slice(1) : target.database;
  const admin = connect(target, name);
  onTestFinished(async () => {
    await database.close();
    await admin.end();
  });

  const startServer = async () => {
    const open = (max: number) =>
      openWritingClient(target, { max, applicationName: "workshop jobs" });
    const jobs = await startJobs(open, [songMade.name], log);
    onTestFinished(() => jobs.stop());
    // These handlers use nothing but what they are given.
    return { jobs, db: database.pool, log } as unknown as Deps;
  };
  return {
    startServer,
    lines,
    async stored() {
      const rows = await admin`select data, state, output, jsonb_typeof(data) as type
        from pgboss.job where name = ${songMade.name} order by created_on`;
      return rows.map(({ data, state, output, type }) => ({ data, state, output, type }));
    },
    cut: () =>
      admin`select pg_terminate_backend(pid) from pg_stat_activity
             where datname = current_database() and pid <> pg_backend_pid()`,
  };
}

const make = (deps: Deps, title: string): Promise<void> =>
  write(deps, (tx) => songMade.enqueue(deps, tx, { title }));

/** A handler that keeps what it was given. */
function listener(): { handler: JobHandler; heard: string[] } {
  const heard: string[] = [];
  const handler = songMade.handle(async (_, { title }) => {
    heard.push(title);
  });
  return { handler, heard };
}

describe("a job", () => {
  test("exists if and only if the transaction that made it commits", async () => {
    const { startServer, stored } = await workshop();
    const deps = await startServer();
    const failing = write(deps, async (tx) => {
      await songMade.enqueue(deps, tx, { title: "unmade" });
      throw new Error("changed my mind");
    });
    await expect(failing).rejects.toThrow("changed my mind");
    expect(await stored()).toEqual([]);

    await make(deps, "Harbour Lights");
    expect(await stored()).toMatchObject([
      { data: { title: "Harbour Lights" }, state: "created", type: "object" },
    ]);
  });

  test("of a kind that nobody declared can't be sent", async () => {
    const { startServer } = await workshop();
    const deps = await startServer();
    const sending = write(deps, (tx) => deps.jobs.send(tx, "test.unknown", {}));
    await expect(sending).rejects.toThrow();
  });

  test("is run with what it was given, as it is made", async () => {
    const { startServer, stored } = await workshop();
    const deps = await startServer();
    const { handler, heard } = listener();
    await deps.jobs.work(deps, [handler]);
    await make(deps, `Don't "Wait" Up \\ #2 – Übung`);
    await expect.poll(() => heard, { timeout: 4_000 }).toEqual([`Don't "Wait" Up \\ #2 – Übung`]);
    await expect.poll(async () => (await stored())[0]?.state).toBe("completed");
  });

  test("of many that wait when a server starts is run without delay", async () => {
    const { startServer } = await workshop();
    const deps = await startServer();
    const titles = Array.from({ length: 30 }, (_, i) => `song ${i}`);
    for (const title of titles) await make(deps, title);
    const { handler, heard } = listener();
    await deps.jobs.work(deps, [handler]);
    await expect.poll(() => heard.length, { timeout: 4_000 }).toBe(30);
    expect(new Set(heard)).toEqual(new Set(titles));
  });

  test("does not wait for a long one of its kind", async () => {
    const { startServer } = await workshop();
    const deps = await startServer();
    const heard: string[] = [];
    const handler = songMade.handle(async (_, { title }, signal) => {
      if (title === "long") await pause(60_000, undefined, { signal });
      heard.push(title);
    });
    await deps.jobs.work(deps, [handler]);
    await make(deps, "long");
    await pause(200);
    await make(deps, "short");
    await expect.poll(() => heard, { timeout: 4_000 }).toEqual(["short"]);
  });

  test("that fails is tried again and does not take its neighbours with it", async () => {
    const { startServer, stored, lines } = await workshop();
    const deps = await startServer();
    const tries: string[] = [];
    const handler = songMade.handle(async (_, { title }) => {
      tries.push(title);
      if (title === "bad" && tries.filter((each) => each === "bad").length === 1) {
        throw new Error("the first try fails");
      }
    });
    await make(deps, "bad");
    await make(deps, "good");
    await deps.jobs.work(deps, [handler]);
    await expect
      .poll(async () => (await stored()).map((each) => each.state), { timeout: 20_000 })
      .toEqual(["completed", "completed"]);
    expect(tries.filter((each) => each === "good")).toHaveLength(1);
    expect(tries.filter((each) => each === "bad")).toHaveLength(2);
    expect(lines.join()).toContain("the first try fails");
  });

  test("that fails leaves nothing of what people typed in the queue or the log", async () => {
    const { startServer, stored, lines } = await workshop();
    const deps = await startServer();
    const canary = "canary-7f1c@band.example";
    const handler = songMade.handle(async () => {
      const cause = Object.assign(new Error(`Key (email)=(${canary}) already exists.`), {
        name: "PostgresError",
        detail: canary,
      });
      throw Object.assign(new Error("Failed", { cause }), { params: [canary], query: canary });
    });
    await make(deps, "any");
    await deps.jobs.work(deps, [handler]);
    await expect.poll(async () => (await stored())[0]?.state, { timeout: 4_000 }).toBe("retry");
    expect(JSON.stringify(await stored())).not.toContain(canary);
    expect(lines.join()).toContain("job failed");
    expect(lines.join()).not.toContain(canary);
  });
});

describe("a server that stops", () => {
  test("interrupts its jobs, and the next one takes them up without counting a try", async () => {
    const { startServer, stored } = await workshop();
    const first = await startServer();
    const started = Promise.withResolvers<void>();
    const interrupted = Promise.withResolvers<unknown>();
    const patient = songMade.handle(async (_, __, signal) => {
      started.resolve();
      await pause(60_000, undefined, { signal }).catch((error) => {
        interrupted.resolve(error);
        throw error;
      });
    });
    await first.jobs.work(first, [patient]);
    await make(first, "long");
    await started.promise;
    await first.jobs.stop();
    await interrupted.promise;
    const states = (await stored()).map((each) => each.state);
    expect(states.filter((each) => each !== "completed")).toEqual(["created"]);

    const second = await startServer();
    const { handler, heard } = listener();
    await second.jobs.work(second, [handler]);
    await expect.poll(() => heard, { timeout: 4_000 }).toEqual(["long"]);
  });

  test("is not ready any more, and can stop twice", async () => {
    const { startServer } = await workshop();
    const deps = await startServer();
    await deps.jobs.check();
    await deps.jobs.stop();
    await expect(deps.jobs.check()).rejects.toMatchObject({ code: "busy" });
    await deps.jobs.stop();
  });
});

test("the queue goes on by itself after Postgres has cut all its connections", async () => {
  const { startServer, cut } = await workshop();
  const deps = await startServer();
  const { handler, heard } = listener();
  await deps.jobs.work(deps, [handler]);
  await make(deps, "before");
  await expect.poll(() => heard).toEqual(["before"]);
  await cut();
  await deps.jobs.check();
  await expect
    .poll(() =>
      make(deps, "after").then(
        () => true,
        () => false,
      ),
    )
    .toBe(true);
  await expect.poll(() => heard, { timeout: 10_000 }).toEqual(["before", "after"]);
});

test("tests and scripts run one waiting job at a time", async () => {
  const { startServer, stored } = await workshop();
  const deps = await startServer();
  const { handler, heard } = listener();
  await make(deps, "one");
  await make(deps, "two");
  const { signal } = new AbortController();
  expect(await deps.jobs.runNext(deps, [handler], signal)).toBe(true);
  expect(heard).toEqual(["one"]);
  expect(await deps.jobs.runNext(deps, [handler], signal)).toBe(true);
  expect(await deps.jobs.runNext(deps, [handler], signal)).toBe(false);
  expect((await stored()).map((each) => each.state)).toEqual(["completed", "completed"]);
});

test("several servers that start at once share one queue", async () => {
  const { startServer } = await workshop();
  const servers = await Promise.all([startServer(), startServer(), startServer()]);
  const heard: string[] = [];
  for (const deps of servers) {
    const handler = songMade.handle(async (_, { title }) => void heard.push(title));
    await deps.jobs.work(deps, [handler]);
  }
  const titles = Array.from({ length: 40 }, (_, i) => `song ${i}`);
  await Promise.all(titles.map((title, i) => make(servers[i % 3] as Deps, title)));
  await expect.poll(() => heard.length, { timeout: 10_000 }).toBe(40);
  expect(new Set(heard).size).toBe(40);
});
