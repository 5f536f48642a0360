import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { createBackline, refusalOf } from "#sdk/index.ts";
import { totpCodeAt } from "#server/auth/crypto.ts";
import { write } from "#server/base/db.ts";
import { startMailServer } from "#tests/support/mail-server.ts";
import { startServer } from "#tests/support/server.ts";
import { runJobs } from "#tests/support/world.ts";
import { createPerson, PASSWORD } from "./people.ts";
import { benWithApp, isRefusedAs, STEP_MS } from "./phone.ts";

describe("an authenticator app", () => {
  test("is asked for a code after the password, and only then there is a session", async () => {
    const { codeAt, server, showPassword } = await benWithApp();
    const { device, answer } = await showPassword();
    expect(answer).toEqual({
      status: "second_factor",
      ticket: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(await device.api.auth.me.query().catch(refusalOf)).toMatchObject(
      isRefusedAs("unauthenticated"),
    );
    if (answer.status !== "second_factor") throw new Error("unreachable");
    const bearer = createBackline({ baseUrl: server.baseUrl, accessToken: answer.ticket });
    await expect(bearer.api.auth.me.query()).rejects.toThrow();

    const signedIn = await device.api.auth.signInSecondFactor.mutate({
      ticket: answer.ticket,
      code: await codeAt(0),
    });
    expect((await device.api.auth.me.query()).sessionId).toBe(signedIn.me.sessionId);
    const again = device.api.auth.signInSecondFactor.mutate({
      ticket: answer.ticket,
      code: await codeAt(1),
    });
    expect(await again.catch(refusalOf)).toMatchObject(isRefusedAs("unauthenticated"));
  });

  test("may be a step early or late, and not two", async () => {
    const { codeAt, enter, pass } = await benWithApp();
    await pass(10);
    expect(await enter(await codeAt(-2)).catch(refusalOf)).toMatchObject(isRefusedAs("forbidden"));
    expect(await enter(await codeAt(2)).catch(refusalOf)).toMatchObject(isRefusedAs("forbidden"));
    await enter(await codeAt(-1));
    await enter(await codeAt(0));
    await enter(await codeAt(1));
  });

  test("has codes that count once, also for 50 at the same time", async () => {
    const { codeAt, enter, pass, showPassword, free } = await benWithApp();
    await pass(5);
    const code = await codeAt(0);
    const tickets = [];
    for (let i = 0; i < 50; i += 1) tickets.push(await showPassword());
    const outcomes = await Promise.allSettled(
      tickets.map(async ({ device, answer }) => {
        if (answer.status !== "second_factor") throw new Error("unreachable");
        await free();
        return device.api.auth.signInSecondFactor.mutate({ ticket: answer.ticket, code });
      }),
    );
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await enter(code).catch(refusalOf)).toMatchObject(isRefusedAs("forbidden"));
    // And none of before it.
    expect(await enter(await codeAt(-1)).catch(refusalOf)).toMatchObject(isRefusedAs("forbidden"));
  }, 180_000);

  test("does not wait longer than five minutes for its code", async () => {
    const { codeAt, pass, showPassword } = await benWithApp();
    const patient = await showPassword();
    const late = await showPassword();
    const enter = async ({ device, answer }: typeof late) => {
      if (answer.status !== "second_factor") throw new Error("unreachable");
      const { ticket } = answer;
      const entering = device.api.auth.signInSecondFactor.mutate({ ticket, code: await codeAt(0) });
      return entering.catch(refusalOf);
    };
    await pass(9.9);
    expect(await enter(patient)).toMatchObject({ status: "signed_in" });
    await pass(0.2);
    expect(await enter(late)).toMatchObject(isRefusedAs("unauthenticated"));
  });

  test("counts only from its first right code on", async () => {
    const server = await startServer();
    const anna = await server.admin();
    const { begin, confirm, get } = anna.api.account.twoFactor;
    await begin.mutate();
    expect(await get.query()).toEqual({ isOn: false, backupCodesLeft: 0 });
    expect(await confirm.mutate({ code: "000000" }).catch(refusalOf)).toMatchObject(
      isRefusedAs("forbidden"),
    );
    const { secret } = await begin.mutate();
    const code = await totpCodeAt(secret, Math.floor(Date.now() / STEP_MS));
    expect((await confirm.mutate({ code })).codes).toHaveLength(10);
    expect(await get.query()).toEqual({ isOn: true, backupCodesLeft: 10 });
    expect(await begin.mutate().catch(refusalOf)).toMatchObject(isRefusedAs("conflict"));
  });

  test("is set up, renewed and switched off only by whoever showed the password a moment ago", async () => {
    const { ben, server } = await benWithApp();
    await write(server.deps, (tx) =>
      tx.execute(sql`update sessions set authenticated_at = now() - interval '11 minutes'`),
    );
    const { begin, disable, renewBackupCodes, get } = ben.api.account.twoFactor;
    for (const change of [begin.mutate(), disable.mutate(), renewBackupCodes.mutate()]) {
      expect(await change.catch(refusalOf)).toMatchObject(isRefusedAs("reauthentication_required"));
    }
    expect(await get.query()).toMatchObject({ isOn: true });
    await ben.api.auth.reauthenticate.mutate({ way: "password", password: PASSWORD });
    await disable.mutate();
    expect(await get.query()).toEqual({ isOn: false, backupCodesLeft: 0 });
  });

  test("has a secret that is nowhere but sealed", async () => {
    const { secret, codes, server } = await benWithApp();
    for (const table of ["totp_factors", "backup_codes", "audit_events", "pgboss.job"]) {
      const rows = JSON.stringify(await server.deps.db.execute(sql.raw(`select * from ${table}`)));
      for (const each of [secret, ...codes, ...codes.map((code) => code.replaceAll("-", ""))]) {
        expect([table, rows.includes(each)]).toEqual([table, false]);
      }
    }
  });
});

describe("a backup code", () => {
  test("stands in for the app, once, however it is typed", async () => {
    const { codes, enter, ben } = await benWithApp();
    const [first = "", second = ""] = codes;
    expect(new Set(codes).size).toBe(10);
    expect(first).toMatch(/^([a-z2-7]{4}-){5}[a-z2-7]{4}$/);
    await enter(` ${first.toUpperCase().replaceAll("-", " ")} `);
    expect(await enter(first).catch(refusalOf)).toMatchObject(isRefusedAs("forbidden"));
    await enter(second.replaceAll("-", ""));
    expect(await ben.api.account.twoFactor.get.query()).toMatchObject({ backupCodesLeft: 8 });
  });

  test("is worth nothing once there are new ones", async () => {
    const { codes, enter, ben } = await benWithApp();
    const renewed = await ben.api.account.twoFactor.renewBackupCodes.mutate();
    expect(await enter(codes[0] ?? "").catch(refusalOf)).toMatchObject(isRefusedAs("forbidden"));
    await enter(renewed.codes[0] ?? "");
  });

  test("is no way around a suspension", async () => {
    const { codes, person, server, showPassword } = await benWithApp();
    const { device, answer } = await showPassword();
    if (answer.status !== "second_factor") throw new Error("unreachable");
    await write(server.deps, (tx) =>
      tx.execute(sql`update users set suspended_at = now() where id = ${person.userId}`),
    );
    const entering = device.api.auth.signInSecondFactor.mutate({
      ticket: answer.ticket,
      code: codes[0] ?? "",
    });
    expect(await entering.catch(refusalOf)).toMatchObject(isRefusedAs("forbidden"));
    await expect(device.api.auth.me.query()).rejects.toThrow();
  });
});

test("whatever changes about a second factor is told to its owner by mail", async () => {
  const mail = await startMailServer();
  const server = await startServer({ environment: { SMTP_URL: mail.url } });
  const { email, password } = await createPerson(server.deps, "ben", { isVerified: true });
  const ben = server.guest();
  await ben.api.auth.signIn.mutate({ email, password, rememberMe: false });
  const { twoFactor } = ben.api.account;
  const { secret } = await twoFactor.begin.mutate();
  const code = await totpCodeAt(secret, Math.floor(Date.now() / STEP_MS));
  const { codes } = await twoFactor.confirm.mutate({ code });
  await runJobs(server);
  await twoFactor.renewBackupCodes.mutate();
  await runJobs(server);
  await twoFactor.disable.mutate();
  // Nothing is switched off a second time.
  await twoFactor.disable.mutate();
  await runJobs(server);

  expect(mail.mails.map(({ subject }) => subject)).toEqual([
    "A second factor was switched on",
    "New backup codes were made",
    "The second factor was switched off",
  ]);
  const said = mail.mails.map(({ text }) => text ?? "").join();
  expect([secret, ...codes].filter((each) => said.includes(each))).toEqual([]);
});
