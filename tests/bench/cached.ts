import { startNginx } from "#tests/support/nginx.ts";
import { startApache } from "#tests/support/webdav-servers.ts";
import { connectAndScan, startBacklineBench } from "./backline.ts";
import { type Contender, compare, type Results, SHAPES, type Shape } from "./contenders.ts";
import { type Figure, megabytes, ms, ratio } from "./table.ts";

const LEAST = 0.45;

/**
 * What is in the range cache, against nginx that has the very file. Its storage is Apache, which says in
 * its listings what version of a file it has; of others nothing is kept.
 *
 * @param folder - where `take.mp3` lies.
 */
export async function benchCached(folder: string): Promise<Figure[]> {
  const storage = await startApache(folder);
  const nginx = await startNginx(
    (port) =>
      `server { listen 127.0.0.1:${port}; sendfile on; location / { root ${folder}; access_log off; } }`,
  );
  const bench = await startBacklineBench(undefined, { RANGE_CACHE_SIZE: "1GB" });
  try {
    await connectAndScan(bench, storage);
    const { tracks } = await bench.admin.api.library.tracks.list.query({ bandId: bench.bandId });
    const contenders: Contender[] = [
      {
        name: "nginx",
        port: nginx.port,
        path: "/take.mp3",
        headers: {},
        pid: await nginx.workerPid(),
      },
      {
        name: "Backline",
        port: Number(new URL(bench.baseUrl).port),
        path: `/stream/${tracks[0]?.id}`,
        headers: { cookie: bench.cookie },
        pid: bench.process.pid,
      },
    ];
    const figures: Figure[] = [];
    for (const shape of SHAPES.filter(({ isPlainOnly }) => !isPlainOnly)) {
      figures.push(...present(shape, await compare(shape, contenders)));
    }
    return figures;
  } finally {
    await bench.stop();
    await nginx.stop();
    await storage.stop();
  }
}

function present({ name }: Shape, results: Results): Figure[] {
  const [ours, theirs] = [results.get("Backline"), results.get("nginx")];
  if (!ours || !theirs) throw new Error("Somebody was not measured.");
  const faster = ours.bytesPerSecond / theirs.bytesPerSecond;
  return [
    {
      what: `from the range cache, ${name}: throughput`,
      measured: `${megabytes(ours.bytesPerSecond)}/s = ${ratio(faster)} nginx with the file`,
      target: `≥ ${LEAST} × nginx`,
      isMet: faster >= LEAST,
    },
    {
      what: `from the range cache, ${name}: CPU and first byte`,
      measured: `${ours.cpuSecondsPerGb.toFixed(2)} s/GB (nginx ${theirs.cpuSecondsPerGb.toFixed(2)}), p50 ${ms(ours.firstByteP50Ms)}, p99 ${ms(ours.firstByteP99Ms)} (nginx ${ms(theirs.firstByteP50Ms)}, ${ms(theirs.firstByteP99Ms)})`,
    },
  ];
}
