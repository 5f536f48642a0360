import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createBackline } from "#sdk/index.ts";
import { insertMember } from "#server/bands/store.ts";
import { openDatabase, write } from "#server/base/db.ts";
import { createPerson } from "#tests/auth/people.ts";
import { startNginxDav } from "#tests/support/nginx-dav.ts";
import { runApart } from "./apart.ts";
import {
  type Bench,
  connectAndScan,
  findDatabase,
  residentBytes,
  startBacklineBench,
} from "./backline.ts";
import type { SlowLoad, SlowResult } from "./slow-load.ts";
import type { Figure } from "./table.ts";

const LISTENERS = 500;
/** What one account may have open at a time. */
const STREAMS_A_PERSON = 20;
const BYTES_PER_SECOND = 40_000;
const DURATION_MS = 12_000;
const TARGET_BYTES = 80_000;

/** What the server takes for each of many who listen as fast as it sounds. */
export async function benchSlowListeners(): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), "backline-bench-slow-"));
  const dataDir = join(folder, "data");
  const files = join(folder, "files");
  await mkdir(files);
  await writeFile(join(files, "long.mp3"), randomBytes(5_000_000));
  // Apache keeps a thread for each of them, as Debian has it, and lets in no more than it has threads.
  const cloud = await startNginxDav(files);
  const bench = await startBacklineBench(dataDir, { TRUST_PROXY: "127.0.0.1/32" });
  try {
    await connectAndScan(bench, cloud);
    const { tracks } = await bench.admin.api.library.tracks.list.query({ bandId: bench.bandId });
    const track = tracks.find(({ path }) => path === "long.mp3");
    if (!track) throw new Error("The track was not found by the scan.");
    const people = await signInAll(bench, dataDir);
    const load = (cookies: readonly string[], durationMs: number): SlowLoad => ({
      ...{ port: Number(new URL(bench.baseUrl).port), path: `/stream/${track.id}` },
      ...{ cookies, bytesPerSecond: BYTES_PER_SECOND, durationMs },
    });
    const all = Array.from(
      { length: LISTENERS },
      (_, at) => people[Math.floor(at / STREAMS_A_PERSON)] ?? "",
    );
    // Once for nothing, so that what is loaded and compiled once is not theirs.
    await runApart<SlowLoad, SlowResult>("slow-load.ts", load(all.slice(0, 100), 3_000));
    await sleep(2_000);
    return present(await measure(bench, load(all, DURATION_MS)));
  } finally {
    await bench.stop();
    await cloud.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Measured extends SlowResult {
  readonly bytesEach: number;
}

async function measure({ process: { pid } }: Bench, load: SlowLoad): Promise<Measured> {
  const before = await residentBytes(pid);
  const running = runApart<SlowLoad, SlowResult>("slow-load.ts", load);
  const seen: number[] = [];
  const watch = setInterval(async () => seen.push(await residentBytes(pid)), 500);
  const result = await running;
  clearInterval(watch);
  return { ...result, bytesEach: (Math.max(...seen) - before) / load.cookies.length };
}

const present = ({ served, silent, bytesEach }: Measured): Figure[] => [
  {
    what: `${LISTENERS} listeners at ${BYTES_PER_SECOND / 1000} kB/s that get all they hear`,
    measured: `${served}, ${silent} get nothing`,
    target: `${LISTENERS}`,
    isMet: served === LISTENERS,
  },
  {
    what: "memory for each of them, at most",
    measured: `${(bytesEach / 1000).toFixed(0)} kB`,
    target: `≤ ${TARGET_BYTES / 1000} kB`,
    isMet: bytesEach <= TARGET_BYTES,
  },
];

/** The cookies of as many members of the band as it takes. */
async function signInAll({ baseUrl, bandId }: Bench, dataDir: string): Promise<string[]> {
  const { pool, close } = openDatabase(await findDatabase(dataDir), {
    ...{ max: 1, applicationName: "bench" },
  });
  const cookies: string[] = [];
  for (let index = 0; index < LISTENERS / STREAMS_A_PERSON; index += 1) {
    const { userId, email, password } = await createPerson(
      { db: pool, now: () => new Date() },
      `person-${index}`,
      { isVerified: true },
    );
    await write({ db: pool }, (tx) => insertMember(tx, { bandId, userId, role: "listener" }));
    cookies.push(await signIn(baseUrl, { email, password }, `10.0.0.${index + 1}`));
  }
  await close();
  return cookies;
}

async function signIn(
  baseUrl: string,
  account: { readonly email: string; readonly password: string },
  from: string,
): Promise<string> {
  let cookie = "";
  const client = createBackline({
    baseUrl,
    async fetch(input, init) {
      const headers = new Headers(init?.headers);
      cookie = headers.get("cookie") ?? cookie;
      headers.set("x-forwarded-for", from);
      return fetch(input, { ...init, headers });
    },
  });
  await client.api.auth.signIn.mutate({ ...account, rememberMe: false });
  await client.api.auth.me.query();
  return cookie;
}
