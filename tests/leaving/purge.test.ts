import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { write } from "#server/base/db.ts";
import { purgeAccounts, sweep } from "#server/leaving/purge.ts";
import type { Answer } from "#tests/auth/browser.ts";
import { createPerson } from "#tests/auth/people.ts";
import { doInPieces, prepareCuts } from "#tests/security/cuts.ts";
import { fingerprints } from "#tests/security/database.ts";
import { testDeps } from "#tests/support/deps.ts";
import { recordLog } from "#tests/support/log.ts";
import { ADMIN, startServer, type TestServer } from "#tests/support/server.ts";
import { runJobs } from "#tests/support/world.ts";
import { bensServer, handingOver, type Leaver, leave, letDaysPass } from "./leaver.ts";

const everyTable = ({ deps }: Pick<TestServer, "deps">) =>
  deps.db.execute<{ schema: string; name: string }>(sql`
    select table_schema as schema, table_name as name from information_schema.tables
    where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`);

/** Every table with a row in which this stands, in whatever column, and how many rows those are. */
async function placesOf(server: Pick<TestServer, "deps">, text: string) {
  const found: Record<string, number> = {};
  for (const { schema, name } of await everyTable(server)) {
    const [row] = await server.deps.db.execute<{ count: number }>(sql`
      select count(*)::int as count from ${sql.identifier(schema)}.${sql.identifier(name)} as t
      where to_jsonb(t)::text ilike ${`%${text}%`}`);
    if (row && row.count > 0) found[`${schema}.${name}`] = row.count;
  }
  return found;
}

/** Ben has left something wherever somebody can, and leaves. */
async function bensTraces(): Promise<Leaver> {
  const world = await bensServer();
  const { server, ben, anna, bands } = world;
  await anna.browser.mutate("admin.users.setRole", { userId: ben.userId, role: "admin" });
  await ben.browser.mutate("admin.invitations.create", { email: "dora@band.example" });
  await ben.browser.mutate("admin.users.suspend", { userId: world.carla.userId });
  await ben.browser.mutate("admin.users.restore", { userId: world.carla.userId });
  await ben.browser.mutate("admin.registration.set", { mode: "open" });
  await ben.browser.mutate("account.twoFactor.begin");
  await ben.browser.mutate("account.exports.request");
  const { data } = await ben.browser.query("connections.list", { bandId: bands.duo });
  const [connection] = data as { id: string }[];
  await ben.browser.mutate("connections.scan", { connectionId: connection?.id });
  await server.guest().api.auth.requestPasswordReset.mutate({ email: ben.email });
  await runJobs(server);
  const { userId } = ben;
  await write(server.deps, async (tx) => {
    await tx.execute(sql`insert into rate_limits values (${`codes ${userId}`}, 1, now())`);
    await tx.execute(sql`insert into passkeys (id, user_id, credential_id, public_key, sign_count,
      transports, name, is_synced) values (${randomUUID()}, ${userId}, 'one', '', 0, '[]', 'Phone', true)`);
    await tx.execute(sql`insert into external_identities (provider, server_id, external_id, user_id, name)
      values ('jellyfin', 'one', 'two', ${userId}, 'ben')`);
    await tx.execute(sql`insert into upstream_tokens values (${randomUUID()}, ${randomUUID()}, ${userId},
      'https://jellyfin.example', 'one', 'v1.test.A.A', now())`);
    await tx.execute(sql`insert into user_pictures values (${userId}, 'hash', 'small', 'large')`);
  });
  expect(Object.keys(await placesOf(server, userId))).toEqual(
    expect.arrayContaining(["public.audit_events", "public.scans", "public.passkeys"]),
  );
  expect((await leave(world, handingOver({ ...world }))).status).toBe(200);
  await runJobs(server);
  return world;
}

const never = new AbortController().signal;

test("at once nothing is left that opens anything, and no address", async () => {
  const { server, ben } = await bensTraces();
  expect(Object.keys(await placesOf(server, ben.email))).toEqual([]);
  expect(Object.keys(await placesOf(server, ben.userId)).toSorted()).toEqual([
    ...["pgboss.job", "pgboss.job_common", "public.audit_events", "public.rate_limits"],
    ...["public.registration_invitations", "public.scans", "public.sessions"],
    ...["public.upstream_tokens", "public.users"],
  ]);
}, 60_000);

test("30 days later nothing is left of somebody, in any column of any table", async () => {
  const { server, ben, anna, carla } = await bensTraces();
  await letDaysPass(server, 29);
  const before = await fingerprints(server.deps);
  await sweep(server.deps, never);
  expect(await purgeAccounts(server.deps, never)).toBe(0);
  // The jobs' own upkeep notes when it looked, whatever happens.
  expect(await fingerprints(server.deps)).toEqual(before);

  await letDaysPass(server, 1);
  await sweep(server.deps, never);
  expect(await placesOf(server, ben.userId)).toEqual({});
  expect(await placesOf(server, ben.email)).toEqual({});

  const about = { subjectId: carla.userId };
  const all = await anna.browser.query("admin.audit.list", about);
  const { events } = all.data as { events: Record<string, unknown>[] };
  const suspended = events.find(({ action }) => action === "admin.user_suspended");
  expect(suspended).toMatchObject({ actorId: null, ipAddress: null, userAgent: null });
  expect(events.find(({ action }) => action === "session.opened")).toMatchObject({
    actorId: carla.userId,
    ipAddress: "127.0.0.1",
  });
  expect((await anna.browser.query("auth.me")).status).toBe(200);
}, 60_000);

