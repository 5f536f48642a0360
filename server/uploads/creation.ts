import type { UploadId } from "#contract/ids.ts";
import { type Member, requireMember } from "#server/bands/service.ts";
import type { Actor } from "#server/base/actor.ts";
import { write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import { createId } from "#server/base/ids.ts";
import { noteStorageFailure, noteStorageSuccess } from "#server/connections/health.ts";
import { PATIENCE_MS } from "#server/connections/service.ts";
import type { Deps } from "#server/deps.ts";
import { isAudio } from "#server/library/audio-types.ts";
import type { Storage } from "#server/storage/provider.ts";
import { beginSession, finishUpload } from "./finishing.ts";
import { openWriting, type UploadDeps, type WritableConnection, whileHeld } from "./holding.ts";
import type { Metadata } from "./metadata.ts";
import { toFileName } from "./names.ts";
import * as store from "./store.ts";
import { findFolders, requirePrimary } from "./target.ts";

/** A browser sends a few at a time; whoever leaves that many lying about has forgotten them. */
const MOST_UNFINISHED = 10;

export interface Wanted extends Metadata {
  readonly sizeBytes: number;
}

/**
 * Begins an upload to the band's primary storage. One without bytes is done at once.
 *
 * @throws AppError `not_found`, `forbidden`, `invalid_input`, `payload_too_large`, `rate_limited`
 *   for too many at once, `storage_full`, and why the storage takes none.
 */
export async function createUpload(
  deps: UploadDeps,
  actor: Actor,
  wanted: Wanted,
): Promise<store.UploadRow> {
  const member = await requireMember(deps, actor, wanted.bandId, "editor");
  const name = toFileName(wanted.filename);
  if (!isAudio(name)) throw noAudio();
  const { primary, writing } = await requirePrimary(deps, member);
  const { sizeBytes } = wanted;
  if (sizeBytes > (writing.maxBytes ?? Number.POSITIVE_INFINITY)) throw tooLong(primary.name);
  const { folders } = await findFolders(deps, member, wanted.modified ?? deps.now());
  const upload = await insert(deps, member, {
    connectionId: primary.id,
    name,
    rootRef: primary.rootRef,
    rootPath: primary.rootPath ?? "",
    folder: folders.join("/"),
    sizeBytes,
    partBytes: Math.min(writing.partBytes(sizeBytes), Number.MAX_SAFE_INTEGER),
  });
  return begin(deps, upload);
}

const insert = (
  deps: Pick<Deps, "db" | "now">,
  { bandId, userId }: Member,
  made: Omit<store.NewUpload, "id" | "bandId" | "userId">,
): Promise<store.UploadRow> =>
  write(deps, async (tx) => {
    await store.lockUploader(tx, userId);
    if ((await store.countUnfinished(tx, userId)) >= MOST_UNFINISHED) throw tooMany();
    return store.insertUpload(tx, { id: createId<UploadId>(deps.now()), bandId, userId, ...made });
  });

/** In the storage. What does not begin leaves nothing behind. */
async function begin(deps: UploadDeps, upload: store.UploadRow): Promise<store.UploadRow> {
  try {
    await whileHeld(deps, upload, AbortSignal.timeout(PATIENCE_MS), async (signal) => {
      const connection = await openWriting(deps, upload, signal);
      await beginWithin(deps, connection, upload).catch(async (error) => {
        await noteStorageFailure(deps, connection, error);
        throw error;
      });
      if (connection.health !== "active") await noteStorageSuccess(deps, connection);
    });
  } catch (error) {
    await write(deps, (tx) => store.deleteUpload(tx, upload));
    throw error;
  }
  if (upload.sizeBytes === 0) return finishEmpty(deps, upload);
  await write(deps, (tx) => store.releaseLease(tx, upload));
  return upload;
}

async function beginWithin(
  deps: UploadDeps,
  connection: WritableConnection,
  upload: store.UploadRow,
): Promise<void> {
  await requireRoom(connection.storage, upload.sizeBytes);
  await beginSession(deps, connection, upload);
}

/** It has no bytes that could be sent. */
async function finishEmpty(deps: UploadDeps, upload: store.UploadRow): Promise<store.UploadRow> {
  await write(deps, (tx) => store.markFinishing(tx, upload));
  const found = await store.findUpload(deps.db, upload, upload.id);
  return finishUpload(deps, { ...(found?.upload ?? upload), lease: upload.lease });
}

/** One that does not say how full it is says so when it is. */
async function requireRoom(storage: Storage, sizeBytes: number): Promise<void> {
  const quota = (await storage.quota?.()) ?? null;
  if (quota === null || quota.totalBytes === null) return;
  const missing = sizeBytes - Math.max(0, quota.totalBytes - quota.usedBytes);
  if (missing <= 0) return;
  throw new AppError(
    "storage_full",
    `The storage has too little room for this recording: ${toSize(missing)} are missing. Nothing was uploaded; make room there, then try again.`,
  );
}

function toSize(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  const power = Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1);
  const size = bytes / 1000 ** power;
  return `${size < 10 && power > 0 ? Math.ceil(size * 10) / 10 : Math.ceil(size)} ${units[power]}`;
}

const noAudio = (): AppError =>
  new AppError(
    "invalid_input",
    "This is no recording by its name, so it was not uploaded. MP3, M4A, FLAC, OGG, Opus, WAV, AIFF, AAC and WMA can be.",
  );

const tooLong = (storage: string): AppError =>
  new AppError(
    "payload_too_large",
    `${storage} takes no files as large as this recording. Nothing was uploaded.`,
  );

const tooMany = (): AppError =>
  new AppError(
    "rate_limited",
    `You have ${MOST_UNFINISHED} uploads under way, and that is as many as there can be. Wait until one of them is done, or give one up.`,
    { retryAfterSeconds: 10 },
  );
