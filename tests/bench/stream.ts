import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Nginx } from "#tests/support/nginx.ts";
import { startApache, type WebdavServer } from "#tests/support/webdav-servers.ts";
import { benchAborts } from "./aborts.ts";
import { runApart } from "./apart.ts";
import { type Bench, connectAndScan, cpuSeconds, startBacklineBench } from "./backline.ts";
import { benchCached } from "./cached.ts";
import type { Load, LoadResult } from "./load.ts";
import { startEncrypted, startProxies } from "./proxies.ts";
import { type Figure, megabytes, ms, ratio } from "./table.ts";

const SIZE_BYTES = 10_000_000;
const RANGE_BYTES = 256 * 1024;
const ROUNDS = 3;
const DURATION_MS = 2_000;

export interface Contender {
  readonly name: string;
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Whose work counts; left out where nobody asks. */
  readonly pid?: number;
}

export interface Shape {
  readonly name: string;
  readonly rangeBytes: number | null;
  readonly connections: number;
  readonly least: { readonly plain: number; readonly encrypted: number };
}

const SHAPES: readonly Shape[] = [
  {
    ...{ name: "ranges of 256 kB, 16 listeners", rangeBytes: RANGE_BYTES, connections: 16 },
    least: { plain: 1.5, encrypted: 0.7 },
  },
  {
    ...{ name: "whole files of 10 MB, 8 listeners", rangeBytes: null, connections: 8 },
    least: { plain: 2, encrypted: 0.95 },
  },
  {
    ...{ name: "one listener, ranges", rangeBytes: RANGE_BYTES, connections: 1 },
    least: { plain: 1.5, encrypted: 0.7 },
  },
];

type Result = LoadResult & { readonly cpuSecondsPerGb: number };
export type Results = ReadonlyMap<string, Result>;

/**
 * The same file from the same storage in several ways: from Apache itself, through nginx as a plain
 * proxy and as a tuned one, and through Backline with its session, band and track checks and its log.
 * Then the same with the storage behind TLS; how soon a storage is free when a listener leaves; and what
 * the range cache gives.
 */
export async function benchStream(): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), "backline-bench-files-"));
  await writeFile(join(folder, "take.mp3"), randomBytes(SIZE_BYTES));
  const apache = await startApache(folder);
  const encrypted = await startEncrypted(folder, new URL(apache.url));
  const bench = await startBacklineBench(undefined, {
    NODE_EXTRA_CA_CERTS: encrypted.authorityFile,
  });
  try {
    return [
      ...(await benchWay(bench, apache, "plain")),
      ...(await benchWay(bench, { ...apache, url: encrypted.url.href }, "encrypted")),
      ...(await benchAborts(bench)),
      ...(await benchCached(folder, apache, SHAPES, compare)),
    ];
  } finally {
    await bench.stop();
    await encrypted.nginx.stop();
    await apache.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function benchWay(
  bench: Bench,
  storage: Pick<WebdavServer, "url" | "username" | "password">,
  way: keyof Shape["least"],
): Promise<Figure[]> {
  const upstream = new URL(storage.url);
  const secret = Buffer.from(`${storage.username}:${storage.password}`).toString("base64");
  const authorization = `Basic ${secret}`;
  const proxies = await startProxies(upstream, authorization);
  try {
    const contenders = await listContenders(bench, proxies, storage, authorization);
    // Whoever loads speaks no TLS.
    const running = contenders.filter(({ name }) => way === "plain" || name !== "direct");
    const figures: Figure[] = [];
    for (const shape of SHAPES) {
      figures.push(...present(shape, way, await compare(shape, running)));
    }
    return figures;
  } finally {
    await proxies.stop();
  }
}

async function listContenders(
  bench: Bench,
  proxies: Nginx,
  storage: Pick<WebdavServer, "url" | "username" | "password">,
  authorization: string,
): Promise<Contender[]> {
  const { bandId } = bench;
  const known = await bench.admin.api.library.tracks.list.query({ bandId });
  await connectAndScan(bench, storage);
  const { tracks } = await bench.admin.api.library.tracks.list.query({ bandId });
  const track = tracks.find(({ id }) => known.tracks.every((other) => other.id !== id));
  if (!track) throw new Error("The track was not found by the scan.");
  const upstream = new URL(storage.url);
  const path = `${upstream.pathname}take.mp3`;
  const pid = await proxies.workerPid();
  return [
    { name: "direct", port: Number(upstream.port), path, headers: { authorization } },
    { name: "nginx", port: proxies.port, path, headers: {}, pid },
    { name: "tuned nginx", port: proxies.secondPort, path, headers: {}, pid },
    {
      name: "Backline",
      port: Number(new URL(bench.baseUrl).port),
      path: `/stream/${track.id}`,
      headers: { cookie: bench.cookie },
      pid: bench.process.pid,
    },
  ];
}

/** The best of each in several rounds, each measure for itself: what disturbs only makes it worse. */
async function compare(shape: Shape, contenders: readonly Contender[]): Promise<Results> {
  const best = new Map<string, Result>();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const contender of contenders) {
      const result = await measure(shape, contender);
      best.set(contender.name, better(result, best.get(contender.name) ?? result));
    }
  }
  return best;
}

