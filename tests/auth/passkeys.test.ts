import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { refusalOf } from "#sdk/index.ts";
import { saveTrustedServer } from "#server/auth/jellyfin-server.ts";
import { write } from "#server/base/db.ts";
import { saveChosen } from "#server/base/maintenance.ts";
import { type AttestationQuirks, createAuthenticator } from "#tests/support/authenticator.ts";
import { linkIn, startMailServer } from "#tests/support/mail-server.ts";
import type { TestServer } from "#tests/support/server.ts";
import type { Person } from "./people.ts";
import {
  addPasskey,
  age,
  annasPhone,
  annasServer,
  ask,
  isSignedIn,
  notedIn,
  signInWith,
  signInWithPassword,
  WRONG,
} from "./phones.ts";

/** As many more, that only differ by what their device calls them. */
const copyPasskey = ({ deps }: TestServer, times: number): Promise<unknown> =>
  write(deps, (tx) =>
    tx.execute(sql`insert into passkeys
      select gen_random_uuid(), user_id, credential_id || n, public_key, 0, '[]', 'Many', false
      from passkeys, generate_series(1, ${times}::int) as n`),
  );

describe("a passkey", () => {
  test("lets its owner in without a name, a password or a code, where nobody was before", async () => {
    const { anna, backline, phone, server } = await annasPhone();
    const device = server.guest();
    const options = await device.api.auth.passkeyOptions.mutate();
    expect(options).toEqual({
      challenge: expect.stringMatching(/^[\w-]{43}$/),
      rpId: "localhost",
      timeout: 300_000,
      userVerification: "required",
      allowCredentials: [],
    });
    const signedIn = await device.api.auth.signInPasskey.mutate({
      assertion: phone.get(options),
      rememberMe: true,
    });
    expect(signedIn).toMatchObject({ status: "signed_in", me: { user: { id: anna.userId } } });
    const me = await device.api.auth.me.query();
    expect(me).toEqual(signedIn.me);
    expect(me.user.ways).toEqual(["password", "passkey"]);
    expect(me.sessionId).not.toBe((await backline.api.auth.me.query()).sessionId);
    expect((await notedIn(server)).at(-1)).toEqual([
      "session.opened",
      { rememberMe: true, way: "passkey" },
    ]);
  });

  test("is asked for at the address that people use, verified, kept in the device", async () => {
    const { anna, backline, phone } = await annasPhone();
    expect(await backline.api.account.passkeys.begin.mutate()).toEqual({
      challenge: expect.stringMatching(/^[\w-]{43}$/),
      rp: { id: "localhost", name: "Backline" },
      user: {
        id: Buffer.from(anna.userId.replaceAll("-", ""), "hex").toString("base64url"),
        name: anna.email,
        displayName: "anna",
      },
      pubKeyCredParams: [-8, -7, -257].map((alg) => ({ alg, type: "public-key" })),
      timeout: 300_000,
      attestation: "none",
      authenticatorSelection: {
        residentKey: "required",
        requireResidentKey: true,
        userVerification: "required",
      },
      excludeCredentials: [
        { id: phone.credentialId, type: "public-key", transports: ["internal"] },
      ],
    });
  });

  test("stands for the second factor, too", async () => {
    const { backline, phone, server } = await annasPhone();
    await write(server.deps, (tx) =>
      tx.execute(sql`insert into totp_factors (user_id, sealed_secret, confirmed_at)
        select id, 'sealed', now() from users`),
    );
    expect(await backline.api.account.twoFactor.get.query()).toMatchObject({ isOn: true });
    const device = server.guest();
    expect(await signInWith(device, phone)).toMatchObject({ status: "signed_in" });
    expect(await isSignedIn(device)).toBe(true);
  });

  test("lets its owner in while somebody guesses at the password from everywhere", async () => {
    const { anna, phone, server } = await annasPhone();
    const guess = () =>
      server
        .guest()
        .api.auth.signIn.mutate({ email: anna.email, password: "a guess", rememberMe: false })
        .catch(refusalOf);
    for (let n = 0; n < 10; n += 1) await guess();
    await write(server.deps, (tx) =>
      tx.execute(sql`update rate_limits set hits = 1000
        where key like 'failures %' or key like 'guesses %'`),
    );
    expect(await guess()).toMatchObject({ code: "rate_limited" });
    expect(await signInWith(server.guest(), phone)).toMatchObject({ status: "signed_in" });
  });

  test("opens a session that was not there before, and leaves the one of before alone", async () => {
    const { phone, server, makePerson } = await annasPhone();
    const { backline: mallory } = await makePerson("mallory");
    const before = await mallory.api.auth.me.query();
    await signInWith(mallory, phone);
    const after = await mallory.api.auth.me.query();
    expect([after.user.name, after.sessionId === before.sessionId]).toEqual(["anna", false]);
    const rows = await ask(
      server,
      sql`select user_id from sessions where id = ${before.sessionId}`,
    );
    expect(rows).toEqual([{ user_id: before.user.id }]);
  });

  test("is named, told apart and renamed by its owner", async () => {
    const { backline, origin, phone, server } = await annasPhone();
    const manager = createAuthenticator(origin, { isSynced: true });
    await addPasskey(backline, manager, "Password manager");
    await signInWith(server.guest(), phone);
    const { passkeys } = backline.api.account;
    const [first, second] = await passkeys.list.query();
    expect([first, second]).toEqual([
      {
        id: expect.any(String),
        name: "Phone",
        isSynced: false,
        createdAt: expect.any(String),
        lastUsedAt: expect.any(String),
      },
      expect.objectContaining({ name: "Password manager", isSynced: true, lastUsedAt: null }),
    ]);
    await passkeys.rename.mutate({ id: first?.id ?? "", name: " Anna's phone " });
    expect((await passkeys.list.query()).map(({ name }) => name)).toEqual([
      "Anna's phone",
      "Password manager",
    ]);
    expect((await notedIn(server)).at(-1)).toBe("passkey.renamed");
  });

  test("that is removed lets nobody in, and those whom it let in stay", async () => {
    const { backline, phone, server } = await annasPhone();
    const device = server.guest();
    await signInWith(device, phone);
    const [passkey] = await backline.api.account.passkeys.list.query();
    await backline.api.account.passkeys.remove.mutate({ id: passkey?.id ?? "" });
    expect(await signInWith(server.guest(), phone).catch(refusalOf)).toEqual(WRONG);
    expect(await isSignedIn(device)).toBe(true);
    expect(await backline.api.account.passkeys.list.query()).toEqual([]);
  });

  test("is somebody else's as if there were none", async () => {
    const { backline, makePerson } = await annasPhone();
    const { backline: mallory } = await makePerson("mallory");
    const [passkey] = await backline.api.account.passkeys.list.query();
    const { list, remove, rename } = mallory.api.account.passkeys;
    const id = passkey?.id ?? "";
    expect(await remove.mutate({ id }).catch(refusalOf)).toMatchObject({ code: "not_found" });
    expect(await rename.mutate({ id, name: "Mine" }).catch(refusalOf)).toMatchObject({
      code: "not_found",
    });
    expect(await list.query()).toEqual([]);
    expect(await backline.api.account.passkeys.list.query()).toEqual([passkey]);
  });

  test("is added and removed only by whoever has shown a moment ago who they are", async () => {
    const { backline, origin, phone, server } = await annasPhone();
    const { begin, add, list, remove } = backline.api.account.passkeys;
    const [passkey] = await list.query();
    const other = createAuthenticator(origin);
    const attestation = other.create(await begin.mutate());
    await age(server, 11);
    for (const change of [
      begin.mutate(),
      add.mutate({ name: "Other", attestation }),
      remove.mutate({ id: passkey?.id ?? "" }),
    ]) {
      expect(await change.catch(refusalOf)).toMatchObject({ code: "reauthentication_required" });
    }
    expect(await list.query()).toEqual([passkey]);

    const options = await backline.api.auth.reauthenticationOptions.mutate();
    expect(options.allowCredentials).toEqual([
      { id: phone.credentialId, type: "public-key", transports: ["internal"] },
    ]);
    // Whoever is known need not be named by the device.
    const assertion = phone.get(options, { userHandle: null });
    await backline.api.auth.reauthenticate.mutate({ way: "passkey", assertion });
    expect((await notedIn(server)).at(-1)).toEqual(["session.reauthenticated", { way: "passkey" }]);
    await add.mutate({ name: "Other", attestation });
    await remove.mutate({ id: passkey?.id ?? "" });
    expect((await list.query()).map(({ name }) => name)).toEqual(["Other"]);
  });

  test("is announced to its owner by mail when it comes and when it goes", async () => {
    const mail = await startMailServer();
    const { anna, backline } = await annasPhone({
      isWorking: true,
      environment: { SMTP_URL: mail.url },
    });
    const added = await mail.next(anna.email);
    expect(added.subject).toBe("A passkey was added to your account");
    expect(added.text?.replaceAll("\n", " ")).toContain("The passkey “Phone” was added");
    expect(linkIn(added).origin).toBe("http://localhost:3000");
    const [passkey] = await backline.api.account.passkeys.list.query();
    await backline.api.account.passkeys.remove.mutate({ id: passkey?.id ?? "" });
    expect((await mail.next(anna.email)).subject).toBe("A passkey was removed from your account");
  });

  test("has 19 others beside it at most", async () => {
    const { backline, origin, phone, server } = await annasPhone();
    const options = await backline.api.account.passkeys.begin.mutate();
    await copyPasskey(server, 19);
    const { add, begin } = backline.api.account.passkeys;
    const attestation = createAuthenticator(origin).create(options);
    for (const change of [begin.mutate(), add.mutate({ name: "One more", attestation })]) {
      expect(await change.catch(refusalOf)).toMatchObject({ code: "conflict" });
    }
    expect(await signInWith(server.guest(), phone)).toMatchObject({ status: "signed_in" });
  });

  test("that is the only way in stays, also when all are removed at once", async () => {
    const { backline, server } = await annasPhone();
    await copyPasskey(server, 19);
    await write(server.deps, (tx) => tx.execute(sql`update users set password_hash = null`));
    const { list, remove } = backline.api.account.passkeys;
    const ids = (await list.query()).map(({ id }) => id);
    const outcomes = await Promise.allSettled(ids.map((id) => remove.mutate({ id })));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(19);
    const [left] = await list.query();
    expect(await remove.mutate({ id: left?.id ?? "" }).catch(refusalOf)).toMatchObject({
      code: "conflict",
    });
    const trusted = { serverId: "server", url: "https://media.example", name: "Media" };
    await write(server.deps, async (tx) => {
      await saveTrustedServer(tx, {
        ...trusted,
        product: "jellyfin",
        version: "12",
        newUsers: false,
      });
      await tx.execute(sql`insert into external_identities
        select 'jellyfin', 'server', 'anna', id, 'anna' from users`);
    });
    await remove.mutate({ id: left?.id ?? "" });
    expect(await list.query()).toEqual([]);
  });

  test("is no way around maintenance, but for an administrator", async () => {
    const { anna, phone, server } = await annasPhone();
    const setRole = (role: string) =>
      write(server.deps, async (tx) => {
        await saveChosen(server.deps, tx, { isOn: true, message: null, until: null });
        await tx.execute(sql`update users set role = ${role} where id = ${anna.userId}`);
      });
    await setRole("creator");
    const device = server.guest();
    expect(await signInWith(device, phone).catch(refusalOf)).toMatchObject({ code: "maintenance" });
    expect(await isSignedIn(device)).toBe(false);
    await setRole("admin");
    expect(await signInWith(server.guest(), phone)).toMatchObject({ status: "signed_in" });
  });

  test("is no way around a suspension", async () => {
    const { anna, phone, server } = await annasPhone();
    await write(server.deps, (tx) =>
      tx.execute(sql`update users set suspended_at = now() where id = ${anna.userId}`),
    );
    const device = server.guest();
    expect(await signInWith(device, phone).catch(refusalOf)).toEqual({
      code: "forbidden",
      message:
        "This account is suspended. Everything in it is kept; ask an admin of this server to let you in again.",
    });
    expect(await isSignedIn(device)).toBe(false);
  });

  test("of an account that was deleted is not known any more", async () => {
    const { phone, server } = await annasPhone();
    await write(server.deps, (tx) => tx.execute(sql`update users set deleted_at = now()`));
    expect(await signInWith(server.guest(), phone).catch(refusalOf)).toEqual(WRONG);
  });
});

