import { mp3 } from "#tests/library/made-audio.ts";
import { type FaultServer, startFaultServer } from "#tests/support/fault-server.ts";
import { type Bench, connectAndScan, startBacklineBench, waitForScan } from "./backline.ts";
import { type Figure, ms } from "./table.ts";

const FOLDERS = 5_000;
const FILES_A_FOLDER = 20;
const FILES = FOLDERS * FILES_A_FOLDER;

/**
 * A large library in a storage whose folders say by a tag that nothing below them has changed, as a
 * Nextcloud's do. Ours, in this process; a real one takes some 40 ms a request.
 */
export async function benchRescan(): Promise<Figure[]> {
  const cloud = await startFaultServer({ persona: "nextcloud" });
  fill(cloud);
  const bench = await startBacklineBench();
  try {
    const startedMs = performance.now();
    const first = await connectAndScan(bench, cloud);
    const firstMs = performance.now() - startedMs;
    if (first.found !== FILES) throw new Error(`Found ${first.found} of ${FILES} files.`);
    const { connectionId } = first;
    const quiet = await rescan(bench, cloud, connectionId, first.id);
    cloud.tree.put("Artist 7/Album 7/99 New.mp3", song(99));
    const changed = await rescan(bench, cloud, connectionId, quiet.id);
    return [
      { what: `first scan of ${FILES} files`, measured: ms(firstMs) },
      {
        what: "scan again, nothing changed: requests",
        measured: String(quiet.requests),
        target: "≤ 3",
        isMet: quiet.requests <= 3,
      },
      {
        what: "scan again, nothing changed: time",
        measured: ms(quiet.tookMs),
        target: "≤ 500 ms",
        isMet: quiet.tookMs <= 500,
      },
      { what: "one recording new: requests", measured: String(changed.requests) },
      { what: "one recording new: time until it is in the library", measured: ms(changed.tookMs) },
    ];
  } finally {
    await bench.stop();
    await cloud.stop();
  }
}

const song = (track: number): Buffer => mp3({ TIT2: `Take ${track}`, TPE1: "The Hundreds" }, 1);

function fill({ tree }: FaultServer): void {
  const songs = Array.from({ length: FILES_A_FOLDER }, (_, track) => song(track + 1));
  for (let album = 0; album < FOLDERS; album += 1) {
    for (const [track, bytes] of songs.entries()) {
      tree.put(`Artist ${album % 50}/Album ${album}/${track + 1} Take.mp3`, bytes);
    }
  }
}

interface Rescan {
  readonly id: string;
  readonly requests: number;
  readonly tookMs: number;
}

async function rescan(
  { admin, bandId }: Bench,
  cloud: FaultServer,
  connectionId: Awaited<ReturnType<typeof connectAndScan>>["connectionId"],
  before: string,
): Promise<Rescan> {
  // What was new a moment ago is looked at by itself once more.
  await new Promise((wake) => setTimeout(wake, 5_000));
  const asked = cloud.requests.length;
  await admin.api.connections.scan.mutate({ connectionId });
  for (;;) {
    const { id, startedAt, finishedAt } = await waitForScan(admin, bandId, connectionId);
    if (id === before || finishedAt === null) continue;
    const tookMs = Date.parse(finishedAt) - Date.parse(startedAt);
    return { id, requests: cloud.requests.length - asked, tookMs };
  }
}
