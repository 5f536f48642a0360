import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { ShareId, TrackId, UserId } from "#contract/ids.ts";
import { createCookieJar } from "#sdk/cookies.ts";
import { createBackline, refusalOf } from "#sdk/index.ts";
import { createClockedDatabase } from "#tests/support/database-clock.ts";
import { ADMIN, startServer } from "#tests/support/server.ts";

const MINUTE_MS = 60_000;

/** Anna's program, signed in; what it asks the server for is noted, and time is in the test's hands. */
async function annasProgram() {
  const clock = await createClockedDatabase();
  const server = await startServer({ database: clock.database });
  await server.admin();
  const asked: string[] = [];
  const network = { isDown: false };
  const program = createBackline({
    baseUrl: server.baseUrl,
    async fetch(input, init) {
      const { pathname } = new URL(String(input));
      asked.push(pathname.replace("/trpc/", ""));
      if (network.isDown) throw new TypeError("There is no network.");
      return fetch(input, init);
    },
  });
  const signIn = () => program.api.auth.signIn.mutate({ ...account, rememberMe: false });
  await signIn();
  const { personalBandId: bandId } = await program.api.auth.me.query();
  // Another window of the same browser: the same cookies, knowing nothing of the first.
  const twin = createBackline({ baseUrl: server.baseUrl, fetch: program.fetch });
  asked.length = 0;
  return {
    ...{ server, program, asked, network, signIn, bandId },
    count: (path: string) => asked.filter((each) => each === path).length,
    twin: { signIn: () => twin.api.auth.signIn.mutate({ ...account, rememberMe: false }) },
    wait: (minutes: number) => clock.pass(server.deps, minutes * MINUTE_MS),
  };
}

const account = { email: ADMIN.email, password: ADMIN.password };

const codeOf = async (call: Promise<unknown>): Promise<string | undefined> =>
  refusalOf(await call.catch((error: unknown) => error))?.code;

describe("a program", () => {
  test("may ask for more at once than fits into one request", async () => {
    const { program, asked } = await annasProgram();
    const answers = await Promise.all(
      Array.from({ length: 25 }, () => program.api.bands.list.query()),
    );
    expect(answers).toHaveLength(25);
    expect(asked).toHaveLength(3);
  });

  test("does not notice that its access ran out, and renews it once for all that it asks", async () => {
    const { program, bandId, count, wait } = await annasProgram();
    await wait(11);
    const cards = () => program.api.connections.list.query({ bandId });
    await Promise.all([program.api.auth.me.query(), cards(), program.api.bands.list.query()]);
    expect(count("auth.refresh")).toBe(1);
    await cards();
    expect(count("auth.refresh")).toBe(1);
  });

  test("can change things at the first try after signing out and in", async () => {
    const { program, bandId, signIn, count } = await annasProgram();
    await program.api.connections.createDemo.mutate({ bandId });
    await program.api.auth.signOut.mutate();
    await signIn();
    await program.api.connections.createDemo.mutate({ bandId });
    expect(count("connections.createDemo")).toBe(2);
    expect(count("auth.signIn")).toBe(1);
  });

  test("goes on although its CSRF token is of a session that another program replaced", async () => {
    const { program, bandId, twin, wait } = await annasProgram();
    const change = () => program.api.connections.createDemo.mutate({ bandId });
    await change();
    await twin.signIn();
    expect(await change()).toMatchObject({ isDemo: true });
    await twin.signIn();
    await wait(11);
    expect((await program.api.auth.me.query()).user.email).toBe(ADMIN.email);
  });

  test("that was signed out is told so, and does not ask for ever", async () => {
    const { program, server, asked } = await annasProgram();
    await program.api.auth.signOut.mutate();
    asked.length = 0;
    expect(await codeOf(program.api.bands.list.query())).toBe("unauthenticated");
    expect(asked.length).toBeLessThan(6);
    expect(await program.keepSession()).toBe(false);
    const audio = await program.fetch(`${server.baseUrl}/stream/x`);
    expect(audio.status).toBe(401);
  });

  test("is refused for what it may not, without a second try", async () => {
    const { program, count } = await annasProgram();
    const bandId = "0199c9a0-0000-7000-8000-0000000000ff" as never;
    expect(await codeOf(program.api.connections.createDemo.mutate({ bandId }))).toBe("forbidden");
    expect(count("connections.createDemo")).toBe(1);
  });

  test("keeps its session for players before it runs out, and not with every track", async () => {
    const { program, count } = await annasProgram();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    onTestFinished(() => void vi.useRealTimers());
    const keep = async (minutes: number): Promise<number> => {
      vi.setSystemTime(Date.now() + minutes * MINUTE_MS);
      expect(await program.keepSession()).toBe(true);
      return count("auth.refresh");
    };
    expect(await keep(1), "it has just signed in").toBe(0);
    expect(await keep(5)).toBe(1);
    expect(await keep(1)).toBe(1);
  });

  test("that lost the network for a moment goes on when it is back", async () => {
    const { program, bandId, network, signIn } = await annasProgram();
    await program.api.auth.signOut.mutate();
    network.isDown = true;
    const failure: unknown = await signIn().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Error);
    expect(refusalOf(failure), "no answer is no refusal").toBeUndefined();
    network.isDown = false;
    await signIn();
    expect(await program.api.connections.list.query({ bandId })).toEqual([]);
  });
});

