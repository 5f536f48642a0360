import { expect, test } from "vitest";
import { startSetup } from "#server/auth/setup.ts";
import { handlers } from "#server/worker.ts";
import { openBrowser } from "#tests/auth/browser.ts";
import { PASSWORD, signIn } from "#tests/auth/people.ts";
import { createTestFolder } from "#tests/support/deps.ts";
import { startFakeJellyfin } from "#tests/support/fake-jellyfin.ts";
import { ADMIN, startServer } from "#tests/support/server.ts";
import { access } from "./access.ts";
import { doInPieces, prepareCuts } from "./cuts.ts";
import { forgetTries, nightShift } from "./night-shift.ts";
import { procedures } from "./procedures.ts";

/** With the right password, because a wrong one changes nothing. */
const SIGN_IN = { email: "canary-owner@band.example", password: PASSWORD, rememberMe: false };

/**
 * Setting up has a test of its own; and who has become a creator stays one although it could not be
 * written down (`tests/auth/users.test.ts`).
 */
const ELSEWHERE = ["auth.setup", "account.upgradeToCreator"];

test("whoever is cut off in the middle of a change, at any step of it, finds nothing half done", {
  timeout: 120_000,
}, async () => {
  const world = await nightShift();
  const { deps } = world.server;
  const types = new Map(procedures.map(({ path, type }) => [path, type]));
  await prepareCuts(deps);

  const wrong: string[] = [];
  const cuts: Record<string, number> = {};
  for (const [path, { needs, input, status = 200 }] of Object.entries(access)) {
    if (types.get(path) !== "mutation" || ELSEWHERE.includes(path)) continue;
    const { browser } = needs === "admin" ? world.as.admin : world.as.owner;
    const sent = path === "auth.signIn" ? SIGN_IN : input?.(world.theirs);
    await forgetTries(world.server);
    const done = await doInPieces(deps, () => browser.mutate(path, sent));
    expect([path, done.answer.status]).toEqual([path, sent === SIGN_IN ? 200 : status]);
    wrong.push(...done.wrong.map((each) => `${path} ${each}`));
    cuts[path] = done.cuts;
  }
  expect(wrong).toEqual([]);
  expect(cuts).toMatchObject({
    "auth.signIn": expect.toSatisfy((count: number) => count >= 3),
    "auth.refresh": expect.toSatisfy((count: number) => count >= 3),
    "connections.setRoot": expect.toSatisfy((count: number) => count >= 2),
  });
});

test("a server is set up whole or not at all", async () => {
  const { deps, baseUrl } = await startServer({ clientDir: await createTestFolder() });
  await prepareCuts(deps);
  const setupToken = await startSetup(deps);
  const browser = openBrowser(baseUrl);
  const { answer, cuts, wrong } = await doInPieces(deps, () =>
    browser.mutate("auth.setup", { setupToken, ...ADMIN }),
  );
  expect(wrong).toEqual([]);
  expect(answer.status).toBe(200);
  expect(cuts).toBeGreaterThanOrEqual(5);
});

test("an account of a media server is trusted, linked, used and unlinked whole or not at all", {
  timeout: 120_000,
}, async () => {
  const jellyfin = await startFakeJellyfin();
  const userId = jellyfin.addUser("Anna", PASSWORD);
  const { deps, baseUrl, admin } = await startServer({
    clientDir: await createTestFolder(),
    environment: { TRUST_PROXY: "127.0.0.1" },
  });
  await admin();
  const browser = openBrowser(baseUrl);
  await signIn(browser, ADMIN);
  await prepareCuts(deps);
  let network = 0;
  /** From another network each time, so that it is not too often for one. */
  const ask = (path: string, input?: Record<string, unknown>) => {
    network += 1;
    const headers = { "x-forwarded-for": `203.0.113.${network}` };
    return openBrowser(baseUrl, headers, browser).mutate(path, input);
  };
  /** Tokens that worked over there after nothing had come of it here. */
  const left: string[] = [];
  const inPieces = async (path: string, input?: Record<string, unknown>) => {
    const { answer, cuts, wrong } = await doInPieces(deps, async () => {
      const before = jellyfin.liveTokens(userId);
      const answered = await ask(path, input);
      const added = jellyfin.liveTokens(userId).filter((each) => !before.includes(each));
      if (answered.status === 503) left.push(...added.map(() => path));
      return answered;
    });
    expect([path, answer.status, wrong]).toEqual([path, 200, []]);
    return cuts;
  };
  const own = { username: "Anna", password: PASSWORD };
  expect(
    await inPieces("admin.jellyfin.set", { url: jellyfin.url, newUsers: true }),
  ).toBeGreaterThanOrEqual(2);
  expect(await inPieces("account.jellyfin.link", own)).toBeGreaterThanOrEqual(3);
  expect(jellyfin.liveTokens()).toEqual([]);
  await inPieces("auth.signInJellyfin", { ...own, rememberMe: false });
  expect(jellyfin.liveTokens(userId)).toHaveLength(1);
  await inPieces("account.jellyfin.unlink");
  expect(await inPieces("auth.signInJellyfin", { ...own, rememberMe: true })).toBeGreaterThan(10);
  expect(jellyfin.liveTokens(userId)).toHaveLength(1);
  expect(left).toEqual([]);
  await inPieces("auth.signOut");
  while (await deps.jobs.runNext(deps, handlers, AbortSignal.timeout(60_000)));
  expect(jellyfin.liveTokens(userId)).toEqual([]);
});
