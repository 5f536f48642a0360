import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { demoFolder } from "#tests/support/demo.ts";
import { startApache, type WebdavServer } from "#tests/support/webdav-servers.ts";
import { connectAndScan, residentBytes, startBacklineBench, waitForScan } from "./backline.ts";
import { type Figure, megabytes, ms, ratio } from "./table.ts";

const FOLDERS = 500;
const FILES_A_FOLDER = 20;
const FILES = FOLDERS * FILES_A_FOLDER;

/** A first scan and a second one of the same 10,000 files, beside `rclone lsjson -R` of the same server. */
export async function benchScan(): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), "backline-bench-tree-"));
  await fill(folder);
  const apache = await startApache(folder);
  const bench = await startBacklineBench();
  try {
    const rcloneMs = await timeRclone(apache);
    const idle = await residentBytes(bench.process.pid);
    let peak = idle;
    const watch = setInterval(async () => {
      peak = Math.max(peak, await residentBytes(bench.process.pid).catch(() => 0));
    }, 200);
    const startedMs = performance.now();
    const first = await connectAndScan(bench, apache);
    const firstMs = performance.now() - startedMs;
    const { id, connectionId } = first;
    await bench.admin.api.connections.scan.mutate({ connectionId });
    const again = performance.now();
    let second = first;
    while (second.id === id) second = await waitForScan(bench.admin, bench.bandId, connectionId);
    const secondMs = performance.now() - again;
    clearInterval(watch);
    if (first.found !== FILES || second.found !== FILES || second.toRead !== 0) {
      throw new Error(`A scan is not complete: ${JSON.stringify([first, second])}`);
    }
    return [
      { what: `rclone lsjson -R of ${FILES} files`, measured: ms(rcloneMs) },
      {
        what: "scan again, nothing changed (listing part)",
        measured: `${ms(secondMs)} = ${ratio(rcloneMs / secondMs)} as fast as rclone`,
        target: "15 ×",
        isMet: rcloneMs / secondMs >= 15,
      },
      {
        what: "first scan (listing and tags)",
        measured: `${ms(firstMs)} = ${Math.round(FILES / (firstMs / 1000))} files/s`,
        target: "1000 files/s",
        isMet: FILES / (firstMs / 1000) >= 1000,
      },
      {
        what: "tags part",
        measured: `${Math.round(FILES / ((firstMs - secondMs) / 1000))} files/s`,
      },
      {
        what: "bytes read of the library",
        measured: `${megabytes(first.bytesRead)} of ${megabytes(first.libraryBytes)}`,
      },
      {
        what: "memory above idle",
        measured: megabytes(peak - idle),
        target: "120 MB",
        isMet: peak - idle <= 120e6,
      },
    ];
  } finally {
    await bench.stop();
    await apache.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The same tagged file under many names: what differs between files does not change the work. */
async function fill(folder: string): Promise<void> {
  const source = join(demoFolder, "Rehearsals/2026-03-14/01 Harbour Lights (take 3).mp3");
  for (let each = 0; each < FOLDERS; each += 1) {
    const album = join(folder, `Artist ${each % 50}`, `Album ${each}`);
    await mkdir(album, { recursive: true });
    for (let track = 1; track <= FILES_A_FOLDER; track += 1) {
      await copyFile(source, join(album, `${String(track).padStart(2, "0")} Take.mp3`));
    }
  }
}

async function timeRclone({ url, username, password }: WebdavServer): Promise<number> {
  const run = promisify(execFile);
  const { stdout } = await run("rclone", ["obscure", password]);
  const remote = `:webdav,url="${url}",vendor=other,user=${username},pass=${stdout.trim()}:`;
  const startedMs = performance.now();
  await run("rclone", ["lsjson", "-R", "--config", "/dev/null", remote], {
    maxBuffer: 256 * 1024 * 1024,
  });
  return performance.now() - startedMs;
}