test("a guest who has to open a link again is not taken for somebody signed out", async () => {
  const { program, asked, count } = await annasProgram();
  const ids = [crypto.randomUUID() as ShareId, crypto.randomUUID() as TrackId] as const;
  const [shareId, trackId] = ids;
  const begin = program.api.playback.shares.beginListen.mutate({ shareId, trackId });
  expect(await codeOf(begin)).toBe("unauthenticated");
  expect(count("auth.refresh")).toBe(0);
  expect(asked.filter((each) => each.startsWith("playback."))).toHaveLength(1);
});

describe("a program with a token", () => {
  /** Its requests; the answers do not matter. */
  function withToken() {
    const requests: Request[] = [];
    const program = createBackline({
      baseUrl: "https://music.example/",
      accessToken: "a-token",
      async fetch(input, init) {
        requests.push(new Request(input, init));
        return Response.json({ result: { data: null } });
      },
    });
    return { program, requests };
  }

  test("shows it with everything, and neither cookies nor a CSRF token", async () => {
    const { program, requests } = withToken();
    await program.api.auth.signOut.mutate();
    await program.fetch(program.streamUrl("1" as TrackId), { headers: { range: "bytes=0-9" } });
    expect(await program.keepSession()).toBe(true);

    expect(requests.map(({ url }) => url)).toEqual([
      "https://music.example/trpc/auth.signOut",
      "https://music.example/stream/1",
    ]);
    for (const { headers } of requests) {
      expect(headers.get("authorization")).toBe("Bearer a-token");
      expect([headers.get("cookie"), headers.get("x-csrf-token")]).toEqual([null, null]);
    }
    expect(requests[1]?.headers.get("range")).toBe("bytes=0-9");
  });

  test("asks for no picture where there is none", () => {
    const { program } = withToken();
    const id = "1" as UserId;
    expect(program.pictureUrl({ id, pictureHash: null }, "small")).toBeNull();
    expect(program.pictureUrl({ id, pictureHash: "abc" }, "large")).toBe(
      "https://music.example/picture/1?size=large&v=abc",
    );
  });

  test("asks as the guest of a link where it is told so", () => {
    const { program } = withToken();
    const [trackId, shareId] = ["1" as TrackId, "2" as ShareId];
    expect(program.streamUrl(trackId, shareId)).toBe("https://music.example/stream/1?share=2");
    expect(program.downloadUrl(trackId, shareId)).toBe("https://music.example/download/1?share=2");
    expect(program.downloadUrl(trackId)).toBe("https://music.example/download/1");
    expect(program.shareCoverUrl("secret", { id: trackId, coverHash: null })).toBeNull();
    expect(program.shareCoverUrl("secret", { id: trackId, coverHash: "abc" })).toMatch(
      /^https:\/\/music\.example\/s\/secret\/cover\?.*track=1&v=abc/,
    );
  });

  test("asks for no cover where there is none", () => {
    const { program } = withToken();
    const id = "1" as TrackId;
    expect(program.coverUrl({ id, coverHash: null }, "small")).toBeNull();
    expect(program.coverUrl({ id, coverHash: "abc" }, "small")).toMatch(
      /^https:\/\/music\.example\/cover\/1\?.*abc/,
    );
  });
});

test("cookies are kept whole, replaced, and forgotten when they are over", () => {
  const jar = createCookieJar();
  const answer = (...lines: string[]) =>
    jar.keep(new Response(null, { headers: lines.map((line) => ["set-cookie", line]) }));
  answer("a=1==; Path=/", "b=2; Max-Age=60", "c=3; Expires=Wed, 01 Jan 2200 00:00:00 GMT", "odd");
  expect(jar.header()).toBe("a=1==; b=2; c=3");
  answer("a=4; HttpOnly", "b=; Max-Age=0", "c=; expires=Thu, 01 Jan 1970 00:00:00 GMT");
  expect(jar.header()).toBe("a=4");
});
