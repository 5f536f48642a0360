import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startNginxDav } from "#tests/support/nginx-dav.ts";
import { runApart } from "./apart.ts";
import { type Bench, connectAndScan, residentBytes, startBacklineBench } from "./backline.ts";
import { STREAMS_A_PERSON, signInMembers } from "./members.ts";
import type { SlowLoad, SlowResult } from "./slow-load.ts";
import type { Figure } from "./table.ts";

const LISTENERS = 500;
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
    const people = await signInMembers(bench, dataDir, LISTENERS);
    const load = (cookies: readonly string[], durationMs: number): SlowLoad => ({
      ...{ port: Number(new URL(bench.baseUrl).port), path: `/stream/${track.id}` },
      ...{ cookies, bytesPerSecond: BYTES_PER_SECOND, durationMs },
    });
    const all = people.flatMap((cookie) => Array<string>(STREAMS_A_PERSON).fill(cookie));
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
