import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { refusalOf } from "#sdk/index.ts";
import { write } from "#server/base/db.ts";
import { linkIn, startMailServer } from "#tests/support/mail-server.ts";
import { startServer } from "#tests/support/server.ts";
import { runJobs } from "#tests/support/world.ts";
import { createPerson, PASSWORD, storedHash } from "./people.ts";

const NEW = "ten fast clarinets";

/** Ben, signed in on two devices, and the post office. */
async function bensDevices() {
  const post = await startMailServer();
  const server = await startServer({ environment: { SMTP_URL: post.url } });
  await server.admin();
  const person = await createPerson(server.deps, "ben");
  const signIn = async (password = PASSWORD) => {
    const device = server.guest();
    await device.api.auth.signIn.mutate({ email: person.email, password, rememberMe: false });
    return device;
  };
  const [phone, laptop] = [await signIn(), await signIn()];
  return { server, post, person, signIn, phone, laptop };
}

const isSignedIn = (
  device: Awaited<ReturnType<Awaited<ReturnType<typeof bensDevices>>["signIn"]>>,
) =>
  device.api.auth.me.query().then(
    () => true,
    () => false,
  );

async function resetLink({ server, post, person }: Awaited<ReturnType<typeof bensDevices>>) {
  await server.guest().api.auth.requestPasswordReset.mutate({ email: person.email });
  await runJobs(server);
  const link = linkIn(await post.next(person.email));
  expect(link.pathname).toBe("/reset-password");
  return link.hash.replace("#token=", "");
}

test("a forgotten password is chosen anew from the mail, and every device is signed out", async () => {
  const world = await bensDevices();
  const token = await resetLink(world);
  await world.server.guest().api.auth.resetPassword.mutate({ token, password: NEW });

  expect([await isSignedIn(world.phone), await isSignedIn(world.laptop)]).toEqual([false, false]);
  await expect(world.signIn()).rejects.toThrow();
  expect(await isSignedIn(await world.signIn(NEW))).toBe(true);
  await runJobs(world.server);
  expect((await world.post.next(world.person.email)).subject).toBe("Your password was changed");
});

test("of 64 who use one link at the same time one chooses the password", async () => {
  const world = await bensDevices();
  const token = await resetLink(world);
  const free = sql`update rate_limits set hits = 0`;
  const outcomes = await Promise.allSettled(
    Array.from({ length: 64 }, async (_, n) => {
      await write(world.server.deps, (tx) => tx.execute(free));
      return world.server.guest().api.auth.resetPassword.mutate({ token, password: `${NEW} ${n}` });
    }),
  );
  const won = outcomes.flatMap(({ status }, n) => (status === "fulfilled" ? [n] : []));
  expect(won).toHaveLength(1);
  expect(await isSignedIn(await world.signIn(`${NEW} ${won[0]}`))).toBe(true);
});

test("a password that would be guessed does not use the link up", async () => {
  const world = await bensDevices();
  const token = await resetLink(world);
  const { resetPassword } = world.server.guest().api.auth;
  const refusal = await resetPassword.mutate({ token, password: "qwertyuiop" }).catch(refusalOf);
  expect(refusal).toMatchObject({ code: "invalid_input" });
  await resetPassword.mutate({ token, password: NEW });
});

test("a suspended account gets no link", async () => {
  const world = await bensDevices();
  await write(world.server.deps, (tx) =>
    tx.execute(sql`update users set suspended_at = now() where id = ${world.person.userId}`),
  );
  await world.server.guest().api.auth.requestPasswordReset.mutate({ email: world.person.email });
  await runJobs(world.server);
  expect(world.post.mails).toHaveLength(0);
});

test("who is signed in changes the password, and stays signed in here alone", async () => {
  const world = await bensDevices();
  await world.laptop.api.account.changePassword.mutate({ password: NEW });
  expect([await isSignedIn(world.phone), await isSignedIn(world.laptop)]).toEqual([false, true]);
  expect(await storedHash(world.server.deps, world.person.userId)).toMatch(/^\$argon2id\$/);
  expect(await isSignedIn(await world.signIn(NEW))).toBe(true);
});

test("eleven minutes after signing in the password is asked for once more, and nothing is changed", async () => {
  const world = await bensDevices();
  const { laptop, server, person } = world;
  const before = await storedHash(server.deps, person.userId);
  await write(server.deps, (tx) =>
    tx.execute(sql`update sessions set authenticated_at = now() - interval '11 minutes'`),
  );
  const change = () => laptop.api.account.changePassword.mutate({ password: NEW }).catch(refusalOf);
  expect(await change()).toMatchObject({ code: "reauthentication_required" });
  expect(await storedHash(server.deps, person.userId)).toBe(before);

  const wrong = await laptop.api.auth.reauthenticate
    .mutate({ way: "password", password: "a guess" })
    .catch(refusalOf);
  expect(wrong).toMatchObject({ code: "forbidden" });
  expect(await change()).toMatchObject({ code: "reauthentication_required" });
  expect(await isSignedIn(laptop)).toBe(true);

  await laptop.api.auth.reauthenticate.mutate({ way: "password", password: PASSWORD });
  expect(await change()).toBeUndefined();
});