async function measure(shape: Shape, { pid, ...contender }: Contender): Promise<Result> {
  const cpuOf = (): Promise<number> | number => (pid ? cpuSeconds(pid) : Number.NaN);
  const before = await cpuOf();
  const load = { ...contender, ...shape, sizeBytes: SIZE_BYTES, durationMs: DURATION_MS };
  const result = await runApart<Load, LoadResult>("load.ts", load);
  const gigabytes = (result.requests * (shape.rangeBytes ?? SIZE_BYTES)) / 1e9;
  return { ...result, cpuSecondsPerGb: ((await cpuOf()) - before) / gigabytes };
}

const better = (one: Result, other: Result): Result => ({
  requests: one.requests,
  bytesPerSecond: Math.max(one.bytesPerSecond, other.bytesPerSecond),
  firstByteP50Ms: Math.min(one.firstByteP50Ms, other.firstByteP50Ms),
  firstByteP99Ms: Math.min(one.firstByteP99Ms, other.firstByteP99Ms),
  cpuSecondsPerGb: Math.min(one.cpuSecondsPerGb, other.cpuSecondsPerGb),
});

function present({ name, least }: Shape, way: keyof Shape["least"], results: Results): Figure[] {
  const of = (who: string) => {
    const found = results.get(who);
    if (!found) throw new Error(`${who} was not measured.`);
    return found;
  };
  const ours = of("Backline");
  const nginx = of("nginx");
  type Measure = "bytesPerSecond" | "firstByteP50Ms" | "firstByteP99Ms" | "cpuSecondsPerGb";
  const against = (measure: Measure): string =>
    ["direct", "nginx", "tuned nginx"]
      .filter((who) => Number.isFinite(results.get(who)?.[measure]))
      .map((who) => `${ratio(ours[measure] / of(who)[measure])} ${who}`)
      .join(", ");
  const atMost = (measure: Measure, most: number): Pick<Figure, "target" | "isMet"> => ({
    target: `≤ ${most} × nginx`,
    isMet: ours[measure] <= most * nginx[measure],
  });
  const what = `${way === "encrypted" ? "over TLS, " : ""}${name}`;
  return [
    {
      what: `${what}: throughput`,
      measured: `${megabytes(ours.bytesPerSecond)}/s = ${against("bytesPerSecond")}`,
      target: `≥ ${least[way]} × nginx`,
      isMet: ours.bytesPerSecond >= least[way] * nginx.bytesPerSecond,
    },
    {
      what: `${what}: CPU`,
      measured: `${ours.cpuSecondsPerGb.toFixed(2)} s/GB = ${against("cpuSecondsPerGb")}`,
      ...(way === "plain" ? atMost("cpuSecondsPerGb", 0.6) : {}),
    },
    {
      what: `${what}: first byte p50`,
      measured: `${ms(ours.firstByteP50Ms)} = ${against("firstByteP50Ms")}`,
      ...(way === "plain" ? atMost("firstByteP50Ms", 1.3) : {}),
    },
    {
      what: `${what}: first byte p99`,
      measured: `${ms(ours.firstByteP99Ms)} = ${against("firstByteP99Ms")}`,
      ...(way === "plain" ? atMost("firstByteP99Ms", 2) : {}),
    },
  ];
}
