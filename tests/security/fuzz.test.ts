import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { type ReplicaProcess, SAME_URL, startReplicas } from "#tests/support/replicas.ts";
import { openCrowd, sendPatiently } from "#tests/support/wire-crowd.ts";
import { access, routeAccess } from "./access.ts";
import { fingerprints } from "./database.ts";
import { findProcedure, toPath } from "./doors.ts";
import { collectKeys, type Key, type Slot, slots, spoilings } from "./forgeries.ts";
import { type NightShift, nightShift } from "./night-shift.ts";

const REQUESTS = 100_000;
const A_TIME = 500;
const LINES = 32;
/** From when on the memory is looked at: until then code is compiled and caches are filled. */
const WARM = 20_000;
const MAX_GROWTH_MB = 150;

/** They take no token, what they cost is a password hash or a mail, or they are there for anyone. */
const LEFT_OUT = [
  "auth.passkeyOptions",
  "auth.signIn",
  "auth.resendVerification",
  "auth.requestPasswordReset",
  "connections.scanProgress",
  "library.comments.changed",
  "library.edits.changed",
];

interface Target {
  readonly path: string;
  readonly method: "GET" | "POST";
  readonly input: Readonly<Record<string, unknown>> | undefined;
  /** Answers anyone: only a crash or a 5xx would be wrong. */
  readonly isOpen: boolean;
}

const OPEN = ["system.info", "auth.csrf", "auth.signOut"];

function listTargets({ theirs }: NightShift): Target[] {
  const procedures = Object.entries(access)
    .filter(([path]) => !LEFT_OUT.includes(path))
    .map(([path, { input }]): Target => {
      const method = findProcedure(path).type === "mutation" ? "POST" : "GET";
      return { path: `/trpc/${path}`, method, input: input?.(theirs), isOpen: OPEN.includes(path) };
    });
  const routes = Object.keys(routeAccess).map((route): Target => {
    const path = toPath(route, theirs.trackId);
    return { path, method: "GET", input: undefined, isOpen: false };
  });
  return [...procedures, ...routes];
}

/** A request that has no right to anything. */
interface Attempt {
  readonly target: Target;
  readonly carried: Readonly<Partial<Record<Slot, string>>>;
  /** Passes the check of where it comes from, so that what follows it is reached. */
  readonly isOurPage: boolean;
  /** A change in the owner's name, without a CSRF token that would be hers. */
  readonly isForged: boolean;
  /** Where it comes from. */
  readonly from: number;
}

function attempts(targets: readonly Target[], keys: readonly Key[]): fc.Arbitrary<Attempt> {
  const anyKey = fc.constantFrom(...keys);
  const spoiled = fc
    .tuple(anyKey, anyKey, fc.constantFrom(...spoilings))
    .map(([key, other, spoil]) => spoil(key.value, other.value));
  const good = new Set(keys.filter(({ opens }) => opens.length > 0).map(({ value }) => value));
  const forSlot = (slot: Slot): fc.Arbitrary<string> =>
    fc.oneof(
      {
        weight: 4,
        arbitrary: fc.constantFrom(
          ...keys.filter(({ opens }) => !opens.includes(slot)).map(({ value }) => value),
        ),
      },
      { weight: 2, arbitrary: spoiled.filter((value) => !good.has(value)) },
      { weight: 1, arbitrary: fc.string({ maxLength: 60 }) },
      { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 60 }) },
    );
  const carried = fc.record(
    Object.fromEntries(slots.map((slot) => [slot, forSlot(slot)])) as Record<
      Slot,
      fc.Arbitrary<string>
    >,
    { requiredKeys: [] },
  );
  return fc.record({
    target: fc.constantFrom(...targets),
    carried,
    isOurPage: fc.boolean(),
    isForged: fc.boolean(),
    from: fc.nat(0xffffff),
  });
}

/** Of a browser that nobody is signed in with, and of the owner's. */
interface Page {
  readonly ownersAccess: string;
  readonly pre: string;
  readonly csrf: string;
}

const inHeader = (value: string): string =>
  Buffer.from(value.replaceAll(/[\r\n\0]/g, " "), "utf8").toString("latin1");

