import { runApart } from "./apart.ts";
import { cpuSeconds } from "./backline.ts";
import type { Load, LoadResult } from "./load.ts";

export const SIZE_BYTES = 10_000_000;
const RANGE_BYTES = 256 * 1024;
const ROUNDS = 3;
const DURATION_MS = 1_500;
/** Code that has not run yet is slow, connections are not open, files are not in memory. */
const WARM_UP_MS = 3_000;
const SLOW_WARM_UP_MS = 1_000;

export interface Contender {
  readonly name: string;
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies?: readonly string[];
  /** Whose work counts; left out where nobody asks. */
  readonly pid?: number;
  /** So far behind that one round shows it. */
  readonly isSlow?: boolean;
}

export type Way = "plain" | "encrypted";

export interface Shape {
  readonly name: string;
  readonly rangeBytes: number | null;
  readonly connections: number;
  /** From the end of an answer until more is asked for; left out for at once. */
  readonly pauseMs?: number;
  /** Throughput against nginx; left out where it is the pauses that decide. */
  readonly least?: Readonly<Record<Way, number>>;
  /** CPU against a tuned nginx. */
  readonly mostCpu?: number;
  /** It is enough to see it in the plain way. */
  readonly isPlainOnly?: boolean;
}

const ranges = {
  rangeBytes: RANGE_BYTES,
  least: { plain: 1.5, encrypted: 0.7 },
  mostCpu: 1.4,
} as const;

export const SHAPES: readonly Shape[] = [
  { ...ranges, name: "one listener, ranges of 256 kB", connections: 1 },
  { ...ranges, name: "16 listeners, ranges of 256 kB", connections: 16 },
  { ...ranges, name: "64 listeners, ranges of 256 kB", connections: 64, isPlainOnly: true },
  {
    ...{ name: "8 listeners, whole files of 10 MB", rangeBytes: null, connections: 8 },
    ...{ least: { plain: 2, encrypted: 0.95 }, mostCpu: 0.8 },
  },
  {
    ...{ name: "16 listeners at leisure, ranges of 256 kB", rangeBytes: RANGE_BYTES },
    ...{ connections: 16, pauseMs: 40, isPlainOnly: true },
  },
];

export type Result = LoadResult & { readonly cpuSecondsPerGb: number };
export type Results = ReadonlyMap<string, Result>;

/**
 * The best of each in several rounds, each measure for itself: what disturbs only makes it worse.
 * Each has had the same load before, which is not measured.
 */
export async function compare(shape: Shape, contenders: readonly Contender[]): Promise<Results> {
  for (const contender of contenders) {
    await measure(shape, contender, contender.isSlow ? SLOW_WARM_UP_MS : WARM_UP_MS);
  }
  const best = new Map<string, Result>();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const contender of contenders.filter(({ isSlow }) => !isSlow || round === 0)) {
      const result = await measure(shape, contender, DURATION_MS);
      best.set(contender.name, better(result, best.get(contender.name) ?? result));
    }
  }
  return best;
}

async function measure(
  shape: Shape,
  { name, port, path, headers, cookies, pid }: Contender,
  durationMs: number,
): Promise<Result> {
  const { rangeBytes, connections, pauseMs } = shape;
  const cpuOf = (): Promise<number> | number => (pid ? cpuSeconds(pid) : Number.NaN);
  const before = await cpuOf();
  const load: Load = {
    ...{ port, path, headers, rangeBytes, connections, durationMs, sizeBytes: SIZE_BYTES },
    ...(pauseMs ? { pauseMs } : {}),
    ...(cookies ? { cookies } : {}),
  };
  const result = await runApart<Load, LoadResult>("load.ts", load).catch((cause: unknown) => {
    throw new Error(`${name} could not be measured with ${shape.name}.`, { cause });
  });
  const gigabytes = (result.requests * (rangeBytes ?? SIZE_BYTES)) / 1e9;
  return { ...result, cpuSecondsPerGb: ((await cpuOf()) - before) / gigabytes };
}

const better = (one: Result, other: Result): Result => ({
  requests: one.requests,
  bytesPerSecond: Math.max(one.bytesPerSecond, other.bytesPerSecond),
  firstByteP50Ms: Math.min(one.firstByteP50Ms, other.firstByteP50Ms),
  firstByteP99Ms: Math.min(one.firstByteP99Ms, other.firstByteP99Ms),
  cpuSecondsPerGb: Math.min(one.cpuSecondsPerGb, other.cpuSecondsPerGb),
  busy: Math.max(one.busy, other.busy),
});
