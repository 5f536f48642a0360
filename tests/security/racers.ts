import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { Pool } from "undici";
import { onTestFinished } from "vitest";
import { openBrowser } from "#tests/auth/browser.ts";
import type { TestDeps } from "#tests/support/deps.ts";
import { type ReplicaProcess, startReplicas } from "#tests/support/replicas.ts";

export type Cookies = Readonly<Record<string, string>>;

/** What many ask for at the same time. */
export interface Heat {
  readonly path: string;
  /** One for each of them; `undefined` for a procedure that takes none. */
  readonly inputs: readonly unknown[];
  /** Everybody's, or of each of them. */
  readonly cookies?: Cookies | readonly Cookies[];
}

const cookiesOf = ({ cookies = {} }: Heat, asker: number): Cookies =>
  Array.isArray(cookies) ? (cookies[asker] ?? {}) : (cookies as Cookies);

export interface Outcome {
  /** `won`, or why not. */
  readonly code: string;
  /** What a winner of a new refresh token got. */
  readonly refreshToken: string | null;
}

/** Who asks: all of a heat at once, spread over three processes. */
export interface Racers {
  readonly name: string;
  start(heat: Heat): Promise<Outcome[]>;
}

const PROCESSES = 3;

/** Over sockets, each from an address that was never seen before, as a crowd would. */
export async function overHttp(): Promise<{ racers: Racers; deps: TestDeps }> {
  const { replicas, deps } = await startReplicas();
  const pools = replicas.map(({ baseUrl }) => new Pool(baseUrl, { connections: 64 }));
  onTestFinished(async () => {
    await Promise.all(pools.map((pool) => pool.destroy()));
  });
  const credentials = await nobodys(replicas);
  const poolOf = (number: number): Pool => {
    const pool = pools[number % PROCESSES];
    if (!pool) throw new Error("There is no such server.");
    return pool;
  };
  let sent = 0;
  const ask = async (heat: Heat, input: unknown, asker: number): Promise<Outcome> => {
    sent += 1;
    const cookies = { ...cookiesOf(heat, asker), ...credentials.cookies };
    const { statusCode, headers, body } = await poolOf(sent).request({
      path: `/trpc/${heat.path}`,
      method: "POST",
      headers: {
        "content-type": "application/json",
        "sec-fetch-site": "same-origin",
        "x-csrf-token": credentials.csrf,
        "x-forwarded-for": `10.${sent >> 16}.${(sent >> 8) & 255}.${sent & 255}`,
        cookie: Object.entries(cookies)
          .map(([name, value]) => `${name}=${value}`)
          .join("; "),
      },
      body: input === undefined ? "" : JSON.stringify(input),
    });
    const text = await body.text();
    const refreshToken = /backline-refresh=([^;]+)/.exec([headers["set-cookie"]].join())?.[1];
    if (statusCode === 200) return { code: "won", refreshToken: refreshToken ?? null };
    return { code: JSON.parse(text).error.data.app.code, refreshToken: null };
  };
  const start = (heat: Heat) =>
    Promise.all(heat.inputs.map((input, asker) => ask(heat, input, asker)));
  return { racers: { name: "over HTTP", start }, deps };
}

/** A CSRF token for people who are not signed in, which is as good at every server. */
async function nobodys([first]: readonly ReplicaProcess[]) {
  const browser = openBrowser(first?.baseUrl ?? "");
  const csrf = await browser.csrfToken();
  return { csrf, cookies: Object.fromEntries(browser.cookies) };
}

/** Without HTTP and its limits, which cost far more than what is raced for. */
export async function inProcesses(deps: TestDeps, atOnce: number): Promise<Racers> {
  const share = Math.ceil(atOnce / PROCESSES);
  const settings = JSON.stringify({
    database: deps.testDatabase,
    encryption: deps.testKeys.encryption.toString("base64"),
    session: deps.testKeys.session.toString("base64"),
    atOnce: share,
  });
  const children = Array.from({ length: PROCESSES }, () =>
    fork(join(import.meta.dirname, "racing-process.ts"), [settings], { execArgv: [] }),
  );
  onTestFinished(async () => {
    for (const child of children) child.disconnect();
    await Promise.all(children.map((child) => child.exitCode ?? once(child, "exit")));
  });
  await Promise.all(children.map(answerOf));
  return {
    name: "in three processes",
    async start(heat) {
      // What is undefined does not go through.
      const asks = heat.inputs.map((input, n) => ({
        input: input ?? null,
        cookies: cookiesOf(heat, n),
      }));
      const heats = children.map(async (child, index) => {
        child.send({ path: heat.path, asks: asks.filter((_, n) => n % PROCESSES === index) });
        return (await answerOf(child)) as Outcome[];
      });
      return (await Promise.all(heats)).flat();
    },
  };
}

/** @throws Error when it ends instead. */
const answerOf = (child: ChildProcess): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const end = () => reject(new Error("A racing process ended."));
    child.once("exit", end);
    child.once("message", (message) => {
      child.off("exit", end);
      resolve(message);
    });
  });
