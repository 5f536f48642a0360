import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { UserId } from "#contract/ids.ts";
import { externalIdentities, passkeys } from "#drizzle/schema/index.ts";
import type { Backline } from "#sdk/index.ts";
import { refusalOf } from "#sdk/index.ts";
import { totpCodeAt } from "#server/auth/crypto.ts";
import { write } from "#server/base/db.ts";
import { linkIn, type MailServer, startMailServer } from "#tests/support/mail-server.ts";
import { startServer, type TestServer } from "#tests/support/server.ts";
import { runJobs } from "#tests/support/world.ts";
import { openBrowser } from "./browser.ts";
import { createPerson, PASSWORD } from "./people.ts";

interface Town {
  readonly server: TestServer;
  readonly anna: Backline;
  readonly post: MailServer;
}

/** A server that takes registrations, its admin, and the post office. */
async function town(mode: "open" | "invite" | "closed" = "open"): Promise<Town> {
  const post = await startMailServer();
  const server = await startServer({ environment: { SMTP_URL: post.url } });
  const anna = await server.admin();
  await anna.api.admin.registration.set.mutate({ mode });
  return { server, anna, post };
}

const BEN = { email: "Ben@Band.example", name: "Ben", password: "nine slow accordions" } as const;

/** Registers without the limit of a minute in the way. */
async function register(
  { server }: Town,
  who: { email: string; name: string; password: string; invitation?: string | null },
): Promise<void> {
  await write(server.deps, (tx) => tx.execute(sql`delete from rate_limits`));
  await server.guest().api.auth.register.mutate({ invitation: null, ...who });
  await runJobs(server);
}

const tokenIn = (link: URL): string => link.hash.replace("#token=", "");

const signIn = ({ server }: Town, { email, password }: { email: string; password: string }) => {
  const guest = server.guest();
  return guest.api.auth.signIn.mutate({ email, password, rememberMe: false }).then(() => guest);
};

test("who registers confirms the address from the mail, and has a band of their own", async () => {
  const world = await town();
  await register(world, BEN);
  const ben = await signIn(world, BEN);
  expect((await ben.api.auth.me.query()).user).toMatchObject({
    email: BEN.email,
    role: "user",
    isEmailVerified: false,
  });
  const link = linkIn(await world.post.next(BEN.email));
  expect(link.pathname).toBe("/verify-email");
  expect(link.search).toBe("");
  expect(link.origin).toBe(world.server.deps.config.http.publicUrl.origin);

  const { verifyEmail } = world.server.guest().api.auth;
  await verifyEmail.mutate({ token: tokenIn(link) });
  const me = await ben.api.auth.me.query();
  expect(me.user.isEmailVerified).toBe(true);
  expect((await ben.api.bands.list.query()).map(({ role }) => role)).toEqual(["owner"]);

  const again = await verifyEmail.mutate({ token: tokenIn(link) }).catch(refusalOf);
  expect(again).toMatchObject({ code: "not_found" });
});

test("whether an address has an account shows in no answer, only in its mailbox", async () => {
  const world = await town();
  const { post, server } = world;
  await register(world, BEN);
  await post
    .next(BEN.email)
    .then((mail) => server.guest().api.auth.verifyEmail.mutate({ token: tokenIn(linkIn(mail)) }));

  const answers = async (email: string) => {
    const all: string[] = [];
    for (const [path, input] of [
      ["auth.register", { ...BEN, email, invitation: null }],
      ["auth.resendVerification", { email }],
      ["auth.requestPasswordReset", { email }],
    ] as const) {
      await write(server.deps, (tx) => tx.execute(sql`delete from rate_limits`));
      const { status, headers, text } = await openBrowser(server.baseUrl).mutate(path, input);
      const telling = [...headers].filter(([name]) => !/^(x-request-id|date)$/.test(name));
      all.push(JSON.stringify([path, status, telling, text]));
    }
    return all;
  };
  expect(await answers(BEN.email)).toEqual(await answers("nobody@band.example"));

  await runJobs(server);
  expect((await post.next(BEN.email)).subject).toBe("You have an account already");
  expect((await post.next(BEN.email)).subject).toBe("Choose a new password");
  expect((await post.next("nobody@band.example")).subject).toBe("Confirm your e-mail address");
  // The account is as it was.
  await signIn(world, BEN);
});

