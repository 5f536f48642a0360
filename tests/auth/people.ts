import { eq } from "drizzle-orm";
import type { UserRole } from "#contract/auth.ts";
import type { UserId } from "#contract/ids.ts";
import { users } from "#drizzle/schema/index.ts";
import { hashPassword } from "#server/auth/argon2.ts";
import { createPersonalBand } from "#server/bands/service.ts";
import { write } from "#server/base/db.ts";
import { createId } from "#server/base/ids.ts";
import type { Deps } from "#server/deps.ts";
import { type TestDeps, type TestDepsOptions, testDeps } from "#tests/support/deps.ts";
import { type Answer, type Browser, openBrowser } from "./browser.ts";
import { type Replica, startReplica } from "./replica.ts";

export const PASSWORD = "seven blue trombones";

export interface Person {
  readonly userId: UserId;
  readonly email: string;
  readonly password: string;
}

/** Someone with an account, as registering or an import would leave it. */
export async function createPerson(
  deps: Pick<Deps, "db" | "now">,
  name: string,
  options: {
    readonly passwordHash?: string;
    readonly role?: UserRole;
    readonly isVerified?: boolean;
  } = {},
): Promise<Person> {
  const userId = createId<UserId>(deps.now());
  const email = `${name}@band.example`;
  const passwordHash = options.passwordHash ?? (await hashPassword(PASSWORD));
  await write(deps, async (tx) => {
    await tx.insert(users).values({
      id: userId,
      email,
      emailKey: email,
      name,
      role: options.role ?? "user",
      passwordHash,
      emailVerifiedAt: options.isVerified ? deps.now() : null,
    });
    await createPersonalBand(tx, { userId, name }, deps.now());
  });
  return { userId, email, password: PASSWORD };
}

export const signIn = (
  browser: Browser,
  person: Pick<Person, "email" | "password">,
  rememberMe = false,
): Promise<Answer> =>
  browser.mutate("auth.signIn", { email: person.email, password: person.password, rememberMe });

export const storedHash = async (deps: Deps, userId: UserId): Promise<string | null> => {
  const [row] = await deps.db
    .select({ passwordHash: users.passwordHash })
    .from(users)
    .where(eq(users.id, userId));
  return row?.passwordHash ?? null;
};

export interface World {
  readonly deps: TestDeps;
  readonly replicas: readonly [Replica, ...Replica[]];
  readonly anna: Person;
  /** A browser in front of the first replica, nobody signed in. */
  readonly browser: Browser;
}

/** Anna has an account on a server of one or several replicas over one database. */
export async function annasServer(replicaCount = 1, options: TestDepsOptions = {}): Promise<World> {
  const deps = await testDeps(options);
  const first = await startReplica(deps);
  const others: Replica[] = [];
  for (let index = 1; index < replicaCount; index += 1) {
    others.push(await startReplica(await replicaOf(deps, options)));
  }
  const anna = await createPerson(deps, "anna");
  return { deps, replicas: [first, ...others], anna, browser: openBrowser(first.baseUrl) };
}

/** Another server's deps on the same database, with the same keys. */
export const replicaOf = (deps: TestDeps, options: TestDepsOptions = {}): Promise<TestDeps> =>
  testDeps({ ...options, database: deps.testDatabase, keys: deps.testKeys });
