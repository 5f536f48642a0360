import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { UserId } from "#contract/ids.ts";
import { refusalOf } from "#sdk/index.ts";
import { write } from "#server/base/db.ts";
import { startServer, type TestServer } from "#tests/support/server.ts";
import { createPerson, PASSWORD, type Person } from "./people.ts";

async function annaAndBen() {
  const server = await startServer();
  const anna = await server.admin();
  const person = await createPerson(server.deps, "ben");
  return { server, anna, person, ben: await signIn(server, person) };
}

async function signIn(server: TestServer, { email }: Person) {
  const device = server.guest();
  await device.api.auth.signIn.mutate({ email, password: PASSWORD, rememberMe: false });
  return device;
}

const confirmAddress = ({ deps }: TestServer, userId: UserId) =>
  write(deps, (tx) =>
    tx.execute(sql`update users set email_verified_at = now() where id = ${userId}`),
  );

test("an administrator sees who has an account, and nothing of what is theirs", async () => {
  const { anna, person, server } = await annaAndBen();
  const { users, next } = await anna.api.admin.users.list.query({});
  expect(users.map(({ email, role }) => [email, role])).toEqual([
    ["ben@band.example", "user"],
    ["anna@band.example", "admin"],
  ]);
  expect(next).toBeNull();
  expect(users[0]).toMatchObject({ suspendedAt: null, lastSeenAt: expect.stringMatching(/Z$/) });

  const first = await anna.api.admin.users.list.query({ limit: 1 });
  const second = await anna.api.admin.users.list.query({ limit: 1, before: first.next });
  expect([...first.users, ...second.users]).toEqual(users);
  expect((await anna.api.admin.users.list.query({ search: "BEN@" })).users).toHaveLength(1);
  expect((await anna.api.admin.users.list.query({ search: "%" })).users).toHaveLength(0);

  const [bensBand] = await signIn(server, person).then((ben) => ben.api.bands.list.query());
  const looking = anna.api.connections.list.query({ bandId: bensBand?.id as never });
  expect(await looking.catch(refusalOf)).toMatchObject({ code: "forbidden" });
});

test("who is suspended is out at once and stays out, until they are let in again", async () => {
  const { anna, ben, person, server } = await annaAndBen();
  const { userId } = person;
  await anna.api.admin.users.suspend.mutate({ userId });
  await anna.api.admin.users.suspend.mutate({ userId });
  expect(await ben.api.auth.me.query().catch(refusalOf)).toMatchObject({ code: "unauthenticated" });
  expect(await signIn(server, person).catch(refusalOf)).toMatchObject({ code: "forbidden" });

  await anna.api.admin.users.restore.mutate({ userId });
  expect(await ben.api.auth.me.query().catch(refusalOf)).toMatchObject({ code: "unauthenticated" });
  await signIn(server, person);
  const { events } = await anna.api.admin.audit.list.query({ subjectId: userId });
  expect(events.map(({ action }) => action)).toEqual([
    "session.opened",
    "admin.user_restored",
    "admin.user_suspended",
    "session.ended",
    "session.opened",
  ]);
});

test("a role that is changed counts from the next request on", async () => {
  const { anna, ben, person } = await annaAndBen();
  const look = () =>
    ben.api.admin.users.list.query({}).then(
      () => "yes",
      (error) => refusalOf(error)?.code,
    );
  expect(await look()).toBe("forbidden");
  await anna.api.admin.users.setRole.mutate({ userId: person.userId, role: "admin" });
  expect(await look()).toBe("yes");
  await anna.api.admin.users.setRole.mutate({ userId: person.userId, role: "user" });
  expect(await look()).toBe("forbidden");
});

test("the last administrator stays one, also when two give it up at the same time", async () => {
  const { anna, ben, person } = await annaAndBen();
  const annasId = (await anna.api.auth.me.query()).user.id;
  for (const change of [
    anna.api.admin.users.setRole.mutate({ userId: annasId, role: "user" }),
    anna.api.admin.users.suspend.mutate({ userId: annasId }),
  ]) {
    expect(await change.catch(refusalOf)).toMatchObject({ code: "conflict" });
  }
  for (let round = 0; round < 20; round += 1) {
    await anna.api.admin.users.setRole.mutate({ userId: person.userId, role: "admin" });
    const outcomes = await Promise.allSettled([
      anna.api.admin.users.setRole.mutate({ userId: annasId, role: "creator" }),
      ben.api.admin.users.setRole.mutate({ userId: person.userId, role: "creator" }),
    ]);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const isAnnaStill = (await anna.api.auth.me.query()).user.role === "admin";
    if (!isAnnaStill) await ben.api.admin.users.setRole.mutate({ userId: annasId, role: "admin" });
  }
});

test("an administrator signs somebody out everywhere, and cannot touch a password", async () => {
  const { anna, ben, person } = await annaAndBen();
  await anna.api.admin.users.endSessions.mutate({ userId: person.userId });
  expect(await ben.api.auth.me.query().catch(refusalOf)).toMatchObject({ code: "unauthenticated" });
  const procedures = Object.keys((await import("#server/router.ts")).appRouter._def.procedures);
  const touching = procedures.filter(
    (path) => path.startsWith("admin.") && /password|secret/i.test(path),
  );
  expect(touching).toEqual([]);
});

test("who has confirmed their address becomes a creator by their own wish, once and for good", async () => {
  const { ben, person, server } = await annaAndBen();
  const wish = () => ben.api.account.upgradeToCreator.mutate();
  expect(await wish().catch(refusalOf)).toMatchObject({ code: "forbidden" });
  await confirmAddress(server, person.userId);
  expect(await wish()).toEqual({ role: "creator", alreadyElevated: false });
  const [before] = await server.deps.db.execute(
    sql`select promoted_to_creator_at as at from users where id = ${person.userId}`,
  );
  expect(await wish()).toEqual({ role: "creator", alreadyElevated: true });
  const [after] = await server.deps.db.execute(
    sql`select promoted_to_creator_at as at from users where id = ${person.userId}`,
  );
  expect(after).toEqual(before);
  expect(after?.at).not.toBeNull();
});

test("an administrator who asks to become a creator stays what they are", async () => {
  const { anna } = await annaAndBen();
  expect(await anna.api.account.upgradeToCreator.mutate()).toEqual({
    role: "admin",
    alreadyElevated: true,
  });
});

test("a promotion that could not be noted is one all the same", async () => {
  const { ben, person, server } = await annaAndBen();
  await confirmAddress(server, person.userId);
  await write(server.deps, (tx) =>
    tx.execute(sql`alter table audit_events add constraint full_disk check (false) not valid`),
  );
  expect(await ben.api.account.upgradeToCreator.mutate()).toEqual({
    role: "creator",
    alreadyElevated: false,
  });
  expect((await ben.api.auth.me.query()).user.role).toBe("creator");
});