test("who registers another's address gets nothing out of it once its owner proves it", async () => {
  const world = await town();
  const { post, server } = world;
  await register(world, { ...BEN, password: "the stranger waits" });
  const stranger = await signIn(world, { ...BEN, password: "the stranger waits" });
  const strangersLink = linkIn(await post.next(BEN.email));
  // The stranger makes themselves at home, too.
  const { secret } = await stranger.api.account.twoFactor.begin.mutate();
  const code = await totpCodeAt(secret, Math.floor(Date.now() / 30_000));
  await stranger.api.account.twoFactor.confirm.mutate({ code });
  await runJobs(server);
  expect((await post.next(BEN.email)).subject).toBe("A second factor was switched on");
  const { user } = await stranger.api.auth.me.query();
  await addWaysIn(server, user.id);

  await register(world, BEN);
  const link = linkIn(await post.next(BEN.email));
  const { verifyEmail } = server.guest().api.auth;
  expect(
    await verifyEmail.mutate({ token: tokenIn(strangersLink) }).catch(refusalOf),
  ).toMatchObject({
    code: "not_found",
  });
  await verifyEmail.mutate({ token: tokenIn(link) });

  await expect(stranger.api.auth.me.query()).rejects.toThrow();
  await expect(signIn(world, { ...BEN, password: "the stranger waits" })).rejects.toThrow();
  const ben = await signIn(world, BEN);
  const { user: now } = await ben.api.auth.me.query();
  expect(now).toMatchObject({ id: user.id, isEmailVerified: true, ways: ["password"] });
  const left = await server.deps.db.execute(sql`
    select user_id from passkeys union all select user_id from external_identities
    union all select user_id from totp_factors union all select user_id from backup_codes`);
  expect(left).toEqual([]);
});

/** A passkey and an account at a media server. */
const addWaysIn = ({ deps }: TestServer, userId: UserId): Promise<void> =>
  write(deps, async (tx) => {
    await tx.insert(passkeys).values({
      ...{ id: randomUUID(), userId, credentialId: "AAAA", publicKey: Buffer.from("key") },
      ...{ signCount: 0, transports: [], name: "Phone", isSynced: false },
    });
    const there = { provider: "jellyfin", serverId: "s", externalId: "e", name: "ben" } as const;
    await tx.insert(externalIdentities).values({ ...there, userId });
  });

