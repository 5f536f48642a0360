import { describe, expect, test } from "vitest";
import type { z } from "zod";
import { access, routeAccess } from "./access.ts";
import { ask } from "./asking.ts";
import { fingerprints } from "./database.ts";
import { findProcedure, pathOf, procedureDoors } from "./doors.ts";
import { forgetTries, type NightShift, nightShift } from "./night-shift.ts";
import { procedures } from "./procedures.ts";

const mutations = procedures.filter((each) => each.type === "mutation");

const inputOf = (path: string, { theirs }: NightShift): Record<string, unknown> | undefined =>
  access[path]?.input?.(theirs);

/** What nobody may say about themselves, or about whose something is. */
const PRESUMPTIONS = {
  userId: "01900000-0000-7000-8000-000000000000",
  ownerId: "01900000-0000-7000-8000-000000000000",
  sessionId: "01900000-0000-7000-8000-000000000000",
  role: "admin",
  emailVerified: true,
  suspendedAt: null,
  isDemo: true,
  sealedCredential: "v1.test.A.A",
} as const;

/** Once with each of these beside what is asked for, and once inside of each object in it. */
function presumptuous(input: Record<string, unknown>): Record<string, unknown>[] {
  // Which of one's own sessions to end is asked for by its id.
  const words = Object.entries(PRESUMPTIONS).filter(([name]) => !Object.hasOwn(input, name));
  const wrong = words.map(([name, value]) => ({ ...input, [name]: value }));
  for (const [name, value] of Object.entries(input)) {
    if (typeof value !== "object" || value === null) continue;
    for (const each of presumptuous(value as Record<string, unknown>)) {
      wrong.push({ ...input, [name]: each } as never);
    }
  }
  return wrong;
}

test("every change, for anyone or not, wants a CSRF token", { timeout: 120_000 }, async () => {
  const world = await nightShift();
  const { browser } = world.as.owner;
  const before = await fingerprints(world.server.deps);
  for (const { path } of mutations) {
    const answer = await browser.mutate(path, inputOf(path, world), { csrf: null });
    expect([path, answer.status, answer.refusal?.code]).toEqual([path, 403, "csrf_failed"]);
  }
  expect(mutations.length).toBeGreaterThan(5);
  expect(await fingerprints(world.server.deps)).toEqual(before);
});

test("no change is made by GET or HEAD, however right it is", { timeout: 120_000 }, async () => {
  const world = await nightShift();
  const { browser, csrf } = world.as.owner;
  const before = await fingerprints(world.server.deps);
  for (const { path } of mutations) {
    const input = encodeURIComponent(JSON.stringify(inputOf(path, world) ?? null));
    const answerTo = (method: string) =>
      browser.fetch(`/trpc/${path}?input=${input}`, {
        method,
        headers: { "x-csrf-token": csrf, "content-type": "application/json" },
      });
    expect([path, (await answerTo("GET")).status]).toEqual([path, 405]);
    // tRPC takes HEAD for a question whether anybody is there, and answers without a procedure.
    expect([path, (await answerTo("HEAD")).status]).toEqual([path, 204]);
  }
  expect(await fingerprints(world.server.deps)).toEqual(before);
});

test("reading everything there is to read changes nothing", { timeout: 120_000 }, async () => {
  const world = await nightShift();
  const { owner } = world.as;
  const before = await fingerprints(world.server.deps);
  for (const door of procedureDoors) {
    const { type, path } = findProcedure(door.name);
    if (type === "mutation" || door.access.needs === "admin") continue;
    const { status } = await door.ask(owner, world.theirs);
    expect([path, status]).toEqual([path, door.access.status ?? 200]);
    await owner.browser.fetch(`/trpc/${path}`, { method: "HEAD" });
  }
  for (const [route, { status = 200 }] of Object.entries(routeAccess)) {
    const path = pathOf(route, owner, world.theirs);
    for (const method of ["GET", "HEAD"]) {
      const answer = await owner.browser.fetch(path, { method });
      expect([method, path, answer.status]).toEqual([method, path, status]);
    }
    const part = await owner.browser.fetch(path, { headers: { range: "bytes=0-9" } });
    expect(part.status === 206 ? 200 : part.status).toBe(status);
  }
  for (const path of ["/", "/health/live", "/health/ready", "/library/tracks"]) {
    await owner.browser.fetch(path, { headers: { accept: "text/html" } });
  }
  expect(await fingerprints(world.server.deps)).toEqual(before);
});

test("no procedure takes a word about who is asking, what they are, or whose something is", {
  timeout: 120_000,
}, async () => {
  const world = await nightShift();
  const before = await fingerprints(world.server.deps);
  let asked = 0;
  for (const { path, type } of procedures) {
    const right = inputOf(path, world);
    for (const wrong of right ? presumptuous(right) : []) {
      await forgetTries(world.server);
      const who = access[path]?.needs === "admin" ? world.as.admin : world.as.owner;
      const answer = await ask(who, { path, type }, wrong);
      expect([path, wrong, answer.status, answer.refusal?.code]).toEqual([
        path,
        wrong,
        400,
        "invalid_input",
      ]);
      asked += 1;
    }
  }
  expect(asked).toBeGreaterThan(100);
  expect(await fingerprints(world.server.deps)).toEqual(before);
});

interface JsonSchema {
  readonly type?: string;
  readonly additionalProperties?: unknown;
  readonly [keyword: string]: unknown;
}

/** Where a schema lets pass what it does not name. */
function openPlaces(schema: JsonSchema, place: string): string[] {
  const isOpen = schema.type === "object" && schema.additionalProperties !== false;
  const inside = Object.entries(schema).flatMap(([keyword, value]) =>
    typeof value === "object" && value !== null && keyword !== "required" && keyword !== "enum"
      ? openPlaces(value as JsonSchema, `${place}/${keyword}`)
      : [],
  );
  return isOpen ? [place, ...inside] : inside;
}

describe("what a procedure answers", () => {
  const toJsonSchema = (output: z.ZodType): JsonSchema =>
    output.toJSONSchema({ io: "input", unrepresentable: "any" }) as JsonSchema;

  test("is a list of fields that the contract names, and never a row as it is", () => {
    const answering = procedures.filter(({ type }) => type !== "subscription");
    expect(answering.filter(({ output }) => output === undefined)).toEqual([]);
    const open = answering.flatMap(({ path, output }) =>
      output ? openPlaces(toJsonSchema(output), path) : [],
    );
    expect(open).toEqual([]);
  });
});
