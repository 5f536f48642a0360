import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { type Backline, refusalOf } from "#sdk/index.ts";
import { write } from "#server/base/db.ts";
import { openBrowser } from "#tests/auth/browser.ts";
import { createPerson, PASSWORD, type Person } from "#tests/auth/people.ts";
import { essenceOf } from "#tests/security/asking.ts";
import { linkIn, type MailServer, startMailServer } from "#tests/support/mail-server.ts";
import { startServer, type TestServer } from "#tests/support/server.ts";
import { runJobs } from "#tests/support/world.ts";

interface Town {
  readonly server: TestServer;
  readonly post: MailServer;
  readonly ben: Person;
  /** Ben's, signed in a moment ago. */
  readonly phone: Backline;
}

const NEW = "Ben.Berg@new.example";

/** A server with Ben on it, and the post office. */
async function town(): Promise<Town> {
  const post = await startMailServer();
  const server = await startServer({ environment: { SMTP_URL: post.url } });
  await server.admin();
  const ben = await createPerson(server.deps, "ben", { isVerified: true });
  return { server, post, ben, phone: await signIn(server, ben.email) };
}

async function signIn(server: TestServer, email: string): Promise<Backline> {
  const device = server.guest();
  await device.api.auth.signIn.mutate({ email, password: PASSWORD, rememberMe: false });
  return device;
}

/** Asks for another address, and takes the token out of the mail that goes there. */
async function askFor({ server, post }: Town, device: Backline, email: string): Promise<string> {
  await device.api.account.changeEmail.mutate({ email });
  await runJobs(server);
  return tokenIn(linkIn(await post.next(email)));
}

const tokenIn = (link: URL): string => link.hash.replace("#token=", "");

const confirm = ({ server }: Town, token: string) =>
  server.guest().api.auth.confirmEmailChange.mutate({ token });

const me = async (device: Backline) => (await device.api.auth.me.query()).user;

/** The limit of a minute is what a test of many meets, and not what it is about. */
async function liftLimit(world: Town): Promise<void> {
  await confirm(world, "no such token").catch(refusalOf);
  await write(world.server.deps, (tx) => tx.execute(sql`update rate_limits set hits = -1000`));
}

const textOf = (mail: { text?: string | undefined }): string =>
  (mail.text ?? "").replaceAll(/\s+/g, " ");

test("a new address counts once its mailbox has shown the link, and the old one is told twice", async () => {
  const world = await town();
  const { server, post, ben, phone } = world;
  await phone.api.account.changeEmail.mutate({ email: NEW });
  await runJobs(server);

  const asked = await post.next(ben.email);
  expect(asked.subject).toBe("Another e-mail address was asked for");
  expect(textOf(asked)).toContain("the address B…@n… instead");
  expect(textOf(asked)).toMatch(/Choose a new password at once.*\/forgot-password/);
  const link = linkIn(await post.next(NEW));
  expect([link.origin, link.pathname, link.search]).toEqual([
    server.deps.config.http.publicUrl.origin,
    "/confirm-email",
    "",
  ]);
  expect(await me(phone)).toMatchObject({ email: ben.email });

  // What looks into mails before their reader does uses nothing up.
  const page = await openBrowser(server.baseUrl).fetch(link.pathname, {
    headers: { accept: "text/html" },
  });
  expect(page.text).toContain("<!doctype html>");
  await confirm(world, tokenIn(link));
  expect(await me(phone)).toMatchObject({ email: NEW, isEmailVerified: true });
  await runJobs(server);
  const changed = await post.next(ben.email);
  expect(changed.subject).toBe("Your e-mail address was changed");
  expect(textOf(changed)).toContain("the address B…@n… now");
  expect(textOf(changed)).toContain("Ask an administrator");
  expect(JSON.stringify([asked, changed])).not.toContain(NEW);

  await signIn(server, NEW.toLowerCase());
  await expect(signIn(server, ben.email)).rejects.toThrow();
  const { events } = await phone.api.account.audit.list.query({});
  const happened = events.map(({ action }) => action);
  expect(happened).toEqual(
    expect.arrayContaining(["account.email_change_requested", "account.email_changed"]),
  );
  expect(JSON.stringify(events)).not.toContain("new.example");
  expect(await confirm(world, tokenIn(link)).catch(refusalOf)).toMatchObject({ code: "not_found" });
});