const BAD: Readonly<Record<string, AttestationQuirks>> = {
  "made on another website": { origin: "https://evil.example" },
  "made for another place": { rpId: "evil.example" },
  "made in a frame of another website": { crossOrigin: true },
  "made by a device that verified nobody": { isUnverified: true },
  "made to sign in": { type: "webauthn.get" },
  "that says another id outside than inside": { credentialId: "AAAA" },
  "of a kind that was not asked for": { algorithm: -35 },
  "vouched for by a certificate, which may say where to look it up": {
    attestation: "by a certificate",
  },
  "vouched for in a way that nobody knows": { attestation: "in a way of its own" },
};

describe("a new passkey", () => {
  test("that is not right in any way is not kept, and uses its challenge up", async () => {
    const { backline, origin } = await annasServer();
    const { add, begin, list } = backline.api.account.passkeys;
    const phone = createAuthenticator(origin);
    for (const [how, quirks] of Object.entries(BAD)) {
      const options = await begin.mutate();
      const adding = add.mutate({ name: "Phone", attestation: phone.create(options, quirks) });
      expect([how, (await adding.catch(refusalOf))?.code]).toEqual([how, "forbidden"]);
      const again = add.mutate({ name: "Phone", attestation: phone.create(options) });
      expect([how, (await again.catch(refusalOf))?.code]).toEqual([how, "forbidden"]);
    }
    expect(await list.query()).toEqual([]);
  });

  test("may be vouched for by its own device, as some browsers pass it on", async () => {
    const { backline, origin, server } = await annasServer();
    const key = createAuthenticator(origin);
    const options = await backline.api.account.passkeys.begin.mutate();
    const attestation = key.create(options, { attestation: "by itself" });
    await backline.api.account.passkeys.add.mutate({ name: "Key", attestation });
    expect(await signInWith(server.guest(), key)).toMatchObject({ status: "signed_in" });
  });

  test("takes nobody else's place", async () => {
    const { backline, makePerson, origin, phone, server } = await annasPhone();
    const { backline: mallory } = await makePerson("mallory");
    const options = await mallory.api.account.passkeys.begin.mutate();
    const attestation = phone.create(options);
    const adding = mallory.api.account.passkeys.add.mutate({ name: "Mine", attestation });
    expect(await adding.catch(refusalOf)).toMatchObject({ code: "forbidden" });
    expect(await mallory.api.account.passkeys.list.query()).toEqual([]);
    expect(await backline.api.account.passkeys.list.query()).toHaveLength(1);
    // Nor is one that was begun in another session of the same person taken.
    const elsewhere = await signInWithPassword(server, {
      ...(await makePerson("ben")).person,
    });
    const begun = await elsewhere.api.account.passkeys.begin.mutate();
    const stolen = mallory.api.account.passkeys.add.mutate({
      name: "Mine",
      attestation: createAuthenticator(origin).create(begun),
    });
    expect(await stolen.catch(refusalOf)).toMatchObject({ code: "forbidden" });
  });
});

