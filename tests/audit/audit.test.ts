import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { write } from "#server/base/db.ts";
import { openBrowser } from "#tests/auth/browser.ts";
import { createPerson, signIn } from "#tests/auth/people.ts";
import { ADMIN, startServer } from "#tests/support/server.ts";

test("who signs in, fails to and leaves finds all of it in their own list, the newest first", async () => {
  const server = await startServer();
  const anna = await server.admin();
  const { email, password } = ADMIN;
  const guest = server.guest();
  const wrong = guest.api.auth.signIn.mutate({ email, password: "a guess", rememberMe: false });
  await expect(wrong).rejects.toThrow();
  await guest.api.auth.signIn.mutate({ email, password, rememberMe: true });
  await guest.api.auth.signOut.mutate();

  const { events, next } = await anna.api.account.audit.list.query({});
  const { user } = await anna.api.auth.me.query();
  expect(events.map(({ action, actorId }) => [action, actorId === user.id])).toEqual([
    ["session.ended", true],
    ["session.opened", true],
    ["session.refused", false],
    ["session.opened", true],
    ["account.registered", true],
  ]);
  expect(
    events.every(({ ipAddress, subjectId }) => ipAddress === "127.0.0.1" && subjectId === user.id),
  ).toBe(true);
  expect(next).toBeNull();
  expect(JSON.stringify(events)).not.toMatch(/a guess|blue trombones/);
});

test("pages follow each other without a gap, and an action narrows them down", async () => {
  const server = await startServer();
  const anna = await server.admin();
  const { email, password } = ADMIN;
  for (let i = 0; i < 4; i += 1) {
    await server.guest().api.auth.signIn.mutate({ email, password, rememberMe: false });
  }
  const { list } = anna.api.account.audit;
  const all = await list.query({});
  const first = await list.query({ limit: 3 });
  const second = await list.query({ limit: 200, before: first.next });
  expect([...first.events, ...second.events]).toEqual(all.events);
  const opened = await list.query({ action: "session.opened" });
  expect(opened.events).toHaveLength(5);
});

test("others see nothing of it, and administrators everything", async () => {
  const server = await startServer();
  const anna = await server.admin();
  const person = await createPerson(server.deps, "ben");
  const ben = openBrowser(server.baseUrl);
  await signIn(ben, person);
  const own = await ben.query("account.audit.list", {});
  expect((own.data as { events: unknown[] }).events).toHaveLength(1);
  expect((await ben.query("admin.audit.list", {})).status).toBe(403);

  const everything = await anna.api.admin.audit.list.query({});
  const subjects = new Set(everything.events.map(({ subjectId }) => subjectId));
  expect(subjects.size).toBe(2);
  const bens = await anna.api.admin.audit.list.query({ subjectId: person.userId });
  expect(bens.events.map(({ action }) => action)).toEqual(["session.opened"]);
});

test("what is written down stays as it is, whoever asks the database", async () => {
  const server = await startServer();
  await server.admin();
  for (const statement of [
    "update audit_events set action = 'session.ended'",
    "delete from audit_events",
    "truncate audit_events",
  ]) {
    const change = write(server.deps, (tx) => tx.execute(sql.raw(statement)));
    await expect(change).rejects.toMatchObject({ cause: { code: "42501" } });
  }
});
