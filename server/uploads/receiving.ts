import type { Readable } from "node:stream";
import type { UploadId } from "#contract/ids.ts";
import type { Actor } from "#server/base/actor.ts";
import { write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import { noteStorageFailure, noteStorageSuccess } from "#server/connections/health.ts";
import type { Part } from "#server/storage/writing.ts";
import { beginSession, finishUpload } from "./finishing.ts";
import {
  openWriting,
  takenOver,
  takeUpload,
  type UploadDeps,
  type WritableConnection,
  whileHeld,
} from "./holding.ts";
import { createPieces, type Pieces } from "./pieces.ts";
import { requireOwn } from "./service.ts";
import * as store from "./store.ts";

/** Bytes of an upload as they arrive. */
export interface Arrival {
  /** Where they belong. */
  readonly offset: number;
  readonly body: Readable;
  /** How many there are; `null` when that is not said. */
  readonly bytes: number | null;
}

const PATIENCE = { idleMs: 60_000, stallMs: 120_000 };

/**
 * Takes bytes of an upload and passes them on to the storage part by part, as fast as it takes them.
 * What does not fill a part is dropped. After the last byte it lies there under its name.
 *
 * @param signal - abort it when whoever sends them is gone: the storage is freed at once.
 * @returns the upload; its offset says from where on there are bytes missing.
 * @throws AppError `not_found`, `forbidden`, `gone`; `conflict` for another offset, or while somebody
 *   else is at it; `payload_too_large` for more than is missing; and the storage's.
 */
export async function receiveBytes(
  deps: UploadDeps,
  actor: Actor,
  id: UploadId,
  arrival: Arrival,
  signal: AbortSignal,
): Promise<store.UploadRow> {
  const found = await requireOwn(deps, actor, id);
  requireFitting(found, arrival);
  if (found.state === "done") return found;
  let upload = await takeUpload(deps, id);
  try {
    requireFitting(upload, arrival);
    if (upload.state === "receiving") {
      upload = await whileHeld(deps, upload, signal, (until) =>
        passOn(deps, upload, arrival, until),
      );
    }
  } catch (error) {
    await giveUp(deps, upload, error);
    throw error;
  }
  if (upload.state === "finishing") return finishUpload(deps, upload);
  await write(deps, (tx) => store.releaseLease(tx, upload));
  return upload;
}

function requireFitting(upload: store.UploadRow, { offset, bytes }: Arrival): void {
  if (upload.state === "failed") throw new AppError("gone", upload.message ?? "It has failed.");
  if (offset !== upload.offsetBytes) throw anotherOffset();
  if ((bytes ?? 0) > upload.sizeBytes - offset) throw tooMuch();
  const last = Math.min(upload.offsetBytes + upload.partBytes, upload.sizeBytes);
  if (bytes !== null && bytes > 0 && offset + bytes < last) throw tooLittle(last - offset);
}

async function passOn(
  deps: UploadDeps,
  upload: store.UploadRow,
  arrival: Arrival,
  signal: AbortSignal,
): Promise<store.UploadRow> {
  const connection = await openWriting(deps, upload, signal);
  const pieces = createPieces(arrival.body, PATIENCE);
  const course: Course = { upload, arrival, pieces };
  try {
    await passOnParts(deps, connection, course);
  } catch (error) {
    const isCutOff = signal.aborted || pieces.end !== null;
    if (!isCutOff) await noteStorageFailure(deps, connection, error);
    const isDropped = pieces.end?.failure === null && !signal.aborted;
    if (!isDropped) throw isCutOff ? nameCut(error, signal) : error;
  } finally {
    pieces.stop();
  }
  return course.upload;
}

/** How far it has come. */
interface Course {
  upload: store.UploadRow;
  readonly arrival: Arrival;
  readonly pieces: Pieces;
}

async function passOnParts(
  deps: UploadDeps,
  connection: WritableConnection,
  course: Course,
): Promise<void> {
  const known = course.upload.session;
  const session = known?.isBegun ? known.held : await beginSession(deps, connection, course.upload);
  while (course.upload.state === "receiving" && (await fillsNext(course))) {
    course.upload = await passOnPart(deps, connection, course, session);
    if (connection.health !== "active") await noteStorageSuccess(deps, connection);
  }
}

/** Whoever has hung up is no failure of the storage's, though that is where it shows. */
function nameCut(error: unknown, { reason }: AbortSignal): AppError {
  if (reason instanceof AppError) return reason;
  return new AppError("invalid_input", "The recording broke off. What came before is kept.", {
    cause: error,
  });
}

/** Whether as much is to come as the next part takes, as far as that is said. */
async function fillsNext({ upload, arrival, pieces }: Course): Promise<boolean> {
  if (!(await pieces.hasMore())) {
    if (pieces.end?.failure) throw pieces.end.failure;
    return false;
  }
  const { offset, bytes } = arrival;
  const end = bytes === null ? upload.sizeBytes : offset + bytes;
  return end - upload.offsetBytes >= nextPart(upload).bytes;
}

function nextPart({ offsetBytes, partBytes, sizeBytes }: store.UploadRow): Part {
  const bytes = Math.min(partBytes, sizeBytes - offsetBytes);
  return { index: Math.floor(offsetBytes / partBytes), startByte: offsetBytes, bytes };
}

async function passOnPart(
  deps: UploadDeps,
  { writing }: WritableConnection,
  { upload, pieces }: Course,
  session: unknown,
): Promise<store.UploadRow> {
  const part = nextPart(upload);
  const body = pieces.take(part.bytes);
  const receipt = await writing.writePart(session, part, body).finally(() => body.destroy());
  const offsetBytes = part.startByte + part.bytes;
  const saved = await write(deps, (tx) =>
    store.savePart(tx, upload, { index: part.index, receipt, offsetBytes }),
  );
  if (!saved) throw takenOver();
  return saved;
}

/** It stays as it is; but for one that the storage has lost, nothing more can be done. */
async function giveUp(deps: UploadDeps, upload: store.UploadRow, error: unknown): Promise<void> {
  const isLost = error instanceof AppError && error.code === "gone" && upload.state !== "failed";
  await write(deps, async (tx) => {
    if (!isLost) return store.releaseLease(tx, upload);
    const { message } = error;
    await store.saveFailed(tx, upload, { message, session: upload.session });
  });
}

const anotherOffset = (): AppError =>
  new AppError(
    "conflict",
    "The recording goes on at another byte than this. Ask for its offset first; nothing was changed.",
  );

const tooMuch = (): AppError =>
  new AppError(
    "payload_too_large",
    "This is more than is missing of the recording. Nothing was changed.",
  );

const tooLittle = (bytes: number): AppError =>
  new AppError(
    "invalid_input",
    `The storage takes this recording in larger parts: send at least ${bytes} bytes at once. Nothing was changed.`,
  );
