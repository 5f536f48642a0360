import type { Tx } from "#server/base/db.ts";
import { createId } from "#server/base/ids.ts";
import type { Deps } from "#server/deps.ts";
import { countUnchanged } from "./known-folder-store.ts";
import * as store from "./merge-store.ts";
import { holdRule } from "./naming-store.ts";
import type { ScanRun } from "./scan-run.ts";
import { saveReading } from "./scan-store.ts";
import { type Naming, tagsOf, toShownRow } from "./shown.ts";
import { type ShowRow, saveShown } from "./shown-store.ts";

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
    const naming = { rule: await holdRule(tx, merging), rootPath };
    await store.matchEntries(tx, merging);
    const missing = await store.markDisplaced(tx, merging);
    const rows = await store.updateMatched(tx, merging);
    await renameAll(tx, rows, naming);
    const moved = rows.filter((row) => row.isMoved).length;
    const changed = rows.filter((row) => row.isChanged && !row.isMoved).length;
    return { result: undefined, counts: { missing, moved, changed } };
  });

  for (let added = BATCH; added === BATCH; ) {
    run.signal.throwIfAborted();
    added = await run.commit(async (tx) => {
      const naming = { rule: await holdRule(tx, merging), rootPath };
      const entries = await store.listNewEntries(tx, scanId, BATCH);
      const rows = entries.map((entry) => toNewTrack(deps, entry, naming));
      await store.insertTracks(tx, merging, rows);
      return { result: rows.length, counts: { added: rows.length } };
    });
  }
  await run.commit(async (tx) => {
    await saveReading(tx, run.scan, 0);
    return { result: undefined, counts: await countUnchanged(tx, run.scan) };
  });
}

/** Nobody has read its tags yet: it is called as its name says. */
const toNewTrack = (
  deps: Pick<Deps, "now">,
  { ref, path }: store.NewEntry,
  naming: Naming,
): store.NewTrack => {
  const tags = {};
  const shown = toShownRow({ tags, path, durationMs: null, edits: null }, naming);
  return { id: createId(deps.now()), ref, ...shown, tags };
};

/** A path is part of what is searched; and a file without tags is called as it is called now. */
async function renameAll(tx: Tx, rows: readonly store.ChangedRow[], naming: Naming): Promise<void> {
  const renamed = rows.filter((row) => row.oldPath !== row.path);
  for (let start = 0; start < renamed.length; start += BATCH) {
    const batch = renamed.slice(start, start + BATCH);
    await saveShown(
      tx,
      batch.map((row) => rename(row, naming)),
    );
  }
}

/** What the old path had said, the new one says now; what a tag or a person has said stays. */
function rename(row: store.ChangedRow, naming: Naming): ShowRow {
  const tags = tagsOf(row, { path: row.oldPath, rootPath: naming.rootPath });
  return { id: row.id, ...toShownRow({ ...row, tags }, naming), tags };
}