test("of 64 who use one link at the same time one confirms the address", async () => {
  const world = await town();
  await register(world, BEN);
  const token = tokenIn(linkIn(await world.post.next(BEN.email)));
  const guests = Array.from({ length: 64 }, () => world.server.guest());
  await write(world.server.deps, (tx) => tx.execute(sql`delete from rate_limits`));
  const raise = sql`update rate_limits set hits = 0`;
  const outcomes = await Promise.allSettled(
    guests.map(async (guest) => {
      await write(world.server.deps, (tx) => tx.execute(raise));
      return guest.api.auth.verifyEmail.mutate({ token });
    }),
  );
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

test("a link is for one purpose and one day", async () => {
  const world = await town();
  await register(world, BEN);
  const token = tokenIn(linkIn(await world.post.next(BEN.email)));
  const { api } = world.server.guest();
  const wrongDoor = api.auth.resetPassword.mutate({ token, password: "ten fast clarinets" });
  expect(await wrongDoor.catch(refusalOf)).toMatchObject({ code: "not_found" });

  await write(world.server.deps, (tx) =>
    tx.execute(sql`update mailed_tokens set expires_at = now() - interval '1 second'`),
  );
  expect(await api.auth.verifyEmail.mutate({ token }).catch(refusalOf)).toMatchObject({
    code: "not_found",
  });
});

test("the link that was sent last is the only one that works", async () => {
  const world = await town();
  await register(world, BEN);
  const first = tokenIn(linkIn(await world.post.next(BEN.email)));
  const { api } = world.server.guest();
  await api.auth.resendVerification.mutate({ email: BEN.email.toLowerCase() });
  await runJobs(world.server);
  const second = tokenIn(linkIn(await world.post.next(BEN.email)));
  expect(await api.auth.verifyEmail.mutate({ token: first }).catch(refusalOf)).toMatchObject({
    code: "not_found",
  });
  await api.auth.verifyEmail.mutate({ token: second });
});

test("a stranger who types in an address again and again does not fill its mailbox", async () => {
  const world = await town();
  for (let i = 0; i < 8; i += 1) {
    await write(world.server.deps, (tx) =>
      tx.execute(sql`delete from rate_limits where key not like 'mail %'`),
    );
    await world.server.guest().api.auth.register.mutate({ ...BEN, invitation: null });
    await runJobs(world.server);
  }
  expect(world.post.mails).toHaveLength(4);
});

test("a sixth registration within a minute from one address has to wait", async () => {
  const world = await town();
  const guest = world.server.guest();
  const tries = [];
  for (let i = 0; i < 6; i += 1) {
    const email = `guest-${i}@band.example`;
    tries.push(
      await guest.api.auth.register.mutate({ ...BEN, email, invitation: null }).catch(refusalOf),
    );
  }
  expect(tries.slice(0, 5)).toEqual([undefined, undefined, undefined, undefined, undefined]);
  expect(tries[5]).toMatchObject({ code: "rate_limited", retryAfterSeconds: expect.any(Number) });
});

test("a closed server takes nobody, and one by invitation whoever has one, once", async () => {
  const world = await town("closed");
  const { anna, server, post } = world;
  expect(await register(world, BEN).catch(refusalOf)).toMatchObject({ code: "forbidden" });

  await anna.api.admin.registration.set.mutate({ mode: "invite" });
  expect((await server.guest().api.system.info.query()).registration).toBe("invite");
  expect(await register(world, BEN).catch(refusalOf)).toMatchObject({ code: "forbidden" });
  await anna.api.admin.invitations.create.mutate({ email: "ben@band.example" });
  await runJobs(server);
  const invitation = tokenIn(linkIn(await post.next("ben@band.example")));
  const carla = { ...BEN, email: "carla@band.example", invitation };
  expect(await register(world, carla).catch(refusalOf)).toMatchObject({ code: "forbidden" });
  await register(world, { ...BEN, invitation });
  await signIn(world, BEN);
  expect(await register(world, { ...BEN, invitation }).catch(refusalOf)).toMatchObject({
    code: "forbidden",
  });
});

test("an invitation as a link is for whoever has it, and can be taken back", async () => {
  const world = await town("invite");
  const { invitations } = world.anna.api.admin;
  const { url } = await invitations.create.mutate({ email: null });
  const [listed] = await invitations.list.query();
  expect(listed).toMatchObject({ email: null });
  expect(JSON.stringify(listed)).not.toContain(tokenIn(new URL(url)));
  await invitations.remove.mutate({ id: listed?.id ?? "" });
  const invitation = tokenIn(new URL(url));
  expect(await register(world, { ...BEN, invitation }).catch(refusalOf)).toMatchObject({
    code: "forbidden",
  });
});

test("a password that would be guessed is refused, and nobody is registered", async () => {
  const world = await town();
  const refusal = await register(world, { ...BEN, password: "Backline2026!" }).catch(refusalOf);
  expect(refusal).toMatchObject({ code: "invalid_input" });
  expect(await world.server.deps.db.execute(sql`select id from users`)).toHaveLength(1);
});

test("what people typed is nowhere in the queue, the outbox or the audit", async () => {
  const world = await town();
  const email = "canary-4711@band.example";
  await world.server.guest().api.auth.register.mutate({ ...BEN, email, invitation: null });
  for (const table of ["pgboss.job", "mails", "audit_events", "mailed_tokens"]) {
    const rows = await world.server.deps.db.execute(sql.raw(`select * from ${table}`));
    expect([table, JSON.stringify(rows)]).not.toEqual([table, expect.stringContaining("canary")]);
  }
});

test("others cannot say who may register", async () => {
  const world = await town();
  const { email } = await createPerson(world.server.deps, "carla");
  const carla = await signIn(world, { email, password: PASSWORD });
  const refusal = await carla.api.admin.registration.set.mutate({ mode: "open" }).catch(refusalOf);
  expect(refusal).toMatchObject({ code: "forbidden" });
});
