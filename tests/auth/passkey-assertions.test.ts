import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import type { PasskeyAssertion } from "#contract/passkeys.ts";
import { type Backline, refusalOf } from "#sdk/index.ts";
import { write } from "#server/base/db.ts";
import { createAuthenticator, type Quirks } from "#tests/support/authenticator.ts";
import type { TestServer } from "#tests/support/server.ts";
import {
  addPasskey,
  age,
  annasPhone,
  ask,
  isSignedIn,
  notedIn,
  signInWith,
  WRONG,
} from "./phones.ts";

/** Each is made for real: signed by Anna's own phone, but for what is said. */
const BAD: Readonly<Record<string, Quirks>> = {
  "made on another website": { origin: "https://evil.example" },
  "made on another port": { origin: "http://localhost:3001" },
  "made at an address that begins alike": { origin: "http://localhost:3000.evil.example" },
  "made over https, which this server is not": { origin: "https://localhost:3000" },
  "made for another place": { rpId: "evil.example" },
  "made in a frame of another website": { crossOrigin: true },
  "made when nobody showed a finger or a PIN": { isUnverified: true },
  "made to register, and not to sign in": { type: "webauthn.create" },
  "for a challenge that nobody gave": { challenge: "A".repeat(43) },
  "for no challenge": { challenge: "" },
  "that says somebody else's name": { userHandle: Buffer.alloc(16, 7).toString("base64url") },
  "that says nobody's name": { userHandle: null },
};

