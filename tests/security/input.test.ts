import { sql } from "drizzle-orm";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Me } from "#contract/auth.ts";
import { SortDirection, TrackSort } from "#contract/library.ts";
import { users } from "#drizzle/schema/index.ts";
import { startSetup } from "#server/auth/setup.ts";
import { write } from "#server/base/db.ts";
import { openBrowser } from "#tests/auth/browser.ts";
import { annasServer, PASSWORD, signIn } from "#tests/auth/people.ts";
import { startReplica } from "#tests/auth/replica.ts";
import { testDeps } from "#tests/support/deps.ts";
import { forgetTries } from "./night-shift.ts";

test.each(["userId", "sessionId", "role", "emailVerified", "suspendedAt", "__proto__x"])(
  "nobody sets %s by sending it along",
  async (field) => {
    const { browser, anna } = await annasServer();
    const input = { email: anna.email, password: PASSWORD, rememberMe: false, [field]: "admin" };
    const answer = await browser.mutate("auth.signIn", input);
    expect(answer.status).toBe(400);
    expect(answer.refusal?.code).toBe("invalid_input");
  },
);

test("the first admin is made of the fields that are asked for and no others", async () => {
  const deps = await testDeps();
  const browser = openBrowser((await startReplica(deps)).baseUrl);
  const setupToken = await startSetup(deps);
  const input = { setupToken, email: "anna@band.example", name: "Anna", password: PASSWORD };
  for (const wrong of [
    { ...input, role: "user" },
    { ...input, email: "no address" },
    { ...input, name: " " },
    { ...input, name: "A\u0000nna" },
    { ...input, password: "seven77" },
    { ...input, password: "x".repeat(1025) },
    { ...input, setupToken: "" },
  ]) {
    const answer = await browser.mutate("auth.setup", wrong);
    expect([wrong, answer.status]).toEqual([wrong, 400]);
  }
  expect(await deps.db.$count(users)).toBe(0);
});

test("a sign-in with anything odd in it is refused and breaks nothing", async () => {
  const { browser, anna } = await annasServer();
  const input = { email: anna.email, password: PASSWORD, rememberMe: false };
  const statusOf = async (odd: unknown) => (await browser.mutate("auth.signIn", odd)).status;
  expect(await statusOf({ ...input, email: "a\u0000b" })).toBe(400);
  expect(await statusOf({ ...input, email: "\ud800" })).toBe(401);
  expect(await statusOf({ ...input, password: "\ud800\u0000" })).toBe(401);
  expect(await statusOf({ ...input, email: { $ne: 1 } })).toBe(400);
  expect(await statusOf({ ...input, email: `' or 1=1 --` })).toBe(401);
  expect(await statusOf(null)).toBe(400);
  expect(await statusOf([input])).toBe(400);
});

/** What somebody would write who hopes that it ends up in a statement. */
const hostileWords = fc.oneof(
  fc.constantFrom(
    'id";drop table tracks;--',
    "title; select pg_sleep(10)",
    "case when 1=1 then title end",
    "(select password_hash from users limit 1)",
    "sort_title",
    "title asc",
    "TITLE",
    " title",
    "title\u0000",
    "__proto__",
    "constructor",
    "1",
    "",
  ),
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.constantFrom("'", '"', "`", "\\", "--", "/*").map((sign) => `title${sign} desc`),
);

test("10,000 ways to sort, to narrow down or to go on by something else reach no statement", {
  timeout: 120_000,
}, async () => {
  const { browser, anna, deps } = await annasServer();
  await signIn(browser, anna);
  const { personalBandId: bandId } = (await browser.query("auth.me")).data as Me;
  // Whatever gets as far as the table of tracks fails in another way from now on.
  await write(deps, (tx) => tx.execute(sql`alter table tracks rename to away`));
  const ours: readonly string[] = [...TrackSort.options, ...SortDirection.options];
  const probe = fc
    .tuple(
      fc.constantFrom("sort", "direction", "cursor", "state", "connectionId"),
      hostileWords.filter((word) => !ours.includes(word)),
    )
    .map(([field, word]) =>
      field === "state" || field === "connectionId"
        ? { bandId, filter: { [field]: word } }
        : { bandId, [field]: word },
    );

  const path = `library.tracks.list${",library.tracks.list".repeat(9)}?batch=1`;
  let asked = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(probe, { minLength: 10, maxLength: 10 }), async (probes) => {
      // Nobody may ask so often within a minute.
      if (asked % 50 === 0) await forgetTries({ deps });
      asked += 1;
      const inputs = encodeURIComponent(JSON.stringify({ ...probes }));
      const answer = await browser.fetch(`/trpc/${path}&input=${inputs}`);
      const codes = (JSON.parse(answer.text) as Refused[]).map((each) => each.error?.data.app.code);
      expect([probes, codes]).toEqual([probes, probes.map(() => "invalid_input")]);
    }),
    { numRuns: 1_000 },
  );
});

interface Refused {
  readonly error?: { readonly data: { readonly app: { readonly code: string } } };
}
