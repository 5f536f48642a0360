import type { Tx } from "#server/base/db.ts";
import { createId } from "#server/base/ids.ts";
import type { Deps } from "#server/deps.ts";
import { guessTags, type NamedFile } from "./file-name.ts";
import { countUnchanged } from "./known-folder-store.ts";
import * as store from "./merge-store.ts";
import type { ScanRun } from "./scan-run.ts";
import { saveReading } from "./scan-store.ts";
import { toSortKeys } from "./sort-keys.ts";
import { toText } from "./tags.ts";

const BATCH = 1_000;

/**
 * Brings the tracks in step with a complete listing: what moved keeps its row, what changed is to
 * be read again, what is new gets a row. What is gone is left for later, because reading may still
 * find it in another place. Safe to repeat from the start.
 *
 * @param rootPath - names of folders above it are nobody's artist.
 */
export async function mergeListing(
  deps: Pick<Deps, "now">,
  run: ScanRun,
  rootPath: string,
): Promise<void> {
  const { id: scanId, connectionId, bandId } = run.scan;
  const merging = { scanId, connectionId, bandId };
  await run.commit(async (tx, scan) => {
    if (scan.found === 0) return { result: undefined };
    await store.matchEntries(tx, merging);
    const missing = await store.markDisplaced(tx, merging);
    const rows = await store.updateMatched(tx, merging);
    await renameAll(tx, rows, rootPath);
    const moved = rows.filter((row) => row.isMoved).length;
    const changed = rows.filter((row) => row.isChanged && !row.isMoved).length;
    return { result: undefined, counts: { missing, moved, changed } };
  });

  for (let added = BATCH; added === BATCH; ) {
    run.signal.throwIfAborted();
    added = await run.commit(async (tx) => {
      const entries = await store.listNewEntries(tx, scanId, BATCH);
      const rows = entries.map((entry) => toNewTrack(deps, entry, rootPath));
      await store.insertTracks(tx, merging, rows);
      return { result: rows.length, counts: { added: rows.length } };
    });
  }
  await run.commit(async (tx) => {
    await saveReading(tx, run.scan, 0);
    return { result: undefined, counts: await countUnchanged(tx, run.scan) };
  });
}

/** What a file's name and folders say, as columns take it. */
export function nameByPath(path: string, rootPath: string): NamedFile {
  const isBelow = rootPath !== "" && path.startsWith(`${rootPath}/`);
  const guess = guessTags(isBelow ? path.slice(rootPath.length + 1) : path);
  return {
    ...guess,
    title: toText(guess.title) ?? "Untitled",
    artist: toText(guess.artist),
    album: toText(guess.album),
  };
}

function toNewTrack(
  deps: Pick<Deps, "now">,
  { ref, path }: store.NewEntry,
  rootPath: string,
): store.NewTrack {
  const named = nameByPath(path, rootPath);
  return {
    id: createId(deps.now()),
    ref,
    ...named,
    ...toSortKeys({ ...named, path, durationMs: null }),
  };
}

/** A path is part of what is searched; and a file without tags is called as it is called now. */
async function renameAll(
  tx: Tx,
  rows: readonly store.ChangedRow[],
  rootPath: string,
): Promise<void> {
  const renamed = rows.filter((row) => row.oldPath !== row.path);
  for (let start = 0; start < renamed.length; start += BATCH) {
    const batch = renamed.slice(start, start + BATCH);
    await store.saveNames(
      tx,
      batch.map((row) => rename(row, rootPath)),
    );
  }
}

function rename(row: store.ChangedRow, rootPath: string): store.NamedRow {
  const { id, title, artist, album, discNumber, trackNumber } = row;
  const kept = { title, artist, album, discNumber, trackNumber };
  const named = row.isNamedByPath ? renameByPath(row, rootPath) : kept;
  const { path, durationMs, artistSort, albumSort } = row;
  return { id, ...named, ...toSortKeys({ ...named, path, durationMs, artistSort, albumSort }) };
}

/** What the old path had said, the new one says now; what a tag has said stays. */
function renameByPath(row: store.ChangedRow, rootPath: string): NamedFile {
  const [before, now] = [nameByPath(row.oldPath, rootPath), nameByPath(row.path, rootPath)];
  return {
    title: row.title === before.title ? now.title : row.title,
    artist: row.artist === before.artist ? now.artist : row.artist,
    album: row.album === before.album ? now.album : row.album,
    discNumber: row.discNumber === before.discNumber ? now.discNumber : row.discNumber,
    trackNumber: row.trackNumber === before.trackNumber ? now.trackNumber : row.trackNumber,
  };
}
