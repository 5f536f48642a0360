import { createBackline } from "#sdk/index.ts";
import { ADMIN, type TestServer } from "./server.ts";

/** The cookies of a session of its own, for what is no client of ours. */
export async function cookieOf(
  { baseUrl }: Pick<TestServer, "baseUrl">,
  { email, password }: { readonly email: string; readonly password: string } = ADMIN,
): Promise<string> {
  let cookie = "";
  const backline = createBackline({
    baseUrl,
    async fetch(input, init) {
      cookie = new Headers(init?.headers).get("cookie") ?? cookie;
      return fetch(input, init);
    },
  });
  await backline.api.auth.signIn.mutate({ email, password, rememberMe: false });
  await backline.api.auth.me.query();
  return cookie;
}
