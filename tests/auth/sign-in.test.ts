import { eq, isNull, sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import type { SignedIn } from "#contract/auth.ts";
import { sessions, users } from "#drizzle/schema/index.ts";
import { hashPassword } from "#server/auth/argon2.ts";
import { write } from "#server/base/db.ts";
import { openBrowser } from "./browser.ts";
import { annasServer, createPerson, PASSWORD, signIn, storedHash } from "./people.ts";

/** `correct horse battery`, as an older server kept it (cost 5, so that the test is quick). */
const BCRYPT = "$2y$05$GuAJZlOdB3I0.uY3DRgQAe/2Nntu5VQsNY4QXU/UCzE4BxXhji3sm";

describe("signing in", () => {
  test("says who one is, and so does the server from then on", async () => {
    const { browser, anna } = await annasServer();
    const answer = await signIn(browser, anna);

    expect(answer.status).toBe(200);
    const { status, me } = answer.data as SignedIn;
    expect(status).toBe("signed_in");
    expect(me.user).toEqual({
      id: anna.userId,
      email: anna.email,
      ways: ["password"],
      isEmailVerified: false,
      name: "anna",
      role: "user",
      locale: null,
      timeZone: null,
      pictureHash: null,
    });
    expect((await browser.query("auth.me")).data).toEqual(me);
  });

  test("does not mind capitals, blanks and wide letters in the address", async () => {
    const { browser, anna } = await annasServer();
    const answer = await signIn(browser, { ...anna, email: "  ＡNNA@Band.Example " });
    expect(answer.status).toBe(200);
  });

  test("opens a new session each time and leaves the one that was brought along alone", async () => {
    const { browser, replicas, anna, deps } = await annasServer();
    const mallory = await createPerson(deps, "mallory");
    await signIn(browser, mallory);
    const planted = new Map(browser.cookies);
    const before = (await browser.query("auth.me")).data as { sessionId: string };

    const answer = await signIn(browser, anna);
    const { me } = answer.data as SignedIn;
    expect(me.sessionId).not.toBe(before.sessionId);
    expect(browser.cookies.get("backline-access")).not.toBe(planted.get("backline-access"));

    const attacker = openBrowser(replicas[0].baseUrl, {}, { cookies: planted, setCookies: [] });
    expect((await attacker.query("auth.me")).data).toMatchObject({ user: { id: mallory.userId } });
  });

  test("takes no session from the address", async () => {
    const { browser, replicas, anna } = await annasServer();
    await signIn(browser, anna);
    const token = browser.cookies.get("backline-access");
    const stranger = openBrowser(replicas[0].baseUrl);
    const answers = await Promise.all([
      stranger.fetch(`/trpc/auth.me?sid=${token}`),
      stranger.fetch(`/trpc/auth.me?access_token=${token}`),
      stranger.fetch(`/stream/x?token=${token}`),
    ]);
    expect(answers.map((each) => each.status)).toEqual([401, 401, 401]);
  });

  test("answers an unknown address and a wrong password with the same bytes", async () => {
    const { browser, anna } = await annasServer();
    const csrf = await browser.csrfToken();
    const answerTo = (email: string) =>
      browser.mutate(
        "auth.signIn",
        { email, password: "not it at all", rememberMe: false },
        { csrf },
      );
    const wrong = await answerTo(anna.email);
    const unknown = await answerTo("nobody@band.example");

    expect(wrong.status).toBe(401);
    expect(wrong.refusal?.code).toBe("unauthenticated");
    expect(unknown.status).toBe(wrong.status);
    expect(unknown.text).toBe(wrong.text);
    expect([...unknown.headers.keys()]).toEqual([...wrong.headers.keys()]);
    expect(wrong.headers.getSetCookie()).toEqual([]);
  });

  test("is refused to a suspended user, and only the password learns why", async () => {
    const { browser, anna, deps } = await annasServer();
    await write(deps, (tx) => tx.update(users).set({ suspendedAt: sql`now()` }));

    const right = await signIn(browser, anna);
    expect(right.status).toBe(403);
    expect(right.refusal?.message).toContain("suspended");
    const wrong = await signIn(browser, { ...anna, password: "not it at all" });
    expect(wrong.status).toBe(401);
    expect(await deps.db.$count(sessions)).toBe(0);
  });

  test("notes the browser, and not more of it than fits", async () => {
    const { deps, replicas, anna } = await annasServer();
    const browser = openBrowser(replicas[0].baseUrl, { "user-agent": "Long".repeat(1000) });
    await signIn(browser, anna);
    const [session] = await deps.db.select().from(sessions);
    expect(session?.userAgent).toBe("Long".repeat(75));
    expect(session?.ipAddress).toBe("127.0.0.1");
  });
});

describe("passwords", () => {
  test("are kept as Argon2id with 19 MiB and two passes", async () => {
    const { deps, anna } = await annasServer();
    expect(await storedHash(deps, anna.userId)).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });

  test("may be 64 characters of any script, and every one of them counts", async () => {
    const { browser, deps } = await annasServer();
    const password = "🎺🥁".repeat(32);
    const ben = await createPerson(deps, "ben", { passwordHash: await hashPassword(password) });
    const first72Bytes = Buffer.from(password).subarray(0, 72).toString();

    expect((await signIn(browser, { ...ben, password: first72Bytes })).status).toBe(401);
    expect((await signIn(browser, { ...ben, password })).status).toBe(200);
  });

  test("from an older server work, and are kept in today's form from then on", async () => {
    const { browser, deps } = await annasServer();
    const ben = await createPerson(deps, "ben", { passwordHash: BCRYPT });

    expect((await signIn(browser, { ...ben, password: "wrong horse" })).status).toBe(401);
    expect(await storedHash(deps, ben.userId)).toBe(BCRYPT);

    const password = "correct horse battery";
    expect((await signIn(browser, { ...ben, password })).status).toBe(200);
    expect(await storedHash(deps, ben.userId)).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect((await signIn(browser, { ...ben, password })).status).toBe(200);
    expect((await signIn(browser, { ...ben, password: "wrong horse" })).status).toBe(401);
  });

  test("from an older server are converted once when several windows sign in together", async () => {
    const { browser, deps, replicas } = await annasServer(2);
    const ben = await createPerson(deps, "ben", { passwordHash: BCRYPT });
    const windows = [
      browser,
      openBrowser(replicas[0].baseUrl),
      openBrowser(replicas[1]?.baseUrl ?? ""),
    ];
    const answers = await Promise.all(
      windows
        .flatMap((each) => [each, each])
        .map((each) => signIn(each, { ...ben, password: "correct horse battery" })),
    );
    expect(answers.map((each) => each.status)).toEqual([200, 200, 200, 200, 200, 200]);
    expect(await deps.db.$count(sessions)).toBe(6);
  });

  test("that were changed while they were compared open no session", async () => {
    const { browser, deps, anna } = await annasServer();
    const changed = await hashPassword("another password");
    const holder = Promise.withResolvers<void>();
    const isHeld = Promise.withResolvers<void>();
    const changing = write(deps, async (tx) => {
      await tx.update(users).set({ passwordHash: changed }).where(eq(users.id, anna.userId));
      isHeld.resolve();
      await holder.promise;
    });
    await isHeld.promise;

    const signingIn = signIn(browser, anna);
    await expect
      .poll(async () => {
        const [row] = await deps.db.execute(
          sql`select count(*)::int as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        );
        return row?.waiting;
      })
      .toBe(1);
    holder.resolve();
    await changing;

    expect((await signingIn).status).toBe(401);
    expect(await deps.db.$count(sessions)).toBe(0);
  });
});

test("of 200 who sign in at once some get in and the rest are told to come back", async () => {
  const { deps, replicas, anna } = await annasServer(1, {
    environment: { TRUST_PROXY: "127.0.0.1" },
  });
  const before = openBrowser(replicas[0].baseUrl);
  await signIn(before, anna);
  await before.mutate("auth.signOut");
  const browsers = await Promise.all(
    Array.from({ length: 200 }, async (_, index) => {
      const browser = openBrowser(replicas[0].baseUrl, {
        "x-forwarded-for": `198.51.${index}.1`,
      });
      // Devices that Anna has used before, so that only the hashing is in the way.
      browser.cookies.set("backline-device", before.cookies.get("backline-device") ?? "");
      return { browser, csrf: await browser.csrfToken() };
    }),
  );
  const answers = await Promise.all(
    browsers.map(({ browser, csrf }) =>
      browser.mutate(
        "auth.signIn",
        { email: anna.email, password: PASSWORD, rememberMe: false },
        { csrf },
      ),
    ),
  );

  const counts = Map.groupBy(answers, (each) => each.status);
  expect([...counts.keys()].sort()).toEqual([200, 503]);
  expect(counts.get(200)?.length).toBeGreaterThanOrEqual(2);
  const busy = counts.get(503)?.[0];
  expect(busy?.refusal?.code).toBe("busy");
  expect(Number(busy?.headers.get("retry-after"))).toBeGreaterThan(0);
  const alive = deps.db.$count(sessions, isNull(sessions.revokedAt));
  expect(await alive).toBe(counts.get(200)?.length);
});