describe("an assertion", () => {
  test("that is not right in any way opens nothing, and says no more than that", async () => {
    const { phone, server } = await annasPhone();
    const device = server.guest();
    for (const [how, quirks] of Object.entries(BAD)) {
      const refusal = await signInWith(device, phone, quirks).catch(refusalOf);
      expect([how, refusal]).toEqual([how, WRONG]);
      expect([how, await isSignedIn(device)]).toEqual([how, false]);
      expect([how, (await notedIn(server)).at(-1)]).toEqual([how, "passkey.refused"]);
    }
    // Nothing of it is left: the next one is right.
    await signInWith(device, phone);
  });

  test("is refused in the same words for a passkey that nobody has, and for a signature of another", async () => {
    const { origin, phone, server, makePerson } = await annasPhone();
    const { backline: mallory } = await makePerson("mallory");
    const mallorys = createAuthenticator(origin);
    const device = server.guest();
    const unknown = createAuthenticator(origin);
    const options = await device.api.auth.passkeyOptions.mutate();
    const userHandle = phone.get(options).response.userHandle ?? null;
    expect(await signInWith(device, unknown, { userHandle }).catch(refusalOf)).toEqual(WRONG);
    await addPasskey(mallory, mallorys);
    // Her own key, and Anna's id with it.
    const { credentialId } = phone;
    for (const quirks of [{ credentialId }, { credentialId, userHandle }, { userHandle }]) {
      expect(await signInWith(device, mallorys, quirks).catch(refusalOf)).toEqual(WRONG);
    }
    expect(await isSignedIn(device)).toBe(false);
  });

  test("counts once", async () => {
    const { phone, server } = await annasPhone();
    const device = server.guest();
    const assertion = phone.get(await device.api.auth.passkeyOptions.mutate());
    const { signInPasskey } = device.api.auth;
    const { challenge } = JSON.parse(
      Buffer.from(assertion.response.clientDataJSON, "base64url").toString(),
    ) as { challenge: string };
    await signInPasskey.mutate({ assertion, rememberMe: false });
    expect(await ask(server, sql`select * from passkey_challenges`)).toEqual([]);
    await device.api.auth.signOut.mutate();
    const again = signInPasskey.mutate({ assertion, rememberMe: false });
    expect(await again.catch(refusalOf)).toEqual(WRONG);
    // Nor does anything else that is signed for the same challenge.
    const options = await device.api.auth.passkeyOptions.mutate();
    const forOld = phone.get(options, { challenge });
    expect(
      await signInPasskey.mutate({ assertion: forOld, rememberMe: false }).catch(refusalOf),
    ).toEqual(WRONG);
  });

  test("counts once also for 64 who come with it at the same time", async () => {
    const { phone, server } = await annasPhone();
    const device = server.guest();
    const assertion = phone.get(await device.api.auth.passkeyOptions.mutate());
    const before = await ask(server, sql`select count(*)::int from sessions`);
    await write(server.deps, (tx) =>
      tx.execute(sql`update rate_limits set hits = -1000 where key like 'passkey %'`),
    );
    const csrf = (await device.api.auth.csrf.query()).token;
    const statuses = await Promise.all(
      Array.from({ length: 64 }, () => raw(device, server, assertion, csrf)),
    );
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    // A busy server turns some away before it looks.
    expect(statuses.filter((status) => ![200, 401, 503].includes(status))).toEqual([]);
    const [after] = await ask(server, sql`select count(*)::int from sessions`);
    expect(after).toEqual({ count: Number(before[0]?.count) + 1 });
  });

  test("is for the browser that asked, and stays good for it while another one tries", async () => {
    const { backline, phone, server } = await annasPhone();
    const device = server.guest();
    const assertion = phone.get(await device.api.auth.passkeyOptions.mutate());
    for (const thief of [server.guest(), backline]) {
      const stolen = thief.api.auth.signInPasskey.mutate({ assertion, rememberMe: false });
      expect(await stolen.catch(refusalOf)).toEqual(WRONG);
    }
    await device.api.auth.signInPasskey.mutate({ assertion, rememberMe: false });
    expect(await isSignedIn(device)).toBe(true);
  });

  test("is good for five minutes", async () => {
    const { phone, server } = await annasPhone();
    const device = server.guest();
    const waitFor = (seconds: number) =>
      write(server.deps, (tx) =>
        tx.execute(
          sql`update passkey_challenges set expires_at = expires_at - make_interval(secs => ${seconds})`,
        ),
      );
    const early = phone.get(await device.api.auth.passkeyOptions.mutate());
    await waitFor(290);
    await device.api.auth.signInPasskey.mutate({ assertion: early, rememberMe: false });
    await device.api.auth.signOut.mutate();
    const late = phone.get(await device.api.auth.passkeyOptions.mutate());
    await waitFor(301);
    const entering = device.api.auth.signInPasskey.mutate({ assertion: late, rememberMe: false });
    expect(await entering.catch(refusalOf)).toEqual(WRONG);
    // Old ones are swept up when the next is given.
    await device.api.auth.passkeyOptions.mutate();
    expect(await ask(server, sql`select count(*)::int from passkey_challenges`)).toEqual([
      { count: 1 },
    ]);
  });

  test("signs for one thing: signing in, showing again who it is, or a new passkey", async () => {
    const { backline, origin, phone } = await annasPhone();
    const { auth, account } = backline.api;
    const toSignIn = await auth.passkeyOptions.mutate();
    const toShow = await auth.reauthenticationOptions.mutate();
    const toAdd = await account.passkeys.begin.mutate();
    const showing = auth.reauthenticate.mutate({ way: "passkey", assertion: phone.get(toSignIn) });
    expect(await showing.catch(refusalOf)).toMatchObject({ code: "forbidden" });
    const entering = auth.signInPasskey.mutate({ assertion: phone.get(toShow), rememberMe: false });
    expect(await entering.catch(refusalOf)).toEqual(WRONG);
    const attestation = createAuthenticator(origin).create({
      ...toAdd,
      challenge: toShow.challenge,
    });
    const adding = account.passkeys.add.mutate({ name: "Other", attestation });
    expect(await adding.catch(refusalOf)).toMatchObject({ code: "forbidden" });
  });

  test("of somebody else, or gone wrong, shows nothing and leaves the session as it is", async () => {
    const { backline, makePerson, origin, phone, server } = await annasPhone();
    const { backline: mallory } = await makePerson("mallory");
    await addPasskey(mallory, createAuthenticator(origin));
    await age(server, 11);
    const { auth } = mallory.api;
    const offer = () => auth.reauthenticationOptions.mutate();
    for (const assertion of [
      phone.get(await offer()),
      phone.get(await offer(), { userHandle: null }),
      phone.get(await backline.api.auth.reauthenticationOptions.mutate()),
    ]) {
      const showing = auth.reauthenticate.mutate({ way: "passkey", assertion });
      expect(await showing.catch(refusalOf)).toEqual({ ...WRONG, code: "forbidden" });
    }
    expect(await isSignedIn(mallory)).toBe(true);
    expect(await mallory.api.account.passkeys.begin.mutate().catch(refusalOf)).toMatchObject({
      code: "reauthentication_required",
    });
    const [refused] = await ask(
      server,
      sql`select subject_id from audit_events where action = 'passkey.refused' order by id desc limit 1`,
    );
    expect(refused).toEqual({ subject_id: (await auth.me.query()).user.id });
  });

  test("keeps neither its challenge nor its signature", async () => {
    const { phone, server } = await annasPhone();
    const device = server.guest();
    const { challenge } = await device.api.auth.passkeyOptions.mutate();
    const assertion = phone.get(await device.api.auth.passkeyOptions.mutate());
    await device.api.auth.signInPasskey.mutate({ assertion, rememberMe: false });
    for (const table of ["passkey_challenges", "passkeys", "audit_events"]) {
      const rows = JSON.stringify(await ask(server, sql.raw(`select * from ${table}`)));
      for (const secret of [challenge, assertion.response.signature]) {
        expect([table, rows.includes(secret)]).toEqual([table, false]);
      }
    }
  });
});

