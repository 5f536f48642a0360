import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { write } from "#server/base/db.ts";
import { type Browser, openBrowser } from "#tests/auth/browser.ts";
import { annasServer, PASSWORD, signIn, type World } from "#tests/auth/people.ts";

const BEHIND_PROXY = { environment: { TRUST_PROXY: "127.0.0.1" } };

const WRONG = "eleven green bassoons";

/** The limit of a minute, which is not what these tests are about, is over. */
const passMinute = ({ deps }: World) =>
  write(deps, (tx) => tx.execute(sql`delete from rate_limits where key like 'signIn %'`));

/** What each of these passwords is answered, one after the other over all servers. */
async function tryAll(
  world: World,
  passwords: readonly string[],
  from: (replica: number, attempt: number) => Browser,
): Promise<number[]> {
  const statuses: number[] = [];
  for (const [attempt, password] of passwords.entries()) {
    await passMinute(world);
    const browser = from(attempt % world.replicas.length, attempt);
    statuses.push((await signIn(browser, { email: world.anna.email, password })).status);
  }
  return statuses;
}

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

test("after ten wrong passwords within a quarter of an hour the right one has to wait, over all servers", async () => {
  const world = await annasServer(3);
  const from = (replica: number) => openBrowser(world.replicas[replica]?.baseUrl ?? "");
  const answers = await tryAll(world, [...times(10, WRONG), PASSWORD], from);
  expect(answers).toEqual([...times(10, 401), 429]);
});

test("a right password in between neither counts nor makes the wrong ones undone", async () => {
  const world = await annasServer();
  const from = () => openBrowser(world.replicas[0].baseUrl);
  const tries = [...times(9, WRONG), PASSWORD, PASSWORD, WRONG, WRONG];
  expect(await tryAll(world, tries, from)).toEqual([...times(9, 401), 200, 200, 401, 429]);
});

test("many at the same time get no more tries than one after the other", async () => {
  const world = await annasServer();
  await passMinute(world);
  const statuses = await Promise.all(
    times(10, WRONG).flatMap((password) =>
      [1, 2].map(async () => {
        const browser = openBrowser(world.replicas[0].baseUrl);
        await passMinute(world);
        return (await signIn(browser, { email: world.anna.email, password })).status;
      }),
    ),
  );
  expect(statuses.filter((status) => status === 401)).toHaveLength(10);
});

test("guesses from everywhere slow one account down, but not its owner's own devices", async () => {
  const world = await annasServer(1, BEHIND_PROXY);
  const { baseUrl } = world.replicas[0];
  const fromSomewhere = (address: string) => openBrowser(baseUrl, { "x-forwarded-for": address });
  const own = fromSomewhere("198.51.100.1");
  expect((await signIn(own, world.anna)).status).toBe(200);
  await own.mutate("auth.signOut");

  const from = (_: number, attempt: number) => fromSomewhere(`203.0.113.${attempt}`);
  const guesses = await tryAll(world, times(33, WRONG), from);
  expect(guesses).toEqual([...times(30, 401), ...times(3, 429)]);
  expect((await signIn(fromSomewhere("203.0.113.99"), world.anna)).status).toBe(429);
  expect((await signIn(own, world.anna)).status).toBe(200);
});

test("an address without an account is slowed down the same", async () => {
  const world = await annasServer(1, BEHIND_PROXY);
  const { baseUrl } = world.replicas[0];
  const nobody = { ...world, anna: { ...world.anna, email: "nobody@band.example" } };
  const from = (_: number, attempt: number) =>
    openBrowser(baseUrl, { "x-forwarded-for": `203.0.113.${attempt}` });
  const answers = await tryAll(nobody, times(32, WRONG), from);
  expect(answers).toEqual([...times(30, 401), 429, 429]);
});

test("nobody makes their browser a known one by writing a cookie", async () => {
  const world = await annasServer(1, BEHIND_PROXY);
  const { baseUrl } = world.replicas[0];
  const browser = openBrowser(baseUrl, { "x-forwarded-for": "198.51.100.7" });
  await signIn(browser, world.anna);
  const known = browser.cookies.get("backline-device") ?? "";
  expect(known).toMatch(/^[\da-f-]{36}\.[\w-]+\.[\w-]{43}$/);
  const forged = openBrowser(baseUrl, { "x-forwarded-for": "198.51.100.8" });
  forged.cookies.set("backline-device", `${known.slice(0, -1)}${known.endsWith("A") ? "B" : "A"}`);
  await write(world.deps, (tx) =>
    tx.execute(sql`update rate_limits set hits = 31 where key like 'guesses %'`),
  );
  const from = (_: number, attempt: number) =>
    openBrowser(baseUrl, { "x-forwarded-for": `203.0.113.${attempt}` });
  await tryAll(world, times(31, WRONG), from);
  expect((await signIn(forged, world.anna)).status).toBe(429);
});
