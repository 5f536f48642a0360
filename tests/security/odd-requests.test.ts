import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import type { Me } from "#contract/auth.ts";
import { hashPassword } from "#server/auth/argon2.ts";
import { startSetup } from "#server/auth/setup.ts";
import { openBrowser } from "#tests/auth/browser.ts";
import { annasServer, createPerson, signIn } from "#tests/auth/people.ts";
import { ask, exchange, requestText } from "#tests/support/raw-http.ts";
import { startReplicas } from "#tests/support/replicas.ts";
import { ADMIN, startServer } from "#tests/support/server.ts";

const MEGABYTE = 1024 * 1024;
const HUGE = `"${"x".repeat(5 * MEGABYTE)}"`;

const memoryMb = (pid: number): number =>
  Number(execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" })) / 1024;

const JSON_HEADERS = { "content-type": "application/json", "sec-fetch-site": "same-origin" };

/** Without saying how long it is. */
function chunked(target: string, body: string): string {
  const size = 64 * 1024;
  const chunks = Array.from({ length: Math.ceil(body.length / size) }, (_, index) => {
    const chunk = body.slice(index * size, (index + 1) * size);
    return `${chunk.length.toString(16)}\r\n${chunk}\r\n`;
  });
  const head = requestText("POST", target, { ...JSON_HEADERS, "transfer-encoding": "chunked" });
  return `${head}${chunks.join("")}0\r\n\r\n`;
}

describe("five megabytes", () => {
  test("are refused, said to be so or not, and are not kept, a hundred times", {
    timeout: 60_000,
  }, async () => {
    const { replicas } = await startReplicas([{}]);
    const [replica] = replicas;
    if (!replica) throw new Error("no server");
    const paths = ["/trpc/auth.signIn", "/trpc/auth.refresh", "/csp-report", "/nowhere"];
    const sendAll = async (times: number) => {
      const statuses = new Set<number>();
      for (let time = 0; time < times; time += 1) {
        const answers = await Promise.all(
          paths.flatMap((path) => [
            exchange(replica.port, requestText("POST", path, JSON_HEADERS, HUGE)),
            exchange(replica.port, chunked(path, HUGE)),
          ]),
        );
        for (const { status } of answers) statuses.add(status);
      }
      return statuses;
    };
    await sendAll(2);
    const before = memoryMb(replica.process.pid);
    const statuses = await sendAll(11);
    // Who is still talking when the server has heard enough may miss what it says.
    const CUT = Number.NaN;
    expect([413, 415, 429, CUT]).toEqual(expect.arrayContaining([...statuses]));
    expect(statuses).toContain(413);
    expect(memoryMb(replica.process.pid) - before).toBeLessThan(60);
    expect((await ask(replica.port, "/health/ready")).status).toBe(200);
  });
});

describe("a password", () => {
  const EMOJI = "🎺🥁🎻🎸".repeat(16);

  test("of 64 signs of any script is taken whole: the first 72 bytes of it open nothing", async () => {
    const server = await startServer();
    const setupToken = (await startSetup(server.deps)) ?? "";
    const password = EMOJI;
    expect([...password]).toHaveLength(64);
    const anna = server.guest();
    await anna.api.auth.setup.mutate({ ...ADMIN, setupToken, password });
    const statusWith = async (given: string) => {
      const browser = openBrowser(server.baseUrl);
      return (await signIn(browser, { email: ADMIN.email, password: given })).status;
    };
    const first72 = Buffer.from(password).subarray(0, 72).toString();
    expect(first72).toHaveLength(36);
    expect(await statusWith(first72)).toBe(401);
    expect(await statusWith([...password].slice(0, 63).join(""))).toBe(401);
    expect(await statusWith(`${password} `)).toBe(401);
    expect(await statusWith(password)).toBe(200);
  });

  test("is one and the same however its signs are put together (NFKC)", async () => {
    const { browser, deps } = await annasServer();
    const composed = "s\u00e4mtliche \u00fcbungen".normalize("NFC");
    const passwordHash = await hashPassword(composed);
    const ben = await createPerson(deps, "ben", { passwordHash });
    const statusWith = async (password: string) =>
      (await signIn(browser, { ...ben, password })).status;
    expect(await statusWith(composed)).toBe(200);
    expect(await statusWith(composed.normalize("NFD"))).toBe(200);
    expect(await statusWith(composed.replaceAll("\u00e4", "a"))).toBe(401);
    expect(await statusWith(composed.toUpperCase())).toBe(401);
  });
});

describe("cookies", () => {
  test("that come twice count once, the first of them", async () => {
    const { browser, anna, replicas } = await annasServer();
    await signIn(browser, anna);
    const access = `backline-access=${browser.cookies.get("backline-access")}`;
    const statusWith = async (cookie: string) =>
      (await ask(replicas[0].port, "/trpc/auth.me", { cookie })).status;
    expect(await statusWith(`${access}; backline-access=x`)).toBe(200);
    expect(await statusWith(`backline-access=x; ${access}`)).toBe(401);
    expect(await statusWith(`backline-access=; ${access}`)).toBe(401);
    expect(await statusWith(`${access}; ${access}`)).toBe(200);
  });

  test("of 16 kB are refused or borne, and harm nobody", async () => {
    const { browser, anna, replicas } = await annasServer();
    await signIn(browser, anna);
    const access = `backline-access=${browser.cookies.get("backline-access")}`;
    const statusWith = async (cookie: string) =>
      (await ask(replicas[0].port, "/trpc/auth.me", { cookie })).status;
    expect(await statusWith(`${access}; more=${"x".repeat(14_000)}`)).toBe(200);
    expect(await statusWith(`${access}; more=${"x".repeat(16_384)}`)).toBe(431);
    expect(await statusWith(`backline-access=${"x".repeat(14_000)}`)).toBe(401);
    expect(await statusWith(`${"a=b; ".repeat(2_500)}${access}`)).toBe(200);
    expect(await statusWith(`${"=; ;".repeat(2_000)}%; backline-access`)).toBe(401);
  });
});

describe("a request", () => {
  /** Each is the last on its line. */
  const get = (lines: string, target = "/trpc/auth.me", version = "1.1") =>
    `GET ${target} HTTP/${version}\r\nhost: a\r\nconnection: close\r\n${lines}\r\n`;
  const post = (lines: string, body = "") =>
    `POST /trpc/auth.refresh HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json\r\nsec-fetch-site: same-origin\r\n${lines}\r\n${body}`;
  const odd: Readonly<Record<string, readonly [string, number]>> = {
    "with two hosts": [get("host: b\r\n"), 401],
    "with a folded line": [get("x: y\r\n folded\r\n"), 400],
    "with NUL in a value": [get("x: a\0b\r\n"), 400],
    "with a line that is no header": [get("nothing\r\n"), 400],
    "with a space in a name": [get("bad name: x\r\n"), 400],
    "with two lengths": [post("content-length: 2\r\ncontent-length: 3\r\n", "{}"), 400],
    "with a length and chunks": [
      post("content-length: 2\r\ntransfer-encoding: chunked\r\n", "0\r\n\r\n"),
      400,
    ],
    "with a negative length": [post("content-length: -1\r\n"), 400],
    "with chunks that are none": [post("transfer-encoding: chunked\r\n", "zz\r\n{}\r\n"), 400],
    "packed in a way of its own": [
      post("content-encoding: br\r\ncontent-length: 2\r\n", "{}"),
      403,
    ],
    "packed for the way": [post("transfer-encoding: gzip\r\n", "{}"), 400],
    "of an unknown version": [get("", "/trpc/auth.me", "9.9"), 400],
    "by an unknown method": [get("").replace("GET", "BREW"), 400],
    "for another protocol": [get("upgrade: h2c\r\n"), 401],
    "for another server": [get("", "http://evil.example/trpc/auth.me"), 401],
    "with a broken address": [get("", "/trpc/%E0%A4%A"), 400],
    "with NUL in its address": [get("", "/trpc/auth.me%00"), 404],
    "that waits for a promise": [post("expect: 200-maybe\r\ncontent-length: 2\r\n", "{}"), 417],
    "with 2,500 headers": [get("x: y\r\n".repeat(2_500)), 431],
    "with two tokens": [get("authorization: Bearer a\r\nauthorization: Bearer b\r\n"), 401],
    "with two CSRF tokens": [
      post("x-csrf-token: a\r\nx-csrf-token: b\r\ncontent-length: 0\r\n"),
      403,
    ],
    "that is another protocol": ["\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03", 400],
    "after many line ends": [`${"\r\n".repeat(1_000)}${get("")}`, 401],
  };

  test("that no browser would send is refused, or answered like any other, and harms nobody", async () => {
    const { replicas } = await annasServer();
    const { port } = replicas[0];
    const given: Record<string, number> = {};
    for (const [what, [bytes]] of Object.entries(odd)) {
      given[what] = (await exchange(port, bytes)).status;
    }
    const expected = Object.entries(odd).map(([what, [, status]]) => [what, status]);
    expect(given).toEqual(Object.fromEntries(expected));
    expect((await ask(port, "/health/live")).status).toBe(200);
  });

  test("with its input nested deeply is refused, wherever it is", async () => {
    const { browser, anna } = await annasServer();
    await signIn(browser, anna);
    const { personalBandId: bandId } = (await browser.query("auth.me")).data as Me;
    let deep: unknown = "x";
    for (let depth = 0; depth < 1_000; depth += 1) deep = depth % 2 ? [deep] : { a: deep };
    const connect = { bandId, form: { provider: "webdav", url: deep } };
    expect((await browser.mutate("connections.create", connect)).status).toBe(400);
    expect((await browser.mutate("account.changePassword", deep)).status).toBe(400);
    const long = "[".repeat(1_500);
    const answer = await browser.fetch(
      `/trpc/library.tracks.list?input=${encodeURIComponent(long)}`,
    );
    expect(answer.status).toBe(400);
    expect((await browser.query("auth.me")).status).toBe(200);
  });
});
