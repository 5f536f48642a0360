import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { refusalOf } from "#sdk/index.ts";
import { totpCodeAt } from "#server/auth/crypto.ts";
import { write } from "#server/base/db.ts";
import { createPerson, PASSWORD } from "./people.ts";
import { benWithApp, isRefusedAs, STEP_MS } from "./phone.ts";

type Bens = Awaited<ReturnType<typeof benWithApp>>;

/** Somebody else on Ben's server, signed in. */
async function carlaBesides({ server, free }: Bens) {
  const person = await createPerson(server.deps, "carla");
  await free();
  const carla = server.guest();
  const { email } = person;
  await carla.api.auth.signIn.mutate({ email, password: PASSWORD, rememberMe: false });
  return { carla, carlasId: person.userId };
}

const sealedOf = async ({ server }: Bens, userId: string): Promise<string> => {
  const [row] = await server.deps.db.execute<{ sealed_secret: string }>(
    sql`select sealed_secret from totp_factors where user_id = ${userId}`,
  );
  return row?.sealed_secret ?? "";
};

describe("a second factor", () => {
  test("is for one account: nobody else's codes stand in for it", async () => {
    const world = await benWithApp();
    const { carla } = await carlaBesides(world);
    const { begin, confirm, get } = carla.api.account.twoFactor;
    const { secret } = await begin.mutate();
    const nowMs = Number(
      (
        await world.server.deps.db.execute<{ ms: string }>(
          sql`select extract(epoch from now()) * 1000 as ms`,
        )
      )[0]?.ms,
    );
    const code = await totpCodeAt(secret, Math.floor(nowMs / STEP_MS));
    const { codes } = await confirm.mutate({ code });
    for (const hers of [codes[0] ?? "", code]) {
      expect(await world.enter(hers).catch(refusalOf)).toMatchObject(isRefusedAs("forbidden"));
    }
    expect(await get.query()).toEqual({ isOn: true, backupCodesLeft: 10 });
  });

  test("that is moved to another account in the database opens nothing there", async () => {
    const world = await benWithApp();
    const { carla, carlasId } = await carlaBesides(world);
    await carla.api.account.twoFactor.begin.mutate();
    const bens = await sealedOf(world, world.person.userId);
    await write(world.server.deps, (tx) =>
      tx.execute(sql`update totp_factors set sealed_secret = ${bens} where user_id = ${carlasId}`),
    );
    const code = await world.codeAt(0);
    const confirming = carla.api.account.twoFactor.confirm.mutate({ code });
    expect(await confirming.catch(refusalOf)).toMatchObject(isRefusedAs("internal"));
  });

  test("is not confirmed by whoever showed the password too long ago", async () => {
    const world = await benWithApp();
    const { carla } = await carlaBesides(world);
    const { secret } = await carla.api.account.twoFactor.begin.mutate();
    await world.pass(21);
    const step = Math.floor(Date.now() / STEP_MS) + 22;
    for (const near of [-1, 0, 1]) {
      const code = await totpCodeAt(secret, step + near);
      const confirming = carla.api.account.twoFactor.confirm.mutate({ code });
      expect(await confirming.catch(refusalOf)).toMatchObject(
        isRefusedAs("reauthentication_required"),
      );
    }
    expect(await carla.api.account.twoFactor.get.query()).toMatchObject({ isOn: false });
  });

  test("leaves the wish to be remembered as it was", async () => {
    const { codeAt, showPassword } = await benWithApp();
    const { device, answer } = await showPassword(true);
    if (answer.status !== "second_factor") throw new Error("No second factor was asked for.");
    const code = await codeAt(0);
    await device.api.auth.signInSecondFactor.mutate({ ticket: answer.ticket, code });
    const [own] = await device.api.account.sessions.list.query();
    expect(own).toMatchObject({ isThis: true, rememberMe: true });
  });

  test("tells its owner of wrong codes and used backup codes", async () => {
    const { ben, codes, enter } = await benWithApp();
    await enter("000000").catch(refusalOf);
    await enter(codes[0] ?? "");
    const { events } = await ben.api.account.audit.list.query({});
    const actions = events.map(({ action }) => action);
    expect(actions).toContain("second_factor.refused");
    expect(actions).toContain("backup_codes.used");
    expect(actions).toContain("second_factor.enabled");
  });

  test("leaves nothing behind when it is switched off, and nothing of the old one in a new one", async () => {
    const { ben, codeAt, server } = await benWithApp();
    const { begin, disable } = ben.api.account.twoFactor;
    await disable.mutate();
    expect(await server.deps.db.execute(sql`select from backup_codes`)).toHaveLength(0);
    expect(await server.deps.db.execute(sql`select from totp_factors`)).toHaveLength(0);
    const first = await begin.mutate();
    const second = await begin.mutate();
    expect(second.secret).not.toBe(first.secret);
    const old = ben.api.account.twoFactor.confirm.mutate({ code: await codeAt(0) });
    expect(await old.catch(refusalOf)).toMatchObject(isRefusedAs("forbidden"));
  });
});
