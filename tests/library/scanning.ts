import type { Connection } from "#contract/connections.ts";
import type { Track } from "#contract/library.ts";
import type { ScanProgress } from "#contract/scans.ts";
import { listTracks, runJobs, type StorageWorld, type World } from "#tests/support/world.ts";

/** Scans Anna's storage to the end. */
export async function rescan(
  world: StorageWorld,
  { confirmMissing = false } = {},
): Promise<ScanProgress> {
  const connectionId = world.connection.id;
  await world.anna.api.connections.scan.mutate({ connectionId, confirmMissing });
  await runJobs(world.server);
  return newestScan(world);
}

export async function newestScan(world: StorageWorld): Promise<ScanProgress> {
  const { scan } = await findConnection(world);
  if (!scan) throw new Error("There was no scan.");
  return scan;
}

export async function findConnection(world: StorageWorld): Promise<Connection> {
  const all = await world.anna.api.connections.list.query({ bandId: world.bandId });
  const found = all.find((each) => each.id === world.connection.id);
  if (!found) throw new Error("The storage is gone.");
  return found;
}

/** What a person sees of the library, by path: who is who, and in which state. */
export async function libraryOf(world: World): Promise<Record<string, Seen>> {
  const tracks = await listTracks(world);
  return Object.fromEntries(tracks.map((track) => [track.path, toSeen(track)]));
}

export type Seen = Pick<Track, "id" | "title" | "state">;

const toSeen = ({ id, title, state }: Track): Seen => ({ id, title, state });

export const statesOf = async (world: World): Promise<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(await libraryOf(world)).map(([path, { state }]) => [path, state]),
  );

/** Figures of a scan that say what it did; the others are left out. */
export const deedsOf = ({ added, changed, moved, missing, withheld, toRead }: ScanProgress) => ({
  added,
  changed,
  moved,
  missing,
  withheld,
  toRead,
});

export const NOTHING = { added: 0, changed: 0, moved: 0, missing: 0, withheld: 0, toRead: 0 };
