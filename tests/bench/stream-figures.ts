import type { Result, Results, Shape, Way } from "./contenders.ts";
import { type Figure, megabytes, ms, ratio } from "./table.ts";

/** Against nginx as everybody has it, while it takes all it can; the same when it is at leisure. */
const MOST = { cpuSecondsPerGb: 0.6, firstByteP50Ms: 1.3, firstByteP99Ms: 2 } as const;
const LEAST_OF_RCLONE = 50;
const OTHERS = ["direct", "nginx", "tuned nginx"];

type Measure = "bytesPerSecond" | keyof typeof MOST;

/** What one shape of load says of Backline beside the others. */
export function present(shape: Shape, way: Way, results: Results, rclone: string): Figure[] {
  const what = `${way === "encrypted" ? "over TLS, " : ""}${shape.name}`;
  const ours = resultOf(results, "Backline");
  const against = (measure: Measure): string =>
    OTHERS.filter((who) => Number.isFinite(results.get(who)?.[measure]))
      .map((who) => `${ratio(ours[measure] / resultOf(results, who)[measure])} ${who}`)
      .join(", ");
  const atMost = (measure: keyof typeof MOST): Partial<Figure> => {
    if (way !== "plain") return {};
    const most = MOST[measure];
    return {
      target: `≤ ${most} × nginx`,
      isMet: ours[measure] <= most * resultOf(results, "nginx")[measure],
    };
  };
  const firstBytes: Figure[] = [
    {
      what: `${what}: first byte p50`,
      measured: `${ms(ours.firstByteP50Ms)} = ${against("firstByteP50Ms")}`,
      ...atMost("firstByteP50Ms"),
    },
    {
      what: `${what}: first byte p99`,
      measured: `${ms(ours.firstByteP99Ms)} = ${against("firstByteP99Ms")}`,
      ...atMost("firstByteP99Ms"),
    },
  ];
  if (!shape.least) return firstBytes;
  const least = shape.least[way];
  return [
    {
      what: `${what}: throughput`,
      measured: `${megabytes(ours.bytesPerSecond)}/s = ${against("bytesPerSecond")}`,
      target: `≥ ${least} × nginx`,
      isMet: ours.bytesPerSecond >= least * resultOf(results, "nginx").bytesPerSecond,
    },
    ...presentRclone(what, shape, results, rclone),
    {
      what: `${what}: CPU`,
      measured: `${ours.cpuSecondsPerGb.toFixed(2)} s/GB = ${against("cpuSecondsPerGb")}`,
      ...atMost("cpuSecondsPerGb"),
    },
    ...(way === "plain" ? presentTuned(what, shape, results) : []),
    ...firstBytes,
    {
      what: `${what}: what loads, of one core`,
      measured: OTHERS.concat("Backline")
        .filter((who) => results.has(who))
        .map((who) => `${(100 * resultOf(results, who).busy).toFixed(0)} % ${who}`)
        .join(", "),
    },
  ];
}

function presentTuned(what: string, { mostCpu }: Shape, results: Results): Figure[] {
  if (mostCpu === undefined) return [];
  const ours = resultOf(results, "Backline").cpuSecondsPerGb;
  const tuned = resultOf(results, "tuned nginx").cpuSecondsPerGb;
  return [
    {
      what: `${what}: CPU beside a tuned nginx`,
      measured: `${ratio(ours / tuned)} of ${tuned.toFixed(2)} s/GB`,
      target: `≤ ${mostCpu} × tuned nginx`,
      isMet: ours <= mostCpu * tuned,
    },
  ];
}

function presentRclone(
  what: string,
  { rangeBytes }: Shape,
  results: Results,
  version: string,
): Figure[] {
  const theirs = results.get("rclone");
  if (!theirs) return [];
  const faster = resultOf(results, "Backline").bytesPerSecond / theirs.bytesPerSecond;
  return [
    {
      what: `${what}: beside rclone ${version} serve http`,
      measured: `${ratio(faster)} its ${(theirs.bytesPerSecond / 1e6).toFixed(1)} MB/s`,
      ...(rangeBytes === null
        ? {}
        : { target: `≥ ${LEAST_OF_RCLONE} ×`, isMet: faster >= LEAST_OF_RCLONE }),
    },
  ];
}

function resultOf(results: Results, who: string): Result {
  const found = results.get(who);
  if (!found) throw new Error(`${who} was not measured.`);
  return found;
}
