import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuthority } from "#tests/base/egress/certificates.ts";
import type { Nginx } from "#tests/support/nginx.ts";
import { startNginxDav } from "#tests/support/nginx-dav.ts";
import type { WebdavServer } from "#tests/support/webdav-servers.ts";
import { benchAborts } from "./aborts.ts";
import { type Bench, connectAndScan, startBacklineBench } from "./backline.ts";
import { benchCached } from "./cached.ts";
import { type Contender, compare, SHAPES, SIZE_BYTES, type Way } from "./contenders.ts";
import { signInMembers } from "./members.ts";
import { startProxies } from "./proxies.ts";
import { type RcloneHttp, rcloneVersion, startRcloneHttp } from "./rclone.ts";
import { present } from "./stream-figures.ts";
import type { Figure } from "./table.ts";

type Storage = Pick<WebdavServer, "url" | "username" | "password">;

/**
 * The same file from the same storage in several ways: from the storage itself, through nginx as a plain
 * proxy and as a tuned one, through `rclone serve http`, and through Backline with its session, band and
 * track checks and its log. Then the same with the storage behind TLS; how soon a storage is free when a
 * listener leaves; and what the range cache gives.
 *
 * The storage is nginx with WebDAV: it serves files for less than any proxy passes them on, so that the
 * proxies are compared and not the storage. With Apache there, all of them wait for Apache.
 */
export async function benchStream(): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), "backline-bench-files-"));
  await writeFile(join(folder, "take.mp3"), randomBytes(SIZE_BYTES));
  const authority = createAuthority("Bench authority");
  const authorityFile = join(folder, "authority.pem");
  await writeFile(authorityFile, authority.cert);
  const cloud = await startNginxDav(folder, authority.issue({ names: ["127.0.0.1"] }));
  const dataDir = await mkdtemp(join(tmpdir(), "backline-bench-data-"));
  const bench = await startBacklineBench(dataDir, { NODE_EXTRA_CA_CERTS: authorityFile });
  try {
    const most = Math.max(...SHAPES.map(({ connections }) => connections));
    const cookies = await signInMembers(bench, dataDir, most);
    const encrypted = { ...cloud, url: cloud.encryptedUrl ?? "" };
    return [
      ...(await benchWay(bench, cookies, cloud, "plain")),
      ...(await benchWay(bench, cookies, encrypted, "encrypted")),
      ...(await benchAborts(bench)),
      ...(await benchCached(folder)),
    ];
  } finally {
    await bench.stop();
    await cloud.stop();
    await rm(folder, { recursive: true, force: true });
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function benchWay(
  bench: Bench,
  cookies: readonly string[],
  storage: Storage,
  way: Way,
): Promise<Figure[]> {
  const secret = Buffer.from(`${storage.username}:${storage.password}`).toString("base64");
  const authorization = `Basic ${secret}`;
  const proxies = await startProxies(new URL(storage.url), authorization);
  const rclone = way === "plain" ? await startRcloneHttp(storage) : null;
  try {
    const contenders = [
      ...(await listContenders(bench, cookies, proxies, storage)),
      // Whoever loads speaks no TLS.
      ...(way === "plain" ? toOthers(storage, authorization, rclone) : []),
    ];
    const shapes = SHAPES.filter(({ isPlainOnly }) => way === "plain" || !isPlainOnly);
    const version = await rcloneVersion();
    const figures: Figure[] = [];
    for (const shape of shapes) {
      figures.push(...present(shape, way, await compare(shape, contenders), version));
    }
    return figures;
  } finally {
    await rclone?.stop();
    await proxies.stop();
  }
}

async function listContenders(
  bench: Bench,
  cookies: readonly string[],
  proxies: Nginx,
  storage: Storage,
): Promise<Contender[]> {
  const { bandId } = bench;
  const known = await bench.admin.api.library.tracks.list.query({ bandId });
  await connectAndScan(bench, storage);
  const { tracks } = await bench.admin.api.library.tracks.list.query({ bandId });
  const track = tracks.find(({ id }) => known.tracks.every((other) => other.id !== id));
  if (!track) throw new Error("The track was not found by the scan.");
  const path = `${new URL(storage.url).pathname}take.mp3`;
  const pid = await proxies.workerPid();
  return [
    { name: "nginx", port: proxies.port, path, headers: {}, pid },
    { name: "tuned nginx", port: proxies.secondPort, path, headers: {}, pid },
    {
      name: "Backline",
      port: Number(new URL(bench.baseUrl).port),
      path: `/stream/${track.id}`,
      headers: {},
      cookies,
      pid: bench.process.pid,
    },
  ];
}

function toOthers({ url }: Storage, authorization: string, rclone: RcloneHttp | null): Contender[] {
  const { port, pathname } = new URL(url);
  const path = `${pathname}take.mp3`;
  const direct = { name: "direct", port: Number(port), path, headers: { authorization } };
  if (!rclone) return [direct];
  return [
    direct,
    { name: "rclone", port: rclone.port, path: "/take.mp3", headers: {}, isSlow: true },
  ];
}