describe("a passkey that counts its uses", () => {
  test("goes on counting, and is refused as a copy when it falls back", async () => {
    const { phone, server } = await annasPhone({ isCounting: true });
    await signInWith(server.guest(), phone, { signCount: 5 });
    const isCopied = {
      code: "unauthenticated",
      message: expect.stringContaining("there may be a copy of it"),
    };
    for (const signCount of [5, 4, 1, 0]) {
      const device = server.guest();
      const entering = signInWith(device, phone, { signCount });
      expect([signCount, await entering.catch(refusalOf)]).toEqual([signCount, isCopied]);
      expect((await notedIn(server)).at(-1)).toBe("passkey.copied");
      expect(await isSignedIn(device)).toBe(false);
    }
    expect(await ask(server, sql`select sign_count::int from passkeys`)).toEqual([
      { sign_count: 5 },
    ]);
    await signInWith(server.guest(), phone, { signCount: 6 });
  });

  test("is not called a copy by somebody who cannot sign", async () => {
    const { origin, phone, server } = await annasPhone({ isCounting: true });
    await signInWith(server.guest(), phone, { signCount: 5 });
    const stranger = createAuthenticator(origin);
    const device = server.guest();
    const { userHandle = null } = phone.get(await device.api.auth.passkeyOptions.mutate()).response;
    const { credentialId } = phone;
    const entering = signInWith(device, stranger, { credentialId, userHandle, signCount: 1 });
    expect(await entering.catch(refusalOf)).toEqual(WRONG);
    expect((await notedIn(server)).at(-1)).toBe("passkey.refused");
  });
});

/** Without the client's care for tokens, so that all of them go out at once. */
async function raw(
  device: Backline,
  { baseUrl }: TestServer,
  assertion: PasskeyAssertion,
  csrf: string,
): Promise<number> {
  const response = await device.fetch(`${baseUrl}/trpc/auth.signInPasskey`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-csrf-token": csrf },
    body: JSON.stringify({ assertion, rememberMe: false }),
  });
  await response.text();
  return response.status;
}
