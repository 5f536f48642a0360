import { describe, expect, test } from "vitest";
import { type Backline, refusalOf } from "#sdk/index.ts";
import { STORES } from "./count-stores.ts";
import { PASSWORD } from "./people.ts";
import { benWithApp, isRefusedAs } from "./phone.ts";

describe.each(STORES)("a second factor whose tries are counted in %s", (_, openStore) => {
  test("is asked five times a sign-in, then the password is asked for anew", async () => {
    const { codeAt, showPassword, free } = await benWithApp(openStore);
    const { device, answer } = await showPassword();
    if (answer.status !== "second_factor") throw new Error("unreachable");
    const { ticket } = answer;
    const enter = async (code: string) => {
      await free();
      return device.api.auth.signInSecondFactor.mutate({ ticket, code }).catch(refusalOf);
    };
    for (let i = 0; i < 5; i += 1) {
      expect(await enter("000000")).toMatchObject(isRefusedAs("forbidden"));
    }
    expect(await enter(await codeAt(0))).toMatchObject(isRefusedAs("unauthenticated"));
  });

  test("cannot be guessed from many networks by whoever has the password, and its owner is not locked out", async () => {
    const { codeAt, ben, person, server, store } = await benWithApp(openStore);
    const unlimit = () => store.forget(server.deps, "signIn ");
    /** The password, and then five of these codes; from another network each time. */
    const tryFive = async (device: Backline, code: string) => {
      const { email } = person;
      await unlimit();
      const answer = await device.api.auth.signIn.mutate({
        email,
        password: PASSWORD,
        rememberMe: false,
      });
      const ticket = answer.status === "second_factor" ? answer.ticket : "";
      const answers: unknown[] = [];
      for (let guess = 0; guess < 5; guess += 1) {
        await unlimit();
        const entering = device.api.auth.signInSecondFactor.mutate({ ticket, code });
        answers.push(
          await entering.then(
            ({ status }) => status,
            (error) => refusalOf(error)?.code,
          ),
        );
      }
      return answers;
    };
    const five = (code: string) => Array.from({ length: 5 }, () => code);
    for (let n = 0; n < 4; n += 1) {
      expect(await tryFive(server.guest(), "000000")).toEqual(five("forbidden"));
    }
    expect(await tryFive(server.guest(), await codeAt(0))).toEqual(five("rate_limited"));
    await ben.api.auth.signOut.mutate();
    expect((await tryFive(ben, await codeAt(0)))[0]).toBe("signed_in");
  });

  test("is not used up by right codes", async () => {
    const { codeAt, enter, server, store, person } = await benWithApp(openStore);
    const tries = () => store.hits(server.deps, `codes ${person.userId}`);
    await enter("000000").catch(refusalOf);
    expect(await tries()).toEqual([1]);
    await enter(await codeAt(0));
    expect(await tries()).toEqual([0]);
  });
});
