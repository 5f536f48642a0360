import { DrizzleQueryError } from "drizzle-orm";
import { noteEvent } from "#server/audit/service.ts";
import { write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import { nameFailure } from "#server/base/failures.ts";
import { noteStorageFailure, noteStorageSuccess } from "#server/connections/health.ts";
import { quotaWanted } from "#server/connections/quota.ts";
import type { Deps } from "#server/deps.ts";
import { queueScanAnew } from "#server/library/scans.ts";
import { isNameTaken } from "#server/storage/writing.ts";
import {
  openWriting,
  takenOver,
  type UploadDeps,
  type WritableConnection,
  whileHeld,
} from "./holding.ts";
import { numberedName } from "./names.ts";
import * as store from "./store.ts";

/** A Nextcloud puts a long recording together for minutes. */
const FINISH_MS = 15 * 60_000;
const RETRY_SECONDS = 30;
const MOST_NAMES = 1_000;

/**
 * Gives an upload that has all its bytes its name in the storage, and lets the library find it. Takes
 * no caller's signal: whoever hangs up now has sent everything. The caller holds it, and does not any
 * more afterwards; what may work later is tried again by itself.
 *
 * @throws AppError `gone` when nothing is left of it, `conflict` when it has to be sent anew, and the
 *   storage's.
 */
export async function finishUpload(
  deps: UploadDeps,
  upload: store.UploadRow,
): Promise<store.UploadRow> {
  try {
    return await whileHeld(deps, upload, AbortSignal.timeout(FINISH_MS), async (signal) => {
      const connection = await openWriting(deps, upload, signal);
      await giveName(deps, connection, upload);
      if (connection.health !== "active") await noteStorageSuccess(deps, connection);
      return noteDone(deps, upload);
    });
  } catch (error) {
    await settleFailure(deps, upload, error);
    throw error;
  }
}

async function giveName(
  deps: UploadDeps,
  connection: WritableConnection,
  upload: store.UploadRow,
): Promise<void> {
  const receipts = await store.listReceipts(deps.db, upload.id);
  const { writing } = connection;
  let [name, isRepeated] = [upload.finalName, upload.finalName !== null];
  for (;;) {
    name ??= await reserveName(deps, upload, null);
    try {
      await writing.finish(upload.session?.held, { receipts, name, isRepeated });
      return;
    } catch (error) {
      if (!isNameTaken(error)) {
        await noteStorageFailure(deps, connection, error);
        throw error;
      }
      if (writing.bindsName) return await beginAnew(deps, connection, upload);
      name = await reserveName(deps, upload, name);
      isRepeated = false;
    }
  }
}

/** Somebody else has put a file of that name there since it began. */
async function beginAnew(
  deps: UploadDeps,
  connection: WritableConnection,
  upload: store.UploadRow,
): Promise<never> {
  await connection.writing.discard(upload.session?.held);
  await beginSession(deps, connection, upload);
  throw new AppError(
    "conflict",
    "Another file got the name of this recording meanwhile. Nothing was overwritten; the recording has to be sent once more, and gets another name.",
  );
}

/**
 * Begins an upload in the storage, under the first name that is free where that has to be known.
 *
 * @returns the session.
 */
export async function beginSession(
  deps: UploadDeps,
  { writing }: WritableConnection,
  upload: store.UploadRow,
): Promise<unknown> {
  const { id, rootRef: root, folder, sizeBytes } = upload;
  const folders = folder === "" ? [] : folder.split("/");
  let name = writing.bindsName ? await reserveName(deps, upload, null) : upload.name;
  for (;;) {
    try {
      const plan = writing.plan({ root, folders, name, sizeBytes }, id);
      await saveSession(deps, upload, { isBegun: false, held: plan });
      const session = await writing.begin(plan);
      await saveSession(deps, upload, { isBegun: true, held: session });
      return session;
    } catch (error) {
      if (!writing.bindsName || !isNameTaken(error)) throw error;
      name = await reserveName(deps, upload, name);
    }
  }
}

async function saveSession(
  deps: Pick<Deps, "db">,
  upload: store.UploadRow,
  session: NonNullable<store.UploadRow["session"]>,
): Promise<void> {
  if (!(await write(deps, (tx) => store.saveSession(tx, upload, session)))) throw takenOver();
}

/**
 * Writes down which name is tried next, so that whoever is killed over it leaves word of it.
 *
 * @param after - what was tried last; `null` for nothing.
 */
async function reserveName(
  deps: Pick<Deps, "db">,
  upload: store.UploadRow,
  after: string | null,
): Promise<string> {
  let number = 1;
  if (after !== null) while (numberedName(upload.name, number++) !== after && number < MOST_NAMES);
  for (; number < MOST_NAMES; number += 1) {
    const name = numberedName(upload.name, number);
    if (await isReserved(deps, upload, name)) return name;
  }
  throw new AppError(
    "storage_refused",
    "There are too many recordings of this name in that folder. Give this one another name, then upload it again.",
  );
}

/** @returns false when another upload has reached for it. */
async function isReserved(
  deps: Pick<Deps, "db">,
  upload: store.UploadRow,
  name: string,
): Promise<boolean> {
  try {
    if (!(await write(deps, (tx) => store.saveFinalName(tx, upload, name)))) throw takenOver();
    return true;
  } catch (error) {
    if (error instanceof DrizzleQueryError && hasCode(error.cause, UNIQUE_VIOLATION)) return false;
    throw error;
  }
}

const UNIQUE_VIOLATION = "23505";

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code;

/** The library and the list of what happened learn of it with the upload itself. */
const noteDone = (deps: UploadDeps, upload: store.UploadRow): Promise<store.UploadRow> =>
  write(deps, async (tx) => {
    const done = await store.saveDone(tx, upload);
    if (!done) throw takenOver();
    const { bandId, connectionId, userId } = done;
    await queueScanAnew(deps, tx, { bandId, connectionId, userId });
    await quotaWanted.enqueue(deps, tx, { connectionId });
    await noteEvent(deps, tx, {
      action: "recording.uploaded",
      actorId: userId,
      subjectId: userId,
      bandId,
    });
    return done;
  });

async function settleFailure(
  deps: Pick<Deps, "db">,
  upload: store.UploadRow,
  error: unknown,
): Promise<void> {
  const { code, message, retryAfterSeconds } = nameFailure(error);
  await write(deps, async (tx) => {
    if (code === "gone") await store.saveFailed(tx, upload, { message, session: upload.session });
    else await store.releaseLease(tx, upload, retryAfterSeconds ?? RETRY_SECONDS);
  });
}
