import { describe, expect, test } from "vitest";
import { openBrowser } from "#tests/auth/browser.ts";
import { annasServer, createPerson, signIn } from "#tests/auth/people.ts";
import { NOTE } from "#tests/auth/replica.ts";

describe("a CSRF token", () => {
  test("is needed for every change, and for signing in and out", async () => {
    const { browser, anna, replicas } = await annasServer();
    const input = { email: anna.email, password: anna.password, rememberMe: false };
    const early = await browser.mutate("auth.signIn", input, { csrf: null });
    expect(early.refusal?.code).toBe("csrf_failed");

    await signIn(browser, anna);
    for (const path of [NOTE, "auth.signOut", "auth.refresh"]) {
      const answer = await browser.mutate(path, undefined, { csrf: null });
      expect(answer.status).toBe(403);
      expect(answer.refusal?.code).toBe("csrf_failed");
    }
    expect(replicas[0].notes()).toBe(0);
    expect((await browser.mutate(NOTE)).status).toBe(200);
  });

  test("works for as many changes as one likes, on every server", async () => {
    const { browser, anna, replicas } = await annasServer(2);
    await signIn(browser, anna);
    const csrf = await browser.csrfToken();
    const elsewhere = browser.at(replicas[1]?.baseUrl ?? "");
    expect((await browser.mutate(NOTE, undefined, { csrf })).status).toBe(200);
    expect((await elsewhere.mutate(NOTE, undefined, { csrf })).status).toBe(200);
    expect((await browser.mutate("auth.refresh", undefined, { csrf })).status).toBe(200);
    expect((await browser.mutate(NOTE, undefined, { csrf })).status).toBe(200);
  });

  test("from before signing in is dead afterwards, and so is the cookie that it was bound to", async () => {
    const { browser, anna } = await annasServer();
    const before = await browser.csrfToken();
    const pre = browser.cookies.get("backline-pre") ?? "";
    await signIn(browser, anna);
    expect(browser.cookies.has("backline-pre")).toBe(false);
    expect((await browser.mutate(NOTE, undefined, { csrf: before })).status).toBe(403);

    browser.cookies.set("backline-pre", pre);
    expect((await browser.mutate(NOTE, undefined, { csrf: before })).status).toBe(403);
  });

  test("of a session is dead after signing out or in again", async () => {
    const { browser, anna } = await annasServer();
    await signIn(browser, anna);
    const first = await browser.csrfToken();
    await signIn(browser, anna);
    expect((await browser.mutate(NOTE, undefined, { csrf: first })).status).toBe(403);
    await browser.mutate("auth.signOut");
    expect((await browser.mutate("auth.signOut", undefined, { csrf: first })).status).toBe(403);
  });

  test("of somebody else, or made up, is refused", async () => {
    const { browser, anna, deps, replicas } = await annasServer();
    const mallory = await createPerson(deps, "mallory");
    const other = openBrowser(replicas[0].baseUrl);
    await signIn(other, mallory);
    await signIn(browser, anna);
    const own = await browser.csrfToken();
    const [random = "", kid = "", mac = ""] = own.split(".");
    const forged = [
      await other.csrfToken(),
      await openBrowser(replicas[0].baseUrl).csrfToken(),
      "",
      random,
      `${random}.${kid}`,
      `${random}.${kid}.${mac.slice(1)}`,
      `${random}.other.${mac}`,
      `${"A".repeat(43)}.${kid}.${mac}`,
      `.${own}`,
    ];
    for (const csrf of forged) {
      const answer = await browser.mutate(NOTE, undefined, { csrf });
      expect([csrf, answer.refusal?.code]).toEqual([csrf, "csrf_failed"]);
    }
    expect(replicas[0].notes()).toBe(0);
    expect((await browser.mutate(NOTE, undefined, { csrf: own })).status).toBe(200);
  });

  test("can't be planted together with a cookie", async () => {
    const { browser, anna } = await annasServer();
    const planted = "B".repeat(43);
    browser.cookies.set("backline-pre", planted);
    const input = { email: anna.email, password: anna.password, rememberMe: false };
    for (const csrf of [planted, `${planted}.${planted}`, `${planted}.test.${planted}`]) {
      const answer = await browser.mutate("auth.signIn", input, { csrf });
      expect(answer.refusal?.code).toBe("csrf_failed");
    }
  });

  test("is not given for a cookie that can't be ours", async () => {
    const { browser } = await annasServer();
    browser.cookies.set("backline-pre", "1");
    await browser.csrfToken();
    expect(browser.cookies.get("backline-pre")).toMatch(/^[\w-]{43}$/);
  });
});

test("the cookie of somebody not signed in never becomes a session", async () => {
  const { browser, replicas } = await annasServer();
  await browser.csrfToken();
  const value = browser.cookies.get("backline-pre") ?? "";
  for (const name of ["backline-access", "backline-refresh"]) {
    const impostor = openBrowser(replicas[0].baseUrl);
    impostor.cookies.set(name, value);
    expect((await impostor.query("auth.me")).status).toBe(401);
    expect((await impostor.mutate("auth.refresh")).status).toBe(401);
  }
});