test("who has shown the password too long ago has to show it again, and nothing is sent", async () => {
  const { server, post, phone } = await town();
  await write(server.deps, (tx) =>
    tx.execute(sql`update sessions set authenticated_at = now() - interval '11 minutes'`),
  );
  const refusal = await phone.api.account.changeEmail.mutate({ email: NEW }).catch(refusalOf);
  expect(refusal).toMatchObject({ code: "reauthentication_required" });
  await runJobs(server);
  expect(post.mails).toEqual([]);
});

test("whether an address is somebody's shows in no answer, only in its mailbox", async () => {
  const world = await town();
  const { server, post, ben } = world;
  const carla = await createPerson(server.deps, "carla");
  const browser = openBrowser(server.baseUrl);
  await browser.mutate("auth.signIn", { ...ben, userId: undefined, rememberMe: false });
  const answerFor = async (email: string) =>
    essenceOf(await browser.mutate("account.changeEmail", { email }));
  expect(await answerFor(carla.email)).toBe(await answerFor(NEW));
  expect(await answerFor(ben.email)).toBe(await answerFor(NEW));

  await runJobs(server);
  const mail = await post.next(carla.email);
  expect(mail.subject).toBe("You have an account already");
  expect(textOf(mail)).not.toContain("token");
  expect(textOf(mail)).not.toContain(ben.email);
  expect(await me(await signIn(server, carla.email))).toMatchObject({ email: carla.email });
});

test("of 64 who use one link at the same time one changes the address", async () => {
  const world = await town();
  const token = await askFor(world, world.phone, NEW);
  await liftLimit(world);
  const outcomes = await Promise.allSettled(
    Array.from({ length: 64 }, () => confirm(world, token)),
  );
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  const codes = outcomes.map((each) => each.status === "rejected" && refusalOf(each.reason)?.code);
  expect(new Set(codes)).toEqual(new Set([false, "not_found"]));
  await runJobs(world.server);
  expect(world.post.mails.filter(({ subject }) => subject?.includes("was changed"))).toHaveLength(
    1,
  );
});

test("of two who are on their way to one address the first gets it, and the other keeps theirs", async () => {
  const world = await town();
  const { server, ben } = world;
  const carla = await createPerson(server.deps, "carla");
  const tokens = [
    await askFor(world, world.phone, NEW),
    await askFor(world, await signIn(server, carla.email), NEW),
  ];
  const outcomes = await Promise.allSettled(tokens.map((token) => confirm(world, token)));
  const lost = outcomes.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
  expect(lost.map((error) => refusalOf(error)?.code)).toEqual(["conflict"]);
  await signIn(server, NEW);
  const loser = outcomes[0]?.status === "rejected" ? ben : carla;
  expect(await me(await signIn(server, loser.email))).toMatchObject({ email: loser.email });
});

test("a link is for one purpose, for one hour, and only the newest works", async () => {
  const world = await town();
  const { server, post, ben, phone } = world;
  const token = await askFor(world, phone, NEW);
  const { api } = server.guest();
  for (const wrongDoor of [
    () => api.auth.verifyEmail.mutate({ token }),
    () => api.auth.resetPassword.mutate({ token, password: "ten fast clarinets" }),
  ]) {
    expect(await wrongDoor().catch(refusalOf)).toMatchObject({ code: "not_found" });
  }
  await post.next(ben.email);
  await api.auth.requestPasswordReset.mutate({ email: ben.email });
  await runJobs(server);
  const reset = tokenIn(linkIn(await post.next(ben.email)));
  expect(await confirm(world, reset).catch(refusalOf)).toMatchObject({ code: "not_found" });

  const newer = await askFor(world, phone, "ben@newer.example");
  expect(await confirm(world, token).catch(refusalOf)).toMatchObject({ code: "not_found" });
  await write(server.deps, (tx) =>
    tx.execute(sql`update mailed_tokens set expires_at = now() - interval '1 second'`),
  );
  expect(await confirm(world, newer).catch(refusalOf)).toMatchObject({ code: "not_found" });
  expect(await me(phone)).toMatchObject({ email: ben.email });
});

