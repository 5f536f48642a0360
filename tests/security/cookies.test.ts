import { describe, expect, test } from "vitest";
import { startSetup } from "#server/auth/setup.ts";
import { openBrowser } from "#tests/auth/browser.ts";
import { annasServer, PASSWORD, signIn } from "#tests/auth/people.ts";
import { startReplica } from "#tests/auth/replica.ts";
import { testDeps } from "#tests/support/deps.ts";
import { recordLog } from "#tests/support/log.ts";

const HTTPS = { environment: { PUBLIC_URL: "https://music.example" } };
const OURS = { origin: "https://music.example" };

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly attributes: readonly string[];
}

function parse(line: string): Cookie {
  const [pair = "", ...attributes] = line.split("; ");
  const equals = pair.indexOf("=");
  return {
    name: pair.slice(0, equals),
    value: pair.slice(equals + 1),
    attributes: attributes.sort(),
  };
}

const attributesOf = (lines: readonly string[]) =>
  lines.map(parse).map(({ name, attributes }) => [name, ...attributes].join("; "));

describe("over https", () => {
  test("every cookie is __Host-, httpOnly and secure, until the browser is closed", async () => {
    const { replicas, anna } = await annasServer(1, HTTPS);
    const browser = openBrowser(replicas[0].baseUrl, OURS);
    await signIn(browser, anna);
    await browser.mutate("auth.refresh");
    const session = [
      "__Host-backline-access; HttpOnly; Path=/; SameSite=Lax; Secure",
      "__Host-backline-refresh; HttpOnly; Path=/; SameSite=Strict; Secure",
    ];
    const set = browser.setCookies.filter((line) => !line.includes("Max-Age=0"));
    expect(attributesOf(set)).toEqual([
      "__Host-backline-pre; HttpOnly; Path=/; SameSite=Strict; Secure",
      ...session,
      "__Host-backline-device; HttpOnly; Max-Age=34560000; Path=/; SameSite=Strict; Secure",
      ...session,
    ]);
  });

  test("signing out takes every cookie back, in the form in which a browser lets go of it", async () => {
    const { replicas, anna } = await annasServer(1, HTTPS);
    const browser = openBrowser(replicas[0].baseUrl, OURS);
    await signIn(browser, anna, true);
    const { headers } = await browser.mutate("auth.signOut");
    const cleared = headers.getSetCookie().map(parse);
    expect(cleared.map(({ name, value }) => [name, value])).toEqual([
      ["__Host-backline-access", ""],
      ["__Host-backline-refresh", ""],
      ["__Host-backline-pre", ""],
    ]);
    for (const { attributes } of cleared) {
      expect(attributes.filter((each) => !each.startsWith("SameSite="))).toEqual([
        "Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "HttpOnly",
        "Max-Age=0",
        "Path=/",
        "Secure",
      ]);
    }
  });

  test("a remembered browser keeps them for 30 days", async () => {
    const { replicas, anna } = await annasServer(1, HTTPS);
    const browser = openBrowser(replicas[0].baseUrl, OURS);
    await signIn(browser, anna, true);
    const session = browser.setCookies.filter((line) => /-(access|refresh)=/.test(line));
    expect(session.map((line) => /Max-Age=(\d+)/.exec(line)?.[1])).toEqual(["2592000", "2592000"]);
  });

  test("a cookie without the prefix is nobody's: a subdomain may have planted it", async () => {
    const { replicas, anna } = await annasServer(1, HTTPS);
    const browser = openBrowser(replicas[0].baseUrl, OURS);
    await signIn(browser, anna);
    const planted = new Map(
      [...browser.cookies].map(([name, value]) => [name.replace("__Host-", ""), value] as const),
    );
    const victim = openBrowser(replicas[0].baseUrl, OURS, { cookies: planted, setCookies: [] });
    expect((await victim.query("auth.me")).status).toBe(401);
  });
});

test("over plain http on this machine they go without prefix and Secure, which browsers refuse there", async () => {
  const { browser, anna } = await annasServer();
  await signIn(browser, anna);
  const set = browser.setCookies.filter((line) => !line.includes("Max-Age=0"));
  expect(attributesOf(set)).toEqual([
    "backline-pre; HttpOnly; Path=/; SameSite=Strict",
    "backline-access; HttpOnly; Path=/; SameSite=Lax",
    "backline-refresh; HttpOnly; Path=/; SameSite=Strict",
    "backline-device; HttpOnly; Max-Age=34560000; Path=/; SameSite=Strict",
  ]);
});

test("no token is ever in a body or in the log, and no password either", async () => {
  const { log, lines } = recordLog();
  const deps = await testDeps({ log });
  const browser = openBrowser((await startReplica(deps)).baseUrl);
  const setupToken = await startSetup(deps);
  const email = "anna@band.example";
  const answers = [
    await browser.mutate("auth.setup", { setupToken, email, name: "Anna", password: PASSWORD }),
    await browser.mutate("auth.refresh"),
    await browser.query("auth.me"),
    await browser.mutate("auth.signOut"),
    await browser.mutate("auth.signIn", { email, password: PASSWORD, rememberMe: true }),
    await browser.mutate("auth.signIn", { email, password: `${PASSWORD}!`, rememberMe: true }),
  ];
  expect(answers.map((each) => each.status)).toEqual([200, 200, 200, 200, 200, 401]);

  const secrets = [
    PASSWORD,
    setupToken ?? "",
    ...browser.setCookies.map((line) => parse(line).value).filter((value) => value !== ""),
  ];
  expect(secrets.length).toBeGreaterThan(8);
  const seen = answers.map((each) => each.text).join("") + lines.join("");
  expect(lines.length).toBeGreaterThan(10);
  expect(secrets.filter((secret) => seen.includes(secret))).toEqual([]);
});
