import { createBackline } from "#sdk/index.ts";
import { totpCodeAt } from "#server/auth/crypto.ts";
import { createClockedDatabase } from "#tests/support/database-clock.ts";
import { startServer } from "#tests/support/server.ts";
import { type CountStore, postgresStore } from "./count-stores.ts";
import { createPerson, PASSWORD } from "./people.ts";

export const STEP_MS = 30_000;

/**
 * Ben with an authenticator app, on a server whose database's clock the test sets.
 *
 * @param openStore - where the server counts tries.
 */
export async function benWithApp(openStore: () => Promise<CountStore> = postgresStore) {
  const clock = await createClockedDatabase();
  const store = await openStore();
  const { environment } = store;
  const server = await startServer({ database: clock.database, environment });
  await server.admin();
  const person = await createPerson(server.deps, "ben");
  const free = () => store.forget(server.deps, "");
  const showPassword = async (rememberMe = false) => {
    await free();
    const device = createBackline({ baseUrl: server.baseUrl });
    const { email } = person;
    const answer = await device.api.auth.signIn.mutate({ email, password: PASSWORD, rememberMe });
    return { device, answer };
  };
  const ben = (await showPassword()).device;
  const { secret } = await ben.api.account.twoFactor.begin.mutate();
  const codeAt = (steps: number) => totpCodeAt(secret, Math.floor(clock.nowMs() / STEP_MS) + steps);
  const { codes } = await ben.api.account.twoFactor.confirm.mutate({ code: await codeAt(0) });
  const pass = (steps: number) => clock.pass(server.deps, steps * STEP_MS);
  await pass(1);

  /** Password and then a code. */
  const enter = async (code: string) => {
    const { device, answer } = await showPassword();
    if (answer.status !== "second_factor") throw new Error("No second factor was asked for.");
    await device.api.auth.signInSecondFactor.mutate({ ticket: answer.ticket, code });
    return device;
  };
  return { server, store, person, ben, secret, codes, codeAt, pass, showPassword, enter, free };
}

export const isRefusedAs = (code: string) => ({ code });
