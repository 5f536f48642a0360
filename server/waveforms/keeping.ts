import { createHash } from "node:crypto";
import { mkdir, readdir, rename, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { TrackId } from "#contract/ids.ts";
import { startRounds } from "#server/base/rounds.ts";
import type { Deps } from "#server/deps.ts";
import { type HeldWaveform, listWaiting } from "./drawing-store.ts";
import { type KeptFile, openKeptFile } from "./kept-file.ts";
import { isStrong } from "./sound-file.ts";

type KeepingDeps = Pick<Deps, "config" | "log">;

/** Of `DATA_DIR`. */
const FOLDER = "drawing";
/** So much of the disk is left to others. */
const RESERVE_BYTES = 1024 ** 3;
const SWEEP_AFTER_MS = 600_000;
/** A storage that is paused or away for longer is asked again. */
const OLD_MS = 7 * 24 * 60 * 60_000;

/** `track's id.digest of the version.lease`: it tells nothing of the recording but that it is drawn. */
const NAME = /^([0-9a-f-]{36})\.([0-9a-f]{32})\.(\d{1,10})$/;

type Version = Pick<HeldWaveform, "trackId" | "connectionId" | "ref" | "sizeBytes" | "etag">;

interface Name {
  readonly name: string;
  readonly trackId: TrackId;
  readonly version: string;
  readonly lease: number;
}

/**
 * What the storage has sent of a recording already, to whoever has drawn it before on this data folder, and
 * a place for the rest: so none of its bytes is asked for twice, however often the drawing is killed or
 * put off. The bytes belong to one version by its strong entity tag; of what has none nothing is kept.
 *
 * A file is named by the lease that its drawing has, and whoever is next takes it by renaming it. One whose
 * lease is lost may still append pieces, which are as right as ours, and removes nothing of ours. On another
 * data folder, so on another machine, it begins anew.
 *
 * @returns `null` where nothing can be kept. Never rejects: whatever is wrong with the disk, it is drawn.
 */
export async function openKept(
  { config, log }: KeepingDeps,
  held: HeldWaveform,
): Promise<KeptFile | null> {
  if (!isStrong(held.etag)) return null;
  const folder = join(config.dataDir, FOLDER);
  const path = join(folder, nameOf(held));
  const noteTrouble = (error: unknown): void =>
    log.warn({ err: error, trackId: held.trackId }, "what is drawn is not kept until it is done");
  const hasRoomFor = async (bytes: number): Promise<boolean> => {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize >= bytes + RESERVE_BYTES;
  };
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const keptBytes = await takeOver(folder, held);
    const hasRoom = await hasRoomFor(Math.max(0, held.sizeBytes - keptBytes));
    if (!hasRoom && keptBytes === 0) return null;
    const version = digestOf(held);
    const kept = await openKeptFile({ path, version, hasRoom: () => hasRoomFor(0), noteTrouble });
    if (!hasRoom) kept.end();
    return kept;
  } catch (error) {
    noteTrouble(error);
    return null;
  }
}

/** Of a drawing that is over, and of those of the same track before it. Never rejects. */
export async function removeKept({ config, log }: KeepingDeps, held: HeldWaveform): Promise<void> {
  const folder = join(config.dataDir, FOLDER);
  try {
    await removeAll(folder, await listUpTo(folder, held));
  } catch (error) {
    const { trackId } = held;
    log.warn({ err: error, trackId }, "what was kept to draw it could not be removed");
  }
}

/** Removes what nobody will go on with: of tracks that are gone, of other versions, of what is drawn by now. */
export async function sweepKept({ config, db }: Pick<Deps, "config" | "db">): Promise<void> {
  const folder = join(config.dataDir, FOLDER);
  const found = await listNames(folder);
  if (found.length === 0) return;
  const waiting = await listWaiting(db, [...new Set(found.map(({ trackId }) => trackId))]);
  const versions = new Map(waiting.map((each) => [each.trackId, digestOf(each)]));
  const isOver = async ({ name, trackId, version }: Name): Promise<boolean> => {
    const stats = await stat(join(folder, name)).catch(() => null);
    return versions.get(trackId) !== version || !stats || Date.now() - stats.mtimeMs > OLD_MS;
  };
  const over = await Promise.all(found.map(isOver));
  await removeAll(
    folder,
    found.filter((_, index) => over[index]),
  );
}

/** Sweeps now and every few minutes. */
export function startKeptSweep(
  deps: Pick<Deps, "config" | "db" | "log">,
  signal: AbortSignal,
): void {
  const failure = "could not tidy up what is drawn";
  const look = (): Promise<void> => sweepKept(deps);
  startRounds({ everyMs: SWEEP_AFTER_MS, log: deps.log, failure, look }, signal);
}

/** Gives the most that is kept of it our name, and removes the rest. @returns how many bytes that has. */
async function takeOver(folder: string, held: HeldWaveform): Promise<number> {
  const own = nameOf(held);
  const version = digestOf(held);
  const before = await listUpTo(folder, held);
  const usable = await Promise.all(
    before
      .filter((each) => each.version === version)
      .map(async ({ name }) => ({ name, bytes: (await stat(join(folder, name))).size })),
  );
  const [most] = usable.toSorted((left, right) => right.bytes - left.bytes);
  if (most && most.name !== own) await rename(join(folder, most.name), join(folder, own));
  const others = before.filter(({ name }) => name !== own && name !== most?.name);
  await removeAll(folder, others);
  return most?.bytes ?? 0;
}

/** Of the same track, by this lease or one before it. */
async function listUpTo(folder: string, { trackId, lease }: HeldWaveform): Promise<Name[]> {
  const found = await listNames(folder);
  return found.filter((each) => each.trackId === trackId && each.lease <= lease);
}

async function removeAll(folder: string, names: readonly Pick<Name, "name">[]): Promise<void> {
  await Promise.all(names.map(({ name }) => rm(join(folder, name), { force: true })));
}

/** @returns none when there is no such folder. */
async function listNames(folder: string): Promise<Name[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return [];
    throw error;
  });
  return names.flatMap((name) => {
    const [, id, version = "", lease] = NAME.exec(name) ?? [];
    const trackId = TrackId.safeParse(id);
    return trackId.success ? [{ name, trackId: trackId.data, version, lease: Number(lease) }] : [];
  });
}

const nameOf = (held: HeldWaveform): string => `${held.trackId}.${digestOf(held)}.${held.lease}`;

const digestOf = ({ connectionId, ref, sizeBytes, etag }: Version): string =>
  createHash("sha256")
    .update(JSON.stringify([connectionId, ref, sizeBytes, etag]))
    .digest("hex")
    .slice(0, 32);
