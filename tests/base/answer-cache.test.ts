import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { openAnswerCache, type Question } from "#server/base/answer-cache.ts";
import { write } from "#server/base/db.ts";
import { createShelf } from "#server/base/shelf.ts";
import { type TestDeps, testDeps } from "#tests/support/deps.ts";
import { hasRedis, startRedis } from "#tests/support/redis.ts";

const TOPIC = "something";

interface Asked {
  readonly question: Question<number>;
  /** So often it was answered. */
  times(): number;
}

/** Each time another answer. */
function ask(change: Partial<Question<number>> = {}): Asked {
  let times = 0;
  const question: Question<number> = {
    key: "answer",
    schema: z.number(),
    topics: async () => [TOPIC],
    load: async () => {
      times += 1;
      return { value: times, msLeft: null };
    },
    ...change,
  };
  return { question, times: () => times };
}

const publish = (deps: TestDeps): Promise<void> =>
  write(deps, (tx) => deps.events.publish(tx, TOPIC));

function kept(world: () => Promise<TestDeps>): void {
  test("an answer is made once, for all who ask at once and after one another", async () => {
    const deps = await world();
    const { question, times } = ask();
    const all = Array.from({ length: 20 }, () => deps.answers.read(question));
    expect(new Set(await Promise.all(all))).toEqual(new Set([1]));
    expect(await deps.answers.read(question)).toBe(1);
    expect(times()).toBe(1);
  });

  test("it is made anew once it is published that it has changed", async () => {
    const deps = await world();
    const { question } = ask();
    await deps.answers.read(question);
    await publish(deps);
    await expect.poll(() => deps.answers.read(question)).toBe(2);
    await publish(deps);
    await expect.poll(() => deps.answers.read(question)).toBe(3);
  });

  test("what changes while it is made is not kept", async () => {
    const deps = await world();
    let times = 0;
    const { question } = ask({
      load: async () => {
        times += 1;
        if (times === 1) {
          const told = Promise.withResolvers<void>();
          const stop = deps.events.listen(TOPIC, () => told.resolve());
          await publish(deps);
          await told.promise;
          stop();
        }
        return { value: times, msLeft: null };
      },
    });
    expect(await deps.answers.read(question)).toBe(1);
    expect(await deps.answers.read(question)).toBe(2);
    expect(await deps.answers.read(question)).toBe(2);
  });

  test("what there is not and what failed is asked for again", async () => {
    const deps = await world();
    const none = ask({ key: "none", topics: async () => undefined });
    expect(await deps.answers.read(none.question)).toBeUndefined();
    expect(none.times()).toBe(0);
    let times = 0;
    const failing = ask({
      key: "failing",
      load: async () => {
        times += 1;
        if (times === 1) throw new Error("Not now.");
        return times === 2 ? undefined : { value: times, msLeft: null };
      },
    });
    await expect(deps.answers.read(failing.question)).rejects.toThrow("Not now.");
    expect(await deps.answers.read(failing.question)).toBeUndefined();
    expect(await deps.answers.read(failing.question)).toBe(3);
    expect(await deps.answers.read(failing.question)).toBe(3);
  });

  test("what ends by itself is not kept for longer", async () => {
    const deps = await world();
    let times = 0;
    const { question } = ask({
      load: async () => {
        times += 1;
        return { value: times, msLeft: 300 };
      },
    });
    expect(await deps.answers.read(question)).toBe(1);
    await expect.poll(() => deps.answers.read(question)).toBe(2);
    const over = ask({ key: "over", load: async () => ({ value: 7, msLeft: -1 }) });
    await deps.answers.read(over.question);
    const anew = ask({ key: "over" });
    expect(await deps.answers.read(anew.question)).toBe(1);
  });
}

describe("in the process", () => kept(() => testDeps()));

const whereThereIsRedis = hasRedis ? describe : () => {};

whereThereIsRedis("in a Redis", () => {
  kept(async () => testDeps({ environment: { REDIS_URL: (await startRedis()).url } }));

  test("all servers find it, and none does when it has changed", async () => {
    const redis = await startRedis();
    const environment = { REDIS_URL: redis.url };
    const here = await testDeps({ environment });
    const there = await testDeps({ environment, database: here.testDatabase });
    const { question, times } = ask();
    expect([await here.answers.read(question), await there.answers.read(question)]).toEqual([1, 1]);
    expect(times()).toBe(1);
    await publish(there);
    await expect.poll(() => there.answers.read(question)).toBe(2);
    expect(await here.answers.read(question)).toBe(2);
  });

  test("without it every answer is made anew, at once", async () => {
    const redis = await startRedis();
    const deps = await testDeps({ environment: { REDIS_URL: redis.url } });
    const { question } = ask();
    expect(await deps.answers.read(question)).toBe(1);
    await redis.stop();
    expect(await deps.answers.read(question)).toBe(2);
    expect(await deps.answers.read(question)).toBe(3);
  });

  test("what somebody else has put there is not believed", async () => {
    const redis = await startRedis();
    const deps = await testDeps({ environment: { REDIS_URL: redis.url } });
    const own = await openAnswerCache({ redisUrl: redis.url }, deps.events, deps.log);
    onTestFinished(() => own.close());
    const text = { key: "answer", schema: z.string(), topics: async () => [TOPIC] };
    await own.read({ ...text, load: async () => ({ value: "no number", msLeft: null }) });
    expect(await deps.answers.read(ask().question)).toBe(1);
  });
});

describe("a shelf", () => {
  test("makes room by what was asked for least of late", async () => {
    const shelf = createShelf(10);
    await shelf.put("a", "aaaa", 1_000);
    await shelf.put("b", "bbbb", 1_000);
    await shelf.get("a");
    await shelf.put("c", "cccc", 1_000);
    expect(await Promise.all(["a", "b", "c"].map(shelf.get))).toEqual(["aaaa", null, "cccc"]);
    await shelf.put("d", "d".repeat(11), 1_000);
    expect(await Promise.all(["a", "c", "d"].map(shelf.get))).toEqual(["aaaa", "cccc", null]);
    await shelf.put("a", "aaaaaaaaaa", 1_000);
    expect(await Promise.all(["a", "c"].map(shelf.get))).toEqual(["aaaaaaaaaa", null]);
  });

  test("gives nothing away that is over", async () => {
    let nowMs = 0;
    const shelf = createShelf(10, () => nowMs);
    await shelf.put("a", "a", 100);
    nowMs = 99;
    expect(await shelf.get("a")).toBe("a");
    nowMs = 100;
    expect(await shelf.get("a")).toBeNull();
  });
});
