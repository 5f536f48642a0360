import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { demoFolder } from "#tests/support/demo.ts";
import { startApache, type WebdavServer } from "#tests/support/webdav-servers.ts";
import { connectAndScan, residentBytes, startBacklineBench, waitForScan } from "./backline.ts";
import { toRemote } from "./rclone.ts";
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

/** Albums of one recording under many names: what differs between files does not change the work. */
async function fill(folder: string): Promise<void> {
  const source = await readFile(
    join(demoFolder, "Rehearsals/2026-03-14/01 Harbour Lights (take 3).mp3"),
  );
  for (let each = 0; each < FOLDERS; each += 1) {
    const [artist, title] = [`Artist ${each % 50}`, `Album ${each}`];
    const album = join(folder, artist, title);
    await mkdir(album, { recursive: true });
    const first = join(album, "01 Take.mp3");
    await writeFile(first, retag(source, { "The Copper Herons": artist, [DEMO_ALBUM]: title }));
    for (let track = 2; track <= FILES_A_FOLDER; track += 1) {
      await copyFile(first, join(album, `${String(track).padStart(2, "0")} Take.mp3`));
    }
  }
}

const DEMO_ALBUM = "Rehearsal, 14 March 2026";

/** Other words of the same length in place of those that its tags have. */
function retag(source: Buffer, words: Readonly<Record<string, string>>): Buffer {
  const tagged = Buffer.from(source);
  for (const [old, word] of Object.entries(words)) {
    const [from, to] = [old, word.padEnd(old.length)].map((text) => Buffer.from(text, "utf16le"));
    if (!from || !to || tagged.indexOf(from) < 0) throw new Error(`No tag says ${old}.`);
    for (let at = tagged.indexOf(from); at >= 0; at = tagged.indexOf(from, at)) to.copy(tagged, at);
  }
  return tagged;
}

async function timeRclone(storage: WebdavServer): Promise<number> {
  const remote = await toRemote(storage);
  const startedMs = performance.now();
  await promisify(execFile)("rclone", ["lsjson", "-R", "--config", "/dev/null", remote], {
    maxBuffer: 256 * 1024 * 1024,
  });
  return performance.now() - startedMs;
}