test("a server that is killed on the way leaves the account whole, and the next one ends it", {
  timeout: 120_000,
}, async () => {
  const { server, ben } = await bensTraces();
  await letDaysPass(server, 31);
  await prepareCuts(server.deps);
  const purge = () =>
    purgeAccounts(server.deps, never).then(
      (failures) => ({ status: failures === 0 ? 200 : 503 }) as Answer,
    );
  const done = await doInPieces(server.deps, purge);
  expect(done.wrong).toEqual([]);
  expect(done.cuts).toBeGreaterThanOrEqual(5);
  expect(await placesOf(server, ben.userId)).toEqual({});
});

test("sessions that ended by age are forgotten, and no others", async () => {
  const server = await startServer();
  const admin = await server.admin();
  const other = server.guest();
  const { email, password } = ADMIN;
  await other.api.auth.signIn.mutate({ email, password, rememberMe: false });
  const { sessionId } = await other.api.auth.me.query();
  await write(server.deps, (tx) =>
    tx.execute(sql`update sessions set absolute_expires_at = now() - interval '1 second'
      where id = ${sessionId}`),
  );
  await sweep(server.deps, never);
  const left = await server.deps.db.execute<{ id: string }>(sql`select id from sessions`);
  expect(left.map(({ id }) => id)).toEqual([(await admin.api.auth.me.query()).sessionId]);
});

/** A server where three people have been gone for 31 days, Ben for longest. */
async function threeGone() {
  const { log, lines } = recordLog();
  const deps = await testDeps({ log });
  const ben = await createPerson(deps, "ben");
  for (const name of ["carla", "dora"]) await createPerson(deps, name);
  await write(deps, (tx) =>
    tx.execute(sql`update users set deleted_at = now() - interval '31 days'
      - case when id = ${ben.userId} then interval '1 hour' else interval '0' end`),
  );
  const left = async () => {
    const rows = await deps.db.execute<{ name: string }>(sql`select name from users order by name`);
    return rows.map(({ name }) => name);
  };
  const noted = () =>
    lines.filter((line) => line.includes("could not take a deleted account away"));
  return { deps, ben, left, noted };
}

test("one that cannot be taken away holds up nobody, is written down, and is tried again", async () => {
  const { deps, ben, left, noted } = await threeGone();
  await write(deps, (tx) =>
    tx.execute(
      sql.raw(`create function hold() returns trigger language plpgsql as $$ begin
        if old.id = '${ben.userId}' then raise exception 'held'; end if; return old; end $$;
      create trigger hold before delete on users for each row execute function hold()`),
    ),
  );
  expect(await purgeAccounts(deps, never)).toBe(1);
  expect(await left()).toEqual(["ben"]);
  expect(noted()).toHaveLength(1);
  expect(JSON.parse(noted()[0] ?? "{}")).toMatchObject({ level: 50, userId: ben.userId });
  await sweep(deps, never);
  expect([await left(), noted().length]).toEqual([["ben"], 2]);

  await write(deps, (tx) => tx.execute(sql`drop trigger hold on users`));
  await sweep(deps, never);
  expect([await left(), noted().length]).toEqual([[], 2]);
});

test("one that another server is at is left to that one", async () => {
  const { deps, ben, left, noted } = await threeGone();
  await write(deps, async (tx) => {
    await tx.execute(sql`select from users where id = ${ben.userId} for update`);
    expect(await purgeAccounts(deps, never)).toBe(0);
  });
  expect([await left(), noted()]).toEqual([["ben"], []]);
});

test("two servers that sweep at the same time do not get into each other's way", async () => {
  const { server, ben } = await bensTraces();
  const { testDatabase: database, testKeys: keys } = server.deps;
  const other = await testDeps({ database, keys });
  await letDaysPass(server, 31);
  await Promise.all([sweep(server.deps, never), sweep(other, never)]);
  expect(await placesOf(server, ben.userId)).toEqual({});
}, 60_000);

test("only of whoever has been gone for 30 days does the database let anything go", async () => {
  const { server, ben, carla } = await bensTraces();
  const refused = async (statement: ReturnType<typeof sql>) =>
    expect(write(server.deps, (tx) => tx.execute(statement))).rejects.toMatchObject({
      cause: { code: "42501" },
    });
  const aboutBen = sql`delete from audit_events where subject_id = ${ben.userId}`;
  const blankBen = sql`update audit_events set actor_id = null, ip_address = null, user_agent = null
    where actor_id = ${ben.userId}`;
  await letDaysPass(server, 29);
  await refused(aboutBen);
  await refused(blankBen);

  await letDaysPass(server, 2);
  await refused(sql`delete from audit_events where subject_id = ${carla.userId}`);
  await refused(sql`delete from audit_events where subject_id is null`);
  await refused(sql`delete from audit_events`);
  await refused(sql`truncate audit_events`);
  const bens = sql`where actor_id = ${ben.userId}`;
  await refused(sql`update audit_events set actor_id = ${carla.userId} ${bens}`);
  await refused(sql`update audit_events set actor_id = null ${bens}`);
  for (const more of [sql`action = 'session.ended'`, sql`subject_id = null`, sql`at = now()`]) {
    await refused(
      sql`update audit_events set actor_id = null, ip_address = null, user_agent = null, ${more} ${bens}`,
    );
  }
  await write(server.deps, (tx) => tx.execute(aboutBen));
  await write(server.deps, (tx) => tx.execute(blankBen));
  await refused(sql`update audit_events set ip_address = null where actor_id is null`);
}, 60_000);
