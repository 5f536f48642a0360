import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import type { SignedIn } from "#contract/auth.ts";
import { members, sessions, setupTokens, users } from "#drizzle/schema/index.ts";
import { isSetupRequired, startSetup } from "#server/auth/setup.ts";
import { write } from "#server/base/db.ts";
import type { Deps } from "#server/deps.ts";
import { testDeps } from "#tests/support/deps.ts";
import { openBrowser } from "./browser.ts";
import { createPerson, replicaOf } from "./people.ts";
import { startReplica } from "./replica.ts";

const anna = { email: "Anna@Band.example", name: "Anna", password: "seven blue trombones" };

const count = async (deps: Deps, table: typeof users | typeof sessions | typeof setupTokens) =>
  deps.db.$count(table);

describe("the first admin", () => {
  test("is made with the token that the server printed, and is signed in with a band of her own", async () => {
    const deps = await testDeps();
    const { baseUrl } = await startReplica(deps);
    const browser = openBrowser(baseUrl);
    expect(await isSetupRequired(deps)).toBe(true);

    const setupToken = await startSetup(deps);
    const answer = await browser.mutate("auth.setup", { setupToken, ...anna });

    expect(answer.status).toBe(200);
    const { me } = answer.data as SignedIn;
    expect(me.user).toMatchObject({ email: anna.email, name: "Anna", role: "admin" });
    expect((await browser.query("auth.me")).data).toEqual(me);
    const bands = await browser.query("bands.list");
    expect(bands.data).toEqual([
      { id: me.personalBandId, name: "Anna", isPersonal: true, role: "owner" },
    ]);
    expect(await isSetupRequired(deps)).toBe(false);
    expect(await count(deps, setupTokens)).toBe(0);
  });

  test("is one, however many try the same token at three servers at once", async () => {
    const deps = await testDeps();
    const replicas = [
      await startReplica(deps),
      await startReplica(await replicaOf(deps)),
      await startReplica(await replicaOf(deps)),
    ] as const;
    const setupToken = await startSetup(deps);
    const browsers = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const browser = openBrowser(replicas[(index % 3) as 0 | 1 | 2].baseUrl);
        return { browser, csrf: await browser.csrfToken() };
      }),
    );

    const answers = await Promise.all(
      browsers.map(({ browser, csrf }, index) =>
        browser.mutate(
          "auth.setup",
          { setupToken, ...anna, email: `anna${index}@band.example` },
          { csrf },
        ),
      ),
    );

    expect(answers.filter((each) => each.status === 200)).toHaveLength(1);
    const refused = answers.filter((each) => each.status !== 200);
    expect(new Set(refused.map((each) => each.status))).toEqual(new Set([404]));
    expect(refused[0]?.refusal?.message).toContain("set up already");
    expect(await count(deps, users)).toBe(1);
    expect(await count(deps, sessions)).toBe(1);
    expect(await deps.db.$count(members)).toBe(1);
  });

  test("is not made with a token that nobody printed, nor with yesterday's", async () => {
    const deps = await testDeps();
    const browser = openBrowser((await startReplica(deps)).baseUrl);
    const old = await startSetup(deps);
    await write(deps, (tx) =>
      tx.update(setupTokens).set({ createdAt: sql`now() - interval '24 hours 1 second'` }),
    );

    for (const setupToken of ["A".repeat(43), old]) {
      const answer = await browser.mutate("auth.setup", { setupToken, ...anna });
      expect(answer.status).toBe(403);
      expect(answer.refusal?.code).toBe("forbidden");
    }
    expect(await count(deps, users)).toBe(0);
    expect(browser.cookies.has("backline-access")).toBe(false);
  });

  test("may choose a better password after a bad one: the token is still good", async () => {
    const deps = await testDeps();
    const browser = openBrowser((await startReplica(deps)).baseUrl);
    const setupToken = await startSetup(deps);

    const bad = await browser.mutate("auth.setup", {
      setupToken,
      ...anna,
      password: "Backline2026!",
    });
    expect(bad.refusal?.code).toBe("invalid_input");
    const good = await browser.mutate("auth.setup", { setupToken, ...anna });
    expect(good.status).toBe(200);
  });

  test("leaves no token to print once there is somebody", async () => {
    const deps = await testDeps();
    await createPerson(deps, "anna");
    expect(await startSetup(deps)).toBeNull();
    expect(await count(deps, setupTokens)).toBe(0);
  });
});

test("only the hash of a setup token is kept, and old ones go at the next start", async () => {
  const deps = await testDeps();
  const first = await startSetup(deps);
  await write(deps, (tx) =>
    tx.update(setupTokens).set({ createdAt: sql`now() - interval '2 days'` }),
  );
  const second = await startSetup(deps);

  const rows = await deps.db.select().from(setupTokens);
  expect(rows).toHaveLength(1);
  expect(rows[0]?.tokenHash).toMatch(/^[\w-]{43}$/);
  expect([first, second]).not.toContain(rows[0]?.tokenHash);
});
