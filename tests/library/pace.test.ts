import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { AppError } from "#server/base/errors.ts";
import { createPace, type Pace, type PaceOptions } from "#server/library/pace.ts";

const away = () => new AppError("storage_unavailable", "Not now.");
const never = new AbortController().signal;

const paceOf = (more: Partial<PaceOptions> = {}): Pace =>
  createPace({
    start: 4,
    most: 16,
    tries: 3,
    patienceMs: 0,
    firstWaitMs: 1,
    signal: never,
    ...more,
  });

/** Asks many questions; says how many were under way at most. */
async function widest(pace: Pace, count: number): Promise<number> {
  let [busy, most] = [0, 0];
  const question = async (): Promise<void> => {
    busy += 1;
    most = Math.max(most, busy);
    await sleep(1);
    busy -= 1;
  };
  await Promise.all(Array.from({ length: count }, () => pace.ask(question)));
  return most;
}

describe("a storage that answers quickly", () => {
  test("is asked politely first, and more and more at once", async () => {
    const pace = paceOf();
    expect(await widest(pace, 4)).toBe(4);
    expect(await widest(pace, 200)).toBe(16);
    expect(pace.width()).toBe(16);
  });
});

describe("a storage that says 'not now'", () => {
  test("is asked half as much, once for all that were under way", async () => {
    const pace = paceOf({ start: 16, tries: 2 });
    let failures = 8;
    const questions = Array.from({ length: 16 }, () =>
      pace.ask(async () => {
        await sleep(2);
        failures -= 1;
        if (failures >= 0) throw away();
      }),
    );
    await Promise.all(questions);
    expect(pace.width()).toBeGreaterThanOrEqual(8);
    expect(pace.width()).toBeLessThan(12);
  });

  test("is not asked before the time that it named", async () => {
    const pace = paceOf();
    const askedAtMs: number[] = [];
    await pace.ask(async () => {
      askedAtMs.push(performance.now());
      if (askedAtMs.length === 1) {
        throw new AppError("rate_limited", "Slow down.", { retryAfterSeconds: 0.3 });
      }
    });
    expect((askedAtMs[1] ?? 0) - (askedAtMs[0] ?? 0)).toBeGreaterThanOrEqual(299);
  });

  test("is not waited for when it wants more than ten minutes", async () => {
    let asked = 0;
    const answer = paceOf().ask(async () => {
      asked += 1;
      throw new AppError("rate_limited", "Slow down.", { retryAfterSeconds: 601 });
    });
    await expect(answer).rejects.toMatchObject({ code: "rate_limited" });
    expect(asked).toBe(1);
  });

  test("three times is left alone, unless there is patience", async () => {
    let asked = 0;
    const question = async () => {
      asked += 1;
      throw away();
    };
    await expect(paceOf().ask(question)).rejects.toThrow("Not now.");
    expect(asked).toBe(3);

    asked = 0;
    const patient = paceOf({ patienceMs: 60 });
    await expect(patient.ask(question)).rejects.toThrow("Not now.");
    expect(asked).toBeGreaterThan(3);
    expect(patient.isSilent()).toBe(true);
  });

  test("to one question only, is not away", async () => {
    const pace = paceOf({ patienceMs: 60_000 });
    const others = setInterval(() => void pace.ask(async () => {}), 1);
    await expect(pace.ask(() => Promise.reject(away()))).rejects.toThrow("Not now.");
    clearInterval(others);
    expect(pace.isSilent()).toBe(false);
  });

  test("for good, is asked once", async () => {
    let asked = 0;
    const refused = paceOf().ask(async () => {
      asked += 1;
      throw new AppError("storage_refused", "Never.");
    });
    await expect(refused).rejects.toThrow("Never.");
    expect(asked).toBe(1);
  });
});

test("whoever waits is told at once when it is over", async () => {
  const over = new AbortController();
  const pace = paceOf({ start: 1, firstWaitMs: 60_000, signal: over.signal });
  let asked = 0;
  const all = Array.from({ length: 20 }, () =>
    pace.ask(async () => {
      asked += 1;
      throw away();
    }),
  );
  await sleep(5);
  over.abort(new Error("It is over."));
  for (const each of await Promise.allSettled(all)) {
    expect(each).toMatchObject({ status: "rejected", reason: { message: "It is over." } });
  }
  expect(asked).toBe(1);
});
