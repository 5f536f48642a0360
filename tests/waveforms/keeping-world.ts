import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { expect } from "vitest";
import type { TrackId } from "#contract/ids.ts";
import { drawPeaks } from "#server/waveforms/decoding.ts";
import { drawNext } from "#server/waveforms/drawing.ts";
import { hashOf } from "#server/waveforms/service.ts";
import type { TestDeps } from "#tests/support/deps.ts";
import type { FaultServer } from "#tests/support/fault-server.ts";
import { type DrawingWorld, never } from "./drawing-world.ts";
import { soundFile } from "./recordings.ts";

/** What a recording looks like that is drawn in one go. */
export async function hashInOneGo(name: string, bytes: Buffer, program: string | null = null) {
  const peaks = await drawPeaks(soundFile(name, bytes), { ffmpeg: program, signal: never });
  if (typeof peaks === "string") throw new Error(`${name}: ${peaks}`);
  return hashOf(peaks);
}

export const hashDrawn = async ({ db }: TestDeps, trackId: TrackId): Promise<string | null> => {
  const [row] = await db.execute<{ hash: string | null }>(
    sql`select hash from waveforms where track_id = ${trackId}`,
  );
  return row?.hash ?? null;
};

/** From now on, which bytes of its files a storage has sent. */
export function watchSending(cloud: FaultServer) {
  const times = new Map<number, number>();
  let sentBytes = 0;
  cloud.fault({
    method: "GET",
    noteSent(start, end) {
      sentBytes += end - start + 1;
      for (let at = start; at <= end; at += 1) times.set(at, (times.get(at) ?? 0) + 1);
    },
  });
  return {
    sentBytes: () => sentBytes,
    sentTwice: () => [...times.values()].filter((count) => count > 1).length,
  };
}

export const folderOf = ({ config }: TestDeps): string => join(config.dataDir, "drawing");

/** Names and sizes of what is kept. */
export async function listKept(deps: TestDeps): Promise<[string, number][]> {
  const folder = folderOf(deps);
  const names = await readdir(folder).catch(() => []);
  return Promise.all(
    names.map(async (name): Promise<[string, number]> => {
      const { size } = await stat(join(folder, name));
      return [name, size];
    }),
  );
}

export const keptBytes = async (deps: TestDeps): Promise<number> =>
  (await listKept(deps)).reduce((sum, [, bytes]) => sum + bytes, 0);

/**
 * Draws until the storage falls silent after so many bytes, and leaves it then.
 *
 * @param knownBytes - of what is kept already, what it can go on from; all of it when left out.
 * @returns the file that is kept.
 */
export async function drawSome(
  { cloud, server, tools }: DrawingWorld,
  bytes = 40_000,
  knownBytes?: number,
): Promise<string> {
  const { deps } = server;
  const heal = cloud.fault({ method: "GET", stallAfterBytes: bytes });
  const stop = new AbortController();
  const before = knownBytes ?? (await keptBytes(deps));
  const drawing = drawNext(deps, tools, stop.signal);
  await expect.poll(() => keptBytes(deps)).toBeGreaterThan(before + bytes);
  stop.abort();
  await drawing;
  heal();
  const [[name] = [""]] = await listKept(deps);
  return join(folderOf(deps), name);
}
