import { expect, test } from "vitest";
import { users } from "#drizzle/schema/index.ts";
import { startSetup } from "#server/auth/setup.ts";
import { openBrowser } from "#tests/auth/browser.ts";
import { annasServer, PASSWORD } from "#tests/auth/people.ts";
import { startReplica } from "#tests/auth/replica.ts";
import { testDeps } from "#tests/support/deps.ts";

test.each(["userId", "role", "emailVerified", "suspendedAt", "__proto__x"])(
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
