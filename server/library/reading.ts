import { posix } from "node:path";
import { AppError } from "#server/base/errors.ts";
import type { AttachedConnection } from "#server/connections/service.ts";
import { workThrough } from "./batches.ts";
import { type CoverKeeper, createCoverKeeper } from "./covers.ts";
import { holdRule } from "./naming-store.ts";
import { createPace, isForNow } from "./pace.ts";
import { type Failure, type FileContent, toRows } from "./read-rows.ts";
import * as store from "./reading-store.ts";
import {
  type FileFacts,
  findSize,
  hasChanged,
  openRemoteFile,
  type Reach,
  toFingerprint,
} from "./remote-file.ts";
import { reunite } from "./reunion.ts";
import type { RunDeps, ScanRun } from "./scan-run.ts";
import { saveReading } from "./scan-store.ts";
import { listEdits } from "./shown-store.ts";
import { isForeign } from "./tag-origin.ts";
import { startTagReader, type TagReader } from "./tag-reader.ts";
import { forgetWritten, listOriginals } from "./tag-writing-store.ts";

export interface ReadingOptions {
  readonly firstWaitMs: number;
  /** How long the storage may be away before the scan gives up. */
  readonly patienceMs: number;
}

interface Outcome {
  readonly row: store.UnreadRow;
  readonly bytesRead: number;
  /** `null`: it could not be looked at now; the next scan tries again. */
  readonly content: FileContent | null;
}

interface Tools {
  readonly reader: TagReader;
  readonly covers: CoverKeeper;
}

const PACE = { start: 8, most: 32, tries: 3 };
const PAGE = 1_000;
/** Files that wait for their cover to be drawn hold it in memory. */
const MOST_WAITING_COVERS = 24;

const EMPTY =
  "The file is empty. Perhaps it is still being uploaded; it is read again when it has changed.";
const NO_AUDIO =
  "Nothing in this file can be read as audio. It may be damaged, cut off, or something else under the name of a recording. It was left as it is.";
/**
 * Reads the tags of everything that is new or has changed, also of what earlier scans left.
 *
 * @throws AppError when the storage refuses our access, or is away for longer than our patience;
 *   what was read until then is kept.
 */
export async function readTracks(
  deps: RunDeps,
  run: ScanRun,
  { storage, rootPath }: AttachedConnection,
  options: ReadingOptions,
): Promise<void> {
  const unread = await store.countUnread(deps.db, run.scan);
  await run.commit(async (tx) => {
    await saveReading(tx, run.scan, unread);
    return { result: undefined };
  }, true);
  if (unread === 0) return;

  const pace = createPace({ ...PACE, ...options, signal: run.signal });
  const covers = createCoverKeeper(deps, run);
  const reader = startTagReader();
  let after: store.UnreadRow["id"] | null = null;
  const more = async (): Promise<store.UnreadRow[]> => {
    const rows = await store.listUnread(deps.db, run.scan, { after, limit: PAGE });
    after = rows.at(-1)?.id ?? after;
    return rows;
  };
  const work = async (row: store.UnreadRow): Promise<Outcome> => {
    let bytesRead = 0;
    const noteBytes = (count: number): void => {
      bytesRead += count;
    };
    const reach = { storage, pace, signal: run.signal, noteBytes };
    const content = await readFile(reach, { reader, covers }, row).catch((error) => {
      run.signal.throwIfAborted();
      return toFailure(deps, error, pace.isSilent());
    });
    return { row, bytesRead, content };
  };
  try {
    await workThrough({
      queue: [],
      more,
      work,
      save: (outcomes) => saveOutcomes(run, outcomes, rootPath ?? ""),
      width: () => pace.width() + Math.min(covers.waiting(), MOST_WAITING_COVERS),
      signal: run.signal,
    });
  } finally {
    await reader.close();
  }
}

/** A file that has changed since it was listed is read once more, as it is now. */
async function readFile(reach: Reach, tools: Tools, row: store.UnreadRow): Promise<FileContent> {
  try {
    if (row.sizeBytes > 0) return await readVersion(reach, tools, row, row);
  } catch (error) {
    if (error !== hasChanged) throw error;
  }
  const { etag, modifiedAt, ...now } = await reach.pace.ask(() => reach.storage.stat(row.ref));
  const sizeBytes = now.sizeBytes ?? (await findSize(reach, row.ref));
  const facts = { sizeBytes, etag, modifiedAt };
  if (sizeBytes > 0) return readVersion(reach, tools, row, facts);
  return { facts, fingerprint: null, found: { kind: "failure", failure: EMPTY, isRead: true } };
}

async function readVersion(
  reach: Reach,
  { reader, covers }: Tools,
  { ref, path }: store.UnreadRow,
  { sizeBytes, etag, modifiedAt }: FileFacts,
): Promise<FileContent> {
  const facts = { sizeBytes, etag, modifiedAt };
  const file = await openRemoteFile(reach, ref, facts);
  const { head, tail, fetch } = file;
  const parsed = await reader.read({ name: posix.basename(path), sizeBytes, head, tail }, fetch);
  const fingerprint = toFingerprint(file);
  if (!parsed) {
    return { facts, fingerprint, found: { kind: "failure", failure: NO_AUDIO, isRead: true } };
  }
  const coverHash = parsed.picture ? await covers.keep(parsed.picture) : null;
  return { facts, fingerprint, found: { kind: "recording", tags: parsed.tags, coverHash } };
}

/**
 * @returns what is to be remembered of the file; `null` to leave it for the next scan.
 * @throws what concerns more than this file.
 */
function toFailure(deps: RunDeps, error: unknown, isSilent: boolean): FileContent | null {
  if (!(error instanceof AppError)) {
    deps.log.error({ err: error }, "a file could not be read");
    return null;
  }
  const isEverywhere = error.code === "storage_reconnect" || error.code === "rate_limited";
  if (isEverywhere || (isForNow(error) && isSilent)) throw error;
  if (error.code !== "storage_refused") return null;
  const found: Failure = { kind: "failure", failure: error.message, isRead: false };
  return { facts: null, fingerprint: null, found };
}

function saveOutcomes(run: ScanRun, outcomes: readonly Outcome[], rootPath: string): Promise<void> {
  const looked = outcomes.flatMap(({ row, content }) => (content ? [{ row, content }] : []));
  const contents = looked.flatMap(({ row: { ref }, content: { fingerprint } }) =>
    fingerprint === null ? [] : [{ ref, fingerprint }],
  );
  return run.commit(async (tx) => {
    const naming = { rule: await holdRule(tx, run.scan), rootPath };
    const known = await store.listKnown(
      tx,
      run.scan,
      looked.map(({ row }) => row.ref),
      contents.map((each) => each.fingerprint),
    );
    const { trackAt, placed, removed, exchanged } = reunite(contents, known);
    await store.deleteTracks(tx, removed);
    await store.savePlaces(tx, placed);
    const ids = [...trackAt.values()];
    const edits = await listEdits(tx, ids);
    const originals = await listOriginals(tx, ids);
    const { read, failed } = toRows(looked, trackAt, { ...naming, edits, originals });
    await store.saveRead(tx, read);
    await forgetWritten(
      tx,
      read.filter(({ id, tags }) => isForeign(originals.get(id), tags)).map(({ id }) => id),
    );
    await store.saveFailed(tx, failed);
    return {
      result: undefined,
      counts: {
        read: read.length,
        failed: outcomes.length - read.length,
        bytesRead: outcomes.reduce((sum, each) => sum + each.bytesRead, 0),
        added: -removed.length,
        changed: -exchanged,
        moved: removed.length + exchanged,
      },
    };
  });
}
