import { type ChildProcess, fork } from "node:child_process";
import { sql } from "drizzle-orm";
import { onTestFinished } from "vitest";
import type { TrackId } from "#contract/ids.ts";
import type { Track } from "#contract/library.ts";
import { write } from "#server/base/db.ts";
import type { Deps } from "#server/deps.ts";
import { createTools, type DrawingTools, drawNext } from "#server/waveforms/drawing.ts";
import type { TestDeps } from "#tests/support/deps.ts";
import type { FaultServer } from "#tests/support/fault-server.ts";
import type { WorkerOrder } from "#tests/support/worker-deps.ts";
import { annasStorage, type StorageWorld, trackAt } from "#tests/support/world.ts";
import { quietThenLoud } from "./recordings.ts";

export const wav = quietThenLoud(6);
export const never = new AbortController().signal;

export interface DrawingWorld extends StorageWorld {
  readonly track: Track;
  readonly tools: DrawingTools;
  /** Draws everything whose turn it is, without any program. @returns how many there were. */
  drawAll(): Promise<number>;
  waveform(query?: string, init?: RequestInit): Promise<Response>;
}

/** Anna's band with a take that is quiet, then loud. */
export async function annasTake(
  fill: (cloud: FaultServer) => void = () => {},
): Promise<DrawingWorld> {
  const world = await annasStorage((cloud) => {
    cloud.tree.put("Live/take 1.wav", wav);
    fill(cloud);
  });
  const track = await trackAt(world, "Live/take 1.wav");
  const tools = createTools(null);
  return {
    ...{ ...world, track, tools },
    drawAll: () => drawAll(world.server.deps, tools),
    waveform: (query = "", init) =>
      world.anna.fetch(`${world.server.baseUrl}/waveform/${track.id}${query}`, init),
  };
}

export async function drawAll(deps: Deps, tools: DrawingTools): Promise<number> {
  let count = 0;
  while (await drawNext(deps, tools, never)) count += 1;
  return count;
}

/** A process of its own on the same data folder that draws one, to be killed. */
export function startDrawer({ testDatabase, testKeys, config }: TestDeps): ChildProcess {
  const order: WorkerOrder = {
    database: testDatabase,
    encryption: testKeys.encryption.toString("base64"),
    dataDir: config.dataDir,
  };
  const child = fork(new URL("./drawing-process.ts", import.meta.url), [JSON.stringify(order)]);
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

export interface SeenRow {
  readonly state: string;
  readonly tries: number;
  readonly failure: string | null;
  readonly isWanted: boolean;
  readonly isLeased: boolean;
  readonly dueInSeconds: number;
}

export async function rowOf({ db }: Pick<Deps, "db">, trackId: TrackId): Promise<SeenRow> {
  const [row] = await db.execute<SeenRow & Record<string, unknown>>(sql`
    select state, tries, failure, is_wanted as "isWanted",
      coalesce(lease_until > clock_timestamp(), false) as "isLeased",
      extract(epoch from due_at - now())::float8 as "dueInSeconds"
    from waveforms where track_id = ${trackId}`);
  if (!row) throw new Error("It is not enlisted.");
  return row;
}

/** As if the time had come. */
export const makeDue = ({ db }: Pick<Deps, "db">): Promise<unknown> =>
  write({ db }, (tx) => tx.execute(sql`update waveforms set due_at = now(), lease_until = null`));
