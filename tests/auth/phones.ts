import { sql } from "drizzle-orm";
import type { Backline } from "#sdk/index.ts";
import { write } from "#server/base/db.ts";
import {
  type Authenticator,
  createAuthenticator,
  type Quirks,
} from "#tests/support/authenticator.ts";
import { startServer, type TestServer, type TestServerOptions } from "#tests/support/server.ts";
import { createPerson, PASSWORD, type Person } from "./people.ts";

/** A server that people reach at one address, and Anna on it, signed in with her password. */
export async function annasServer(options: TestServerOptions = {}) {
  const environment = { PUBLIC_URL: "http://localhost:3000", ...options.environment };
  const server = await startServer({ ...options, environment });
  const origin = environment.PUBLIC_URL;
  const makePerson = async (name: string) => {
    const person = await createPerson(server.deps, name, { isVerified: true });
    return { person, backline: await signInWithPassword(server, person) };
  };
  const { person: anna, backline } = await makePerson("anna");
  return { server, origin, anna, backline, makePerson };
}

export async function signInWithPassword(server: TestServer, { email }: Person): Promise<Backline> {
  await forgetTries(server);
  const backline = server.guest();
  await backline.api.auth.signIn.mutate({ email, password: PASSWORD, rememberMe: false });
  return backline;
}

/** Signing in often is what a test does, and not what it is about. */
export const forgetTries = ({ deps }: TestServer): Promise<unknown> =>
  write(deps, (tx) => tx.execute(sql`delete from rate_limits`));

export async function addPasskey(
  { api }: Backline,
  authenticator: Authenticator,
  name = "Phone",
): Promise<void> {
  const options = await api.account.passkeys.begin.mutate();
  await api.account.passkeys.add.mutate({ name, attestation: authenticator.create(options) });
}

/** Anna with a passkey in her phone. */
export async function annasPhone(
  options: TestServerOptions & { readonly isCounting?: boolean } = {},
) {
  const world = await annasServer(options);
  const phone = createAuthenticator(world.origin, { isCounting: options.isCounting ?? false });
  await addPasskey(world.backline, phone);
  return { ...world, phone };
}

export async function signInWith(
  { api }: Backline,
  authenticator: Authenticator,
  quirks: Quirks = {},
): Promise<unknown> {
  const options = await api.auth.passkeyOptions.mutate();
  const assertion = authenticator.get(options, quirks);
  return api.auth.signInPasskey.mutate({ assertion, rememberMe: false });
}

export const isSignedIn = ({ api }: Backline): Promise<boolean> =>
  api.auth.me.query().then(
    () => true,
    () => false,
  );

export const age = ({ deps }: TestServer, minutes: number): Promise<unknown> =>
  write(deps, (tx) =>
    tx.execute(
      sql`update sessions set authenticated_at = now() - make_interval(mins => ${minutes})`,
    ),
  );

export const ask = async (server: TestServer, query: ReturnType<typeof sql>) => [
  ...(await server.deps.db.execute<Record<string, unknown>>(query)),
];

/** What was noted about passkeys and sessions, the oldest first. */
export const notedIn = async (server: TestServer): Promise<unknown[]> => {
  const rows = await ask(
    server,
    sql`select action, details, actor_id, subject_id from audit_events
      where action like 'passkey.%' or action like 'session.%' order by id`,
  );
  return rows.map(({ action, details }) =>
    Object.keys(details as object).length > 0 ? [action, details] : action,
  );
};

/** How everything is refused that is not right. */
export const WRONG = {
  code: "unauthenticated",
  message:
    "This passkey does not let you in here: it took too long, or it is not known any more. Try again, or use another way.",
};
