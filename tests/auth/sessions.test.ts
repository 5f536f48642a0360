import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import type { SessionId } from "#contract/ids.ts";
import { refusalOf } from "#sdk/index.ts";
import { startServer } from "#tests/support/server.ts";
import { createPerson, PASSWORD } from "./people.ts";

async function annaAndBen() {
  const server = await startServer();
  const anna = await server.admin();
  const person = await createPerson(server.deps, "ben");
  const signIn = async () => {
    const device = server.guest();
    await device.api.auth.signIn.mutate({
      email: person.email,
      password: PASSWORD,
      rememberMe: true,
    });
    return device;
  };
  return { server, anna, signIn };
}

test("people see their devices, this one first, and nobody else's", async () => {
  const { anna, signIn } = await annaAndBen();
  const [phone, laptop] = [await signIn(), await signIn()];
  const listed = await laptop.api.account.sessions.list.query();
  expect(listed.map(({ isThis }) => isThis)).toEqual([true, false]);
  expect(listed[0]?.id).toBe((await laptop.api.auth.me.query()).sessionId);
  expect(listed[1]?.id).toBe((await phone.api.auth.me.query()).sessionId);
  expect(listed.every(({ ipAddress, rememberMe }) => ipAddress === "127.0.0.1" && rememberMe)).toBe(
    true,
  );
  expect(await anna.api.account.sessions.list.query()).toHaveLength(1);
});

test("a device that is signed out from another one is out at once", async () => {
  const { signIn } = await annaAndBen();
  const [phone, laptop] = [await signIn(), await signIn()];
  const { sessionId } = await phone.api.auth.me.query();
  await laptop.api.account.sessions.revoke.mutate({ sessionId });
  expect(await phone.api.auth.me.query().catch(refusalOf)).toMatchObject({
    code: "unauthenticated",
  });
  expect(await laptop.api.account.sessions.list.query()).toHaveLength(1);
  const again = await laptop.api.account.sessions.revoke.mutate({ sessionId }).catch(refusalOf);
  expect(again).toMatchObject({ code: "not_found" });
});

test("somebody else's device is not there, like one that never was", async () => {
  const { anna, signIn } = await annaAndBen();
  const ben = await signIn();
  const { sessionId } = await anna.api.auth.me.query();
  const revoke = (id: SessionId) =>
    ben.api.account.sessions.revoke.mutate({ sessionId: id }).catch(refusalOf);
  expect(await revoke(sessionId)).toEqual(await revoke(randomUUID() as SessionId));
  expect((await anna.api.auth.me.query()).sessionId).toBe(sessionId);
});

test("all other devices are signed out together", async () => {
  const { anna, signIn } = await annaAndBen();
  const devices = [await signIn(), await signIn(), await signIn()];
  await devices[0]?.api.account.sessions.revokeOthers.mutate();
  const states = await Promise.all(
    devices.map((device) =>
      device.api.auth.me.query().then(
        () => "in",
        () => "out",
      ),
    ),
  );
  expect(states).toEqual(["in", "out", "out"]);
  await anna.api.auth.me.query();
});
