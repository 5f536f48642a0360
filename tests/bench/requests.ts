import { setTimeout as sleep } from "node:timers/promises";
import { Pool } from "undici";
import { quantile } from "./table.ts";

/** The same request again and again. */
export interface Requests {
  readonly origin: string;
  readonly path: string;
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  /** Of one request after the other, and again from the first. */
  readonly bodies?: readonly string[];
  /** Says for each request that it was forwarded for another address, as a proxy would. */
  readonly isFromEverywhere?: boolean;
  readonly connections: number;
  /** Asks so often, evenly, however long the answers take; left out: each connection at once again. */
  readonly perSecond?: number;
  readonly durationMs: number;
}

export interface RequestsResult {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** An answer other than 200 ends the run. */
async function run(load: Requests): Promise<RequestsResult> {
  const pool = new Pool(load.origin, { connections: load.connections });
  const startedMs = performance.now();
  const tookMs = await (load.perSecond
    ? askEvenly(pool, load, load.perSecond)
    : askAtOnce(pool, load));
  const seconds = (performance.now() - startedMs) / 1000;
  await pool.close();
  tookMs.sort((left, right) => left - right);
  return {
    perSecond: tookMs.length / seconds,
    p50Ms: quantile(tookMs, 0.5),
    p99Ms: quantile(tookMs, 0.99),
  };
}

/** Keeps every connection busy. */
async function askAtOnce(pool: Pool, load: Requests): Promise<number[]> {
  const endsAtMs = performance.now() + load.durationMs;
  const tookMs: number[] = [];
  const work = async (): Promise<void> => {
    while (performance.now() < endsAtMs) tookMs.push(await ask(pool, load));
  };
  await Promise.all(Array.from({ length: load.connections }, work));
  return tookMs;
}

/** What has to wait for a connection waits as part of its answer, and who comes next is not held up. */
async function askEvenly(pool: Pool, load: Requests, perSecond: number): Promise<number[]> {
  const startedMs = performance.now();
  const answers: Promise<number>[] = [];
  for (let index = 0; index < (load.durationMs / 1000) * perSecond; index += 1) {
    await sleep(startedMs + (index * 1000) / perSecond - performance.now());
    answers.push(ask(pool, load));
  }
  return Promise.all(answers);
}

let asked = 0;

async function ask(pool: Pool, load: Requests): Promise<number> {
  asked += 1;
  const from = `10.${(asked >> 16) & 255}.${(asked >> 8) & 255}.${asked & 255}`;
  const startedMs = performance.now();
  const { statusCode, body } = await pool.request({
    path: load.path,
    method: load.method,
    headers: load.isFromEverywhere ? { ...load.headers, "x-forwarded-for": from } : load.headers,
    ...(load.bodies ? { body: load.bodies[asked % load.bodies.length] ?? null } : {}),
  });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`${load.path} answered ${statusCode}: ${text}`);
  return performance.now() - startedMs;
}

process.once("message", async (load) => {
  const result = await run(load as Requests);
  process.send?.(result, () => process.exit(0));
});
