import { createBackline } from "#sdk/index.ts";
import { insertMember } from "#server/bands/store.ts";
import { openDatabase, write } from "#server/base/db.ts";
import { createPerson } from "#tests/auth/people.ts";
import { type Bench, findDatabase } from "./backline.ts";

/** What one account may have open at a time. */
export const STREAMS_A_PERSON = 20;

/** @returns the cookies of as many members of the band as it takes to listen so many times at once. */
export async function signInMembers(
  { baseUrl, bandId }: Bench,
  dataDir: string,
  listeners: number,
): Promise<string[]> {
  const { pool, close } = openDatabase(await findDatabase(dataDir), {
    ...{ max: 1, applicationName: "bench" },
  });
  const cookies: string[] = [];
  for (let index = 0; index < listeners / STREAMS_A_PERSON; index += 1) {
    const { userId, email, password } = await createPerson(
      { db: pool, now: () => new Date() },
      `person-${index}`,
      { isVerified: true },
    );
    await write({ db: pool }, (tx) => insertMember(tx, { bandId, userId, role: "listener" }));
    cookies.push(await signIn(baseUrl, { email, password }, `10.0.0.${index + 1}`));
  }
  await close();
  return cookies;
}

async function signIn(
  baseUrl: string,
  account: { readonly email: string; readonly password: string },
  from: string,
): Promise<string> {
  let cookie = "";
  const client = createBackline({
    baseUrl,
    async fetch(input, init) {
      const headers = new Headers(init?.headers);
      cookie = headers.get("cookie") ?? cookie;
      headers.set("x-forwarded-for", from);
      return fetch(input, { ...init, headers });
    },
  });
  await client.api.auth.signIn.mutate({ ...account, rememberMe: false });
  await client.api.auth.me.query();
  return cookie;
}
