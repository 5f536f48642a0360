import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import type { createBackline } from "#sdk/index.ts";
import { findActor } from "#server/auth/service.ts";
import { type Database, openDatabase, write } from "#server/base/db.ts";
import { openBrowser } from "#tests/auth/browser.ts";
import { createPerson, type Person } from "#tests/auth/people.ts";
import { forkHere, runApart } from "./apart.ts";
import { type Bench, findDatabase, startBacklineBench } from "./backline.ts";
import type { Load, LoadResult } from "./load.ts";
import type { Requests, RequestsResult } from "./requests.ts";
import { type Figure, ms, quantile, ratio } from "./table.ts";

const CONNECTIONS = 32;
const ROUNDS = 5;
/** Who sign in at the same time. */
const PEOPLE = 16;
/** How many sign-ins a second streams have to bear. */
const SIGN_INS = 100;
/** Long enough for a 99th percentile of the listeners' thousand requests to mean something. */
const LOAD_MS = 10_000;

/**
 * What the checks of an account cost: a query of somebody signed in against a route that does nothing,
 * and how many people can sign in while others listen.
 */
export async function benchAccounts(): Promise<Figure[]> {
  // Each has a server of its own: what the database still has to clear up after one would be the other's.
  const queries = await withBench(benchQueries);
  return [...queries, ...(await withBench(benchSignIns))];
}

/** Of a server that has just been started. */
interface Measured {
  readonly bench: Bench;
  readonly dataDir: string;
  readonly delayFile: string;
}

async function withBench(measure: (measured: Measured) => Promise<Figure[]>): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), "backline-bench-accounts-"));
  const delayFile = join(folder, "delay.json");
  const dataDir = join(folder, "data");
  const bench = await startBacklineBench(dataDir, {
    TRUST_PROXY: "127.0.0.1/32",
    NODE_OPTIONS: `--import ${join(import.meta.dirname, "loop-delay.mjs")}`,
    LOOP_DELAY_FILE: delayFile,
  });
  try {
    return await measure({ bench, dataDir, delayFile });
  } finally {
    await bench.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function benchQueries({ bench, dataDir }: Measured): Promise<Figure[]> {
  const answer = await bench.admin.fetch(`${bench.baseUrl}/trpc/auth.me`);
  const bare = forkHere("bare-server.ts");
  bare.send((await answer.json()) as object);
  const [bareUrl] = (await once(bare, "message")) as [string];
  const database = openDatabase(await findDatabase(dataDir), { max: 2, applicationName: "bench" });
  const load = (origin: string, path: string, cookie: string): Requests => ({
    ...{ origin, path, headers: { cookie }, method: "GET" },
    ...{ connections: CONNECTIONS, durationMs: 2_000 },
  });
  try {
    const forgetting = forgetCalls(database);
    const best = await bestOf({
      bare: load(bareUrl, "/bare", ""),
      me: load(bench.baseUrl, "/trpc/auth.me", bench.cookie),
      bands: load(bench.baseUrl, "/trpc/bands.list", bench.cookie),
    });
    clearInterval(forgetting);
    const against = (each: RequestsResult) => each.perSecond / best.bare.perSecond;
    return [
      { what: "bare Fastify route", measured: `${best.bare.perSecond.toFixed(0)}/s` },
      {
        what: "query of somebody signed in (bands.list) against it",
        measured: `${best.bands.perSecond.toFixed(0)}/s = ${ratio(against(best.bands))}`,
        target: "≥ 0.15 ×",
        isMet: against(best.bands) >= 0.15,
      },
      {
        what: "auth.me against it",
        measured: `${best.me.perSecond.toFixed(0)}/s = ${ratio(against(best.me))}`,
      },
      {
        what: "reading the session of a request",
        measured: ms(await timeSessionCheck(database, bench)),
      },
    ];
  } finally {
    bare.kill();
    await database.close();
  }
}

/** All is counted as always; but one account may read no more than 1,200 times a minute. */
const forgetCalls = ({ pool }: Database): NodeJS.Timeout =>
  setInterval(() => {
    void write({ db: pool }, (tx) => tx.execute(sql`delete from rate_limits`));
  }, 100);

/** One after the other, over the socket that the server itself uses; the median. */
async function timeSessionCheck({ pool }: Database, bench: Bench): Promise<number> {
  const { user, sessionId } = await bench.admin.api.auth.me.query();
  const claims = { userId: user.id, sessionId, goodFrom: 0, goodUntil: 2 ** 31 };
  const tookMs: number[] = [];
  for (let round = 0; round < 2_000; round += 1) {
    const startedMs = performance.now();
    if (!(await findActor({ db: pool }, claims))) throw new Error("The session is not alive.");
    tookMs.push(performance.now() - startedMs);
  }
  return quantile(
    tookMs.toSorted((left, right) => left - right),
    0.5,
  );
}

/** The best of several rounds in turn, so that no one has all of a quiet moment. */
async function bestOf<Name extends string>(
  loads: Readonly<Record<Name, Requests>>,
): Promise<Record<Name, RequestsResult>> {
  const best = {} as Record<Name, RequestsResult>;
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, load] of Object.entries(loads) as [Name, Requests][]) {
      const result = await runApart<Requests, RequestsResult>("requests.ts", load);
      if (!best[name] || result.perSecond > best[name].perSecond) best[name] = result;
    }
  }
  return best;
}

