import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startNginx, toPlainProxy } from "#tests/support/nginx.ts";
import { startApache } from "#tests/support/webdav-servers.ts";
import { runApart } from "./apart.ts";
import { connectAndScan, startBacklineBench } from "./backline.ts";
import type { Load, LoadResult } from "./load.ts";
import { type Figure, megabytes, ms, ratio } from "./table.ts";

const SIZE_BYTES = 10_000_000;
const RANGE_BYTES = 256 * 1024;
const ROUNDS = 3;

interface Contender {
  readonly name: string;
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

interface Shape {
  readonly name: string;
  readonly rangeBytes: number | null;
  readonly connections: number;
}

const SHAPES: readonly Shape[] = [
  { name: "ranges of 256 kB, 16 listeners", rangeBytes: RANGE_BYTES, connections: 16 },
  { name: "whole files of 10 MB, 8 listeners", rangeBytes: null, connections: 8 },
  { name: "one listener, ranges", rangeBytes: RANGE_BYTES, connections: 1 },
];

/**
 * The same file from the same storage in three ways: from Apache itself, through nginx as a plain
 * proxy, and through Backline with its session, band and track checks and its log.
 */
export async function benchStream(): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), "backline-bench-files-"));
  await writeFile(join(folder, "take.mp3"), randomBytes(SIZE_BYTES));
  const apache = await startApache(folder);
  const upstream = new URL(apache.url);
  const secret = Buffer.from(`${apache.username}:${apache.password}`).toString("base64");
  const authorization = `Basic ${secret}`;
  const nginx = await startNginx(toPlainProxy(Number(upstream.port), authorization));
  const bench = await startBacklineBench();
  try {
    await connectAndScan(bench, apache);
    const { tracks } = await bench.admin.api.library.tracks.list.query({ bandId: bench.bandId });
    const [track] = tracks;
    if (!track) throw new Error("The track was not found by the scan.");
    const path = `${upstream.pathname}take.mp3`;
    const contenders: Contender[] = [
      { name: "direct", port: Number(upstream.port), path, headers: { authorization } },
      { name: "nginx", port: nginx.port, path, headers: {} },
      {
        name: "Backline",
        port: Number(new URL(bench.baseUrl).port),
        path: `/stream/${track.id}`,
        headers: { cookie: bench.cookie },
      },
    ];
    const figures: Figure[] = [];
    for (const shape of SHAPES) figures.push(...(await compare(shape, contenders)));
    return figures;
  } finally {
    await bench.stop();
    await nginx.stop();
    await apache.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function compare(shape: Shape, contenders: readonly Contender[]): Promise<Figure[]> {
  const best = new Map<string, LoadResult>();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const contender of contenders) {
      const result = await runApart<Load, LoadResult>("load.ts", {
        ...contender,
        ...shape,
        sizeBytes: SIZE_BYTES,
        durationMs: 2_500,
      });
      const before = best.get(contender.name);
      if (!before || result.bytesPerSecond > before.bytesPerSecond)
        best.set(contender.name, result);
    }
  }
  const result = (name: string): LoadResult => {
    const found = best.get(name);
    if (!found) throw new Error(`${name} was not measured.`);
    return found;
  };
  const [direct, nginx, ours] = [result("direct"), result("nginx"), result("Backline")];
  const against = (pick: (each: LoadResult) => number): string =>
    `${ratio(pick(ours) / pick(direct))} direct, ${ratio(pick(ours) / pick(nginx))} nginx`;
  return [
    {
      what: `${shape.name}: throughput`,
      measured: `${megabytes(ours.bytesPerSecond)}/s = ${against((each) => each.bytesPerSecond)}`,
    },
    {
      what: `${shape.name}: first byte p50`,
      measured: `${ms(ours.firstByteP50Ms)} = ${against((each) => each.firstByteP50Ms)}`,
    },
    {
      what: `${shape.name}: first byte p99`,
      measured: `${ms(ours.firstByteP99Ms)} = ${against((each) => each.firstByteP99Ms)}`,
    },
  ];
}
