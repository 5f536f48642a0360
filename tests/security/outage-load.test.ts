import { setTimeout as pause } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { hashToken } from "#server/auth/crypto.ts";
import type { Deps } from "#server/deps.ts";
import { type Browser, openBrowser } from "#tests/auth/browser.ts";
import { ownPostgres } from "#tests/support/own-postgres.ts";
import { ask } from "#tests/support/raw-http.ts";
import { startReplicas } from "#tests/support/replicas.ts";
import { ADMIN } from "#tests/support/server.ts";

const AWAY_MS = 60_000;
const BACK_WITHIN_MS = 5_000;
const PEOPLE = 12;
/** All of them are Anna, who may change no more than 100 things a minute. */
const THINK_MS = 200;

interface Seen {
  /** By status; and what is not 200 has to say when to come back. */
  readonly statuses: Record<string, number>;
  readonly unexplained: unknown[];
  /** Tokens that somebody was told are there now. */
  readonly promised: string[];
  slowestMs: number;
}

/** Goes on asking and inviting until it is told to stop. Each invitation is four rows, or none. */
async function keepAsking(browser: Browser, csrf: string, seen: Seen, stopped: AbortSignal) {
  for (let turn = 0; !stopped.aborted; turn += 1) {
    const startedMs = performance.now();
    const isChange = turn % 2 === 0;
    const email = `guest-${crypto.randomUUID()}@band.example`;
    const answer = isChange
      ? await browser.mutate("admin.invitations.create", { email }, { csrf })
      : await browser.query("auth.me");
    seen.slowestMs = Math.max(seen.slowestMs, performance.now() - startedMs);
    seen.statuses[answer.status] = (seen.statuses[answer.status] ?? 0) + 1;
    const { url } = (answer.data ?? {}) as { url?: string };
    if (url !== undefined) seen.promised.push(url.split("#token=")[1] ?? "");
    const seconds = Number(answer.headers.get("retry-after"));
    const isExplained = answer.status === 503 && seconds > 0 && answer.refusal?.code === "busy";
    if (answer.status !== 200 && !isExplained) seen.unexplained.push([answer.status, answer.text]);
    await pause(THINK_MS);
  }
}

const countRows = async ({ db }: Pick<Deps, "db">) =>
  (
    await db.execute<Record<string, number>>(sql`select
      (select count(*)::int from registration_invitations) as invitations,
      (select count(*)::int from mails where kind = 'invitation') as mails,
      (select count(*)::int from audit_events where action = 'admin.invited') as events,
      (select count(distinct data->>'mailId')::int from pgboss.job where name = 'mail.queued') as jobs`)
  )[0] ?? {};

test("a server whose database is away for a minute under load lives, says so, and has done nothing by halves", {
  timeout: 300_000,
}, async () => {
  const postgres = await ownPostgres();
  const { replicas, deps, setupToken } = await startReplicas([{}], { database: postgres.database });
  const [replica] = replicas;
  if (!replica) throw new Error("no server");
  const { port } = replica;
  const anna = openBrowser(replica.baseUrl);
  expect((await anna.mutate("auth.setup", { ...ADMIN, setupToken })).status).toBe(200);
  const csrf = await anna.csrfToken();
  const seen: Seen = { statuses: {}, unexplained: [], promised: [], slowestMs: 0 };
  const leaving = new AbortController();
  const people = Array.from({ length: PEOPLE }, () =>
    keepAsking(anna.at(replica.baseUrl), csrf, seen, leaving.signal),
  );
  await pause(2_000);

  await postgres.stop();
  await expect
    .poll(async () => (await ask(port, "/health/ready")).status, { timeout: 5_000, interval: 50 })
    .toBe(503);
  const lives = new Set<number>();
  for (const until = performance.now() + AWAY_MS; performance.now() < until; ) {
    lives.add((await ask(port, "/health/live")).status);
    await pause(1_000);
  }
  expect([...lives]).toEqual([200]);
  expect((await ask(port, "/health/ready")).status).toBe(503);

  await postgres.start();
  const backMs = performance.now();
  await expect
    .poll(async () => (await ask(port, "/health/ready")).status, {
      timeout: BACK_WITHIN_MS,
      interval: 50,
    })
    .toBe(200);
  const readyMs = performance.now() - backMs;
  const before = seen.promised.length;
  await expect
    .poll(() => seen.promised.length, { timeout: BACK_WITHIN_MS })
    .toBeGreaterThan(before);
  await pause(1_000);
  leaving.abort();
  await Promise.all(people);

  console.log(
    `${JSON.stringify(seen.statuses)}, the slowest after ${Math.round(seen.slowestMs)} ms; ready ${Math.round(readyMs)} ms after the database`,
  );
  expect(seen.unexplained.slice(0, 3)).toEqual([]);
  expect(seen.statuses[503]).toBeGreaterThan(100);
  const rows = await countRows(deps);
  expect(new Set(Object.values(rows)).size, JSON.stringify(rows)).toBe(1);
  const kept = await deps.db.execute<{ hash: string }>(
    sql`select token_hash as hash from registration_invitations`,
  );
  const hashes = new Set(kept.map(({ hash }) => hash));
  expect(seen.promised.filter((token) => !hashes.has(hashToken(token)))).toEqual([]);
  expect(replica.process.stderr()).toBe("");
  expect(replica.process.stdout.filter((line) => line.includes('"level":60'))).toEqual([]);
});