async function benchSignIns({ bench, dataDir, delayFile }: Measured): Promise<Figure[]> {
  const listening = await listen(bench);
  // Once for nothing: the demo recordings are still being looked through.
  await runApart<Load, LoadResult>("load.ts", listening);
  const quiet = await runApart<Load, LoadResult>("load.ts", listening);
  await takeDelays(bench, delayFile);

  const people = await createPeople(dataDir);
  const browser = openBrowser(bench.baseUrl);
  const csrf = await browser.csrfToken();
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const signingIn: Requests = {
    origin: bench.baseUrl,
    path: "/trpc/auth.signIn",
    method: "POST",
    headers: {
      ...{ cookie, origin: bench.baseUrl, "x-csrf-token": csrf },
      "content-type": "application/json",
    },
    bodies: people.map(({ email, password }) =>
      JSON.stringify({ email, password, rememberMe: false }),
    ),
    isFromEverywhere: true,
    connections: PEOPLE,
    durationMs: LOAD_MS,
  };
  // Once for nothing: threads and connections to the database are opened when first asked for.
  await runApart<Requests, RequestsResult>("requests.ts", { ...signingIn, durationMs: 2_000 });
  await takeDelays(bench, delayFile);
  const most = await runApart<Requests, RequestsResult>("requests.ts", signingIn);
  await takeDelays(bench, delayFile);
  const [steady, busy] = await Promise.all([
    runApart<Requests, RequestsResult>("requests.ts", { ...signingIn, perSecond: SIGN_INS }),
    runApart<Load, LoadResult>("load.ts", listening),
  ]);
  const delays = await takeDelays(bench, delayFile);
  const harm = busy.firstByteP99Ms / quiet.firstByteP99Ms;
  return [
    {
      what: `sign-ins, ${PEOPLE} at a time without a pause`,
      measured: `${most.perSecond.toFixed(0)}/s, p99 ${ms(most.p99Ms)}`,
    },
    {
      what: `sign-ins, ${SIGN_INS} asked for a second, while others listen`,
      measured: `${steady.perSecond.toFixed(0)}/s, p99 ${ms(steady.p99Ms)}`,
      target: `≥ ${SIGN_INS}/s`,
      isMet: steady.perSecond >= SIGN_INS * 0.99,
    },
    {
      what: "first byte of a stream meanwhile, p99",
      measured: `${ms(quiet.firstByteP99Ms)} → ${ms(busy.firstByteP99Ms)} = ${ratio(harm)}`,
      target: "≤ 2 ×",
      isMet: harm <= 2,
    },
    { what: "event loop's delay meanwhile, p99", measured: ms(delays.p99Ms) },
  ];
}

async function createPeople(dataDir: string): Promise<Person[]> {
  const { pool, close } = openDatabase(await findDatabase(dataDir), {
    ...{ max: 1, applicationName: "bench" },
  });
  const people: Person[] = [];
  for (let index = 0; index < PEOPLE; index += 1) {
    people.push(await createPerson({ db: pool, now: () => new Date() }, `person-${index}`));
  }
  await close();
  return people;
}

/**
 * Listeners who play random parts of a demo recording and are ahead of what they hear. Together they
 * take about 6 MB a second, which is what 150 people with 320 kbit/s listen to.
 */
async function listen({ admin, bandId, baseUrl, cookie }: Bench): Promise<Load> {
  await admin.api.connections.createDemo.mutate({ bandId });
  const [track] = await waitForTracks(admin, bandId);
  if (!track) throw new Error("There is no demo recording.");
  return {
    port: Number(new URL(baseUrl).port),
    path: `/stream/${track.id}`,
    headers: { cookie },
    sizeBytes: track.sizeBytes,
    rangeBytes: 64 * 1024,
    connections: 10,
    pauseMs: 100,
    durationMs: LOAD_MS,
  };
}

async function waitForTracks(admin: ReturnType<typeof createBackline>, bandId: Bench["bandId"]) {
  for (;;) {
    const { tracks } = await admin.api.library.tracks.list.query({ bandId });
    if (tracks.length > 0) return tracks;
    await new Promise((wake) => setTimeout(wake, 100));
  }
}

/** How late the server's event loop was since the last time. */
async function takeDelays(bench: Bench, file: string): Promise<{ p99Ms: number }> {
  await rm(file, { force: true });
  bench.process.kill("SIGWINCH");
  for (;;) {
    const text = await readFile(file, "utf8").catch(() => "");
    if (text.endsWith("}")) return JSON.parse(text) as { p99Ms: number };
    await new Promise((wake) => setTimeout(wake, 20));
  }
}