test("asking for an address that is somebody's makes the link of before worthless too", async () => {
  const world = await town();
  await createPerson(world.server.deps, "carla");
  const token = await askFor(world, world.phone, NEW);
  await world.phone.api.account.changeEmail.mutate({ email: "carla@band.example" });
  expect(await confirm(world, token).catch(refusalOf)).toMatchObject({ code: "not_found" });
});

test("links that went to the old address are worth nothing afterwards", async () => {
  const world = await town();
  const { server, post, ben, phone } = world;
  await server.guest().api.auth.requestPasswordReset.mutate({ email: ben.email });
  await runJobs(server);
  const reset = tokenIn(linkIn(await post.next(ben.email)));
  await confirm(world, await askFor(world, phone, NEW));
  const late = server
    .guest()
    .api.auth.resetPassword.mutate({ token: reset, password: "a b c d e f" });
  expect(await late.catch(refusalOf)).toMatchObject({ code: "not_found" });
  await signIn(server, NEW);
});

test("a new password stops a change that somebody else had asked for, mailed or not", async () => {
  const world = await town();
  const { server, post, ben, phone } = world;
  const token = await askFor(world, phone, NEW);
  const laptop = await signIn(server, ben.email);
  await laptop.api.account.changePassword.mutate({ password: "ten fast clarinets" });
  expect(await confirm(world, token).catch(refusalOf)).toMatchObject({ code: "not_found" });

  // The thief's wish still waits when the owner signs everybody out.
  await laptop.api.account.changeEmail.mutate({ email: "thief@new.example" });
  await laptop.api.auth.signOut.mutate();
  await runJobs(server);
  expect(post.mails.filter(({ to }) => to?.[0]?.address === "thief@new.example")).toEqual([]);
});

test("other devices stay signed in", async () => {
  const world = await town();
  const laptop = await signIn(world.server, world.ben.email);
  await confirm(world, await askFor(world, world.phone, NEW));
  expect(await me(laptop)).toMatchObject({ email: NEW });
});

test("who has no address yet gets one in this way, and nobody is told", async () => {
  const world = await town();
  const { server, post, phone, ben } = world;
  await write(server.deps, (tx) =>
    tx.execute(
      sql`update users set email = null, email_key = null, email_verified_at = null where id = ${ben.userId}`,
    ),
  );
  await confirm(world, await askFor(world, phone, NEW));
  expect(await me(phone)).toMatchObject({ email: NEW, isEmailVerified: true });
  await runJobs(server);
  expect(post.mails).toHaveLength(1);
});

test("who is suspended in between keeps the old address", async () => {
  const world = await town();
  const token = await askFor(world, world.phone, NEW);
  await write(world.server.deps, (tx) =>
    tx.execute(sql`update users set suspended_at = now() where id = ${world.ben.userId}`),
  );
  expect(await confirm(world, token).catch(refusalOf)).toMatchObject({ code: "not_found" });
});

test("nobody fills mailboxes by asking again and again", async () => {
  const world = await town();
  const { changeEmail } = world.phone.api.account;
  const ask = () => changeEmail.mutate({ email: NEW }).catch(refusalOf);
  for (let n = 0; n < 10; n += 1) {
    expect(await ask()).toBeUndefined();
    await runJobs(world.server);
  }
  expect(await ask()).toMatchObject({ code: "rate_limited" });
  const sentTo = (address: string) =>
    world.post.mails.filter(({ to }) => to?.[0]?.address?.toLowerCase() === address.toLowerCase());
  expect(sentTo(NEW)).toHaveLength(4);
  expect(sentTo(world.ben.email)).toHaveLength(10);
});

test("what was asked for is nowhere to be read in the queue, the outbox or the audit", async () => {
  const { server, phone } = await town();
  await phone.api.account.changeEmail.mutate({ email: "canary-4711@new.example" });
  for (const table of ["pgboss.job", "mails", "audit_events", "mailed_tokens"]) {
    const rows = await server.deps.db.execute(sql.raw(`select * from ${table}`));
    expect([table, JSON.stringify(rows)]).not.toEqual([table, expect.stringContaining("canary")]);
  }
});
