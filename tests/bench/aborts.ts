import { connect } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import type { Track } from "#contract/library.ts";
import { type Fault, startFaultServer } from "#tests/support/fault-server.ts";
import { type Bench, connectAndScan } from "./backline.ts";
import { type Figure, ms, quantile } from "./table.ts";

const TIMES = 200;

const MOMENTS: readonly (readonly [string, Fault])[] = [
  ["before the first byte", { method: "GET", stall: true }],
  ["in the middle", { method: "GET", stallAfterBytes: 50_000 }],
];

/** How long a storage is kept at work for a listener who has gone. */
export async function benchAborts(bench: Bench): Promise<Figure[]> {
  const cloud = await startFaultServer();
  cloud.tree.put("leaving.mp3", { sizeBytes: 5_000_000 });
  await connectAndScan(bench, cloud);
  const { bandId } = bench;
  const { tracks } = await bench.admin.api.library.tracks.list.query({ bandId });
  const track = tracks.find(({ path }) => path === "leaving.mp3");
  if (!track) throw new Error("The track was not found by the scan.");
  const figures: Figure[] = [];
  for (const [when, fault] of MOMENTS) {
    const heal = cloud.fault(fault);
    const tookMs: number[] = [];
    for (let time = 0; time < TIMES; time += 1) {
      tookMs.push(await leave(bench, track, () => cloud.openDownloads()));
    }
    heal();
    tookMs.sort((left, right) => left - right);
    const p99 = quantile(tookMs, 0.99);
    figures.push({
      what: `listener gone ${when} → storage free, p50 / p99`,
      measured: `${ms(quantile(tookMs, 0.5))} / ${ms(p99)}`,
      target: "p99 ≤ 20 ms",
      isMet: p99 <= 20,
    });
  }
  await cloud.stop();
  return figures;
}

async function leave(
  { baseUrl, cookie }: Bench,
  { id }: Pick<Track, "id">,
  openDownloads: () => number,
): Promise<number> {
  const { port } = new URL(baseUrl);
  const socket = connect(Number(port), "127.0.0.1");
  socket.on("error", () => {}).resume();
  socket.write(`GET /stream/${id} HTTP/1.1\r\nhost: localhost\r\ncookie: ${cookie}\r\n\r\n`);
  while (openDownloads() === 0) await turn();
  const leftMs = performance.now();
  socket.destroy();
  while (openDownloads() > 0) await turn();
  return performance.now() - leftMs;
}