function toRequest(attempt: Attempt, page: Page): string {
  const { target, carried, from } = attempt;
  const { cookies, authorization, csrf } = credentialsOf(attempt, page);
  const input = target.input && {
    ...target.input,
    ...Object.fromEntries(Object.entries(carried).filter(([slot]) => slot in (target.input ?? {}))),
  };
  const isPost = target.method === "POST";
  const body = isPost && input ? Buffer.from(JSON.stringify(input)).toString("latin1") : "";
  const query = isPost ? "" : queryOf({ input, ticket: carried.address });
  const headers = {
    host: "localhost",
    "sec-fetch-site": "same-origin",
    "x-forwarded-for": `10.${from >> 16}.${(from >> 8) & 255}.${from & 255}`,
    cookie: cookies,
    authorization,
    "x-csrf-token": csrf,
    ...(isPost ? { "content-type": "application/json", "content-length": body.length } : {}),
  };
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${inHeader(String(value))}\r\n`],
  );
  return `${target.method} ${target.path}${query} HTTP/1.1\r\n${lines.join("")}\r\n${body}`;
}

function queryOf({ input, ticket }: { input: unknown; ticket: string | undefined }): string {
  const query = new URLSearchParams();
  if (input !== undefined) query.set("input", JSON.stringify(input));
  if (ticket !== undefined) query.set("ticket", ticket);
  return query.size > 0 ? `?${query}` : "";
}

function credentialsOf({ target, carried, isForged, isOurPage }: Attempt, page: Page) {
  if (isForged && target.method === "POST") {
    return {
      cookies: `backline-access=${page.ownersAccess}`,
      authorization: undefined,
      csrf: carried.csrf,
    };
  }
  const given = isOurPage ? { ...carried, access: undefined, pre: page.pre } : carried;
  const cookies = (["access", "refresh", "pre", "device"] as const)
    .flatMap((name) => (given[name] === undefined ? [] : [`backline-${name}=${given[name]}`]))
    .join("; ");
  const bearer = isOurPage ? undefined : carried.bearer;
  return {
    cookies: cookies || undefined,
    authorization: bearer === undefined ? undefined : `Bearer ${bearer}`,
    csrf: isOurPage ? page.csrf : carried.csrf,
  };
}

/** Of the larger one. */
const memoryMb = (replicas: readonly ReplicaProcess[]): number =>
  Math.max(
    ...replicas.map(({ process: { pid } }) => {
      const kilobytes = execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" });
      return Number(kilobytes) / 1024;
    }),
  );

test("100,000 requests with old, foreign, broken and invented tokens open nothing and break nothing", {
  timeout: 1_800_000,
}, async () => {
  const world = await nightShift({ environment: { PUBLIC_URL: SAME_URL } });
  const { deps } = world.server;
  const keys = await collectKeys(world);
  // What is drawn in the background changes, whoever asks.
  const web = { environment: { ROLE: "web", INTERNAL_PORT: "0" } };
  const { replicas } = await startReplicas([web, web], {
    database: deps.testDatabase,
    keys: deps.testKeys,
  });
  const crowd = openCrowd(
    replicas.map(({ port }) => port),
    LINES,
  );
  onTestFinished(() => crowd.close());
  const { browser, csrf } = world.as.nobody;
  const page = {
    ownersAccess: world.as.owner.browser.cookies.get("backline-access") ?? "",
    pre: browser.cookies.get("backline-pre") ?? "",
    csrf,
  };
  // The owner's own keys are good there, so that what follows says something.
  const own = replicas.map(({ baseUrl }) => world.as.owner.browser.at(baseUrl));
  const ownStatuses = async () =>
    Promise.all(own.map(async (each) => (await each.query("auth.me")).status));
  expect(await ownStatuses()).toEqual([200, 200]);

  const before = await fingerprints(deps);
  const answers: Record<number, number> = {};
  const wrong: unknown[] = [];
  let [sent, busy, warmMb] = [0, 0, 0];
  const startedMs = performance.now();
  const attempt = attempts(listTargets(world), keys);
  await fc.assert(
    fc.asyncProperty(fc.array(attempt, { minLength: A_TIME, maxLength: A_TIME }), async (batch) => {
      const requests = batch.map((each) => toRequest(each, page));
      const given = await sendPatiently(crowd, requests, () => {
        busy += 1;
      });
      for (const [index, { status, text }] of given.entries()) {
        answers[status] = (answers[status] ?? 0) + 1;
        const isFine = status >= 400 && status < 500;
        const isOpen = status === 200 && batch[index]?.target.isOpen;
        if (!isFine && !isOpen) wrong.push([status, requests[index], text.slice(0, 300)]);
      }
      sent += batch.length;
      if (sent === WARM) warmMb = memoryMb(replicas);
      expect(wrong.slice(0, 3)).toEqual([]);
    }),
    { numRuns: REQUESTS / A_TIME, endOnFailure: true },
  );
  const seconds = (performance.now() - startedMs) / 1000;
  const endMb = memoryMb(replicas);
  console.log(
    `${sent} requests in ${seconds.toFixed(1)} s (${Math.round(sent / seconds)} a second): ${JSON.stringify(answers)}, ${busy} told to come back first; memory ${Math.round(warmMb)} MB after ${WARM}, ${Math.round(endMb)} MB at the end`,
  );
  expect(endMb - warmMb).toBeLessThan(MAX_GROWTH_MB);
  expect(await fingerprints(deps)).toEqual(before);
  // On a slow machine the owner's ten minutes are over.
  await own[0]?.mutate("auth.refresh");
  expect(await ownStatuses()).toEqual([200, 200]);
  expect(replicas.map(({ process }) => process.stderr())).toEqual(["", ""]);
});