describe("a new password", () => {
  test("by mail leaves the passkeys of whoever has shown that the address is theirs", async () => {
    const mail = await startMailServer();
    const { anna, phone, server } = await annasPhone({
      isWorking: true,
      environment: { SMTP_URL: mail.url },
    });
    await resetPassword(server, mail, anna);
    expect(await signInWith(server.guest(), phone)).toMatchObject({ status: "signed_in" });
  });

  test("by mail takes away those of a stranger who made an account for it before", async () => {
    const mail = await startMailServer();
    const world = await annasServer({ isWorking: true, environment: { SMTP_URL: mail.url } });
    const { anna, backline: stranger, origin, server } = world;
    await write(server.deps, (tx) => tx.execute(sql`update users set email_verified_at = null`));
    const phone = createAuthenticator(origin);
    await addPasskey(stranger, phone);
    await resetPassword(server, mail, anna);
    expect(await signInWith(server.guest(), phone).catch(refusalOf)).toEqual(WRONG);
  });
});

/** Waits for the mail that tells of it, past those about passkeys. */
async function resetPassword(
  server: TestServer,
  mail: Awaited<ReturnType<typeof startMailServer>>,
  { email }: Person,
): Promise<void> {
  await mail.next(email);
  const guest = server.guest();
  await guest.api.auth.requestPasswordReset.mutate({ email });
  const token = linkIn(await mail.next(email)).hash.replace("#token=", "");
  await guest.api.auth.resetPassword.mutate({ token, password: "nine red clarinets, softly" });
}
