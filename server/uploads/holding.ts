import type { UploadId } from "#contract/ids.ts";
import { write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import type { HealthDeps } from "#server/connections/health.ts";
import { untilPaused } from "#server/connections/pause.ts";
import {
  type AttachedConnection,
  openStorage,
  type StorageDeps,
} from "#server/connections/service.ts";
import type { Deps } from "#server/deps.ts";
import type { Writing } from "#server/storage/writing.ts";
import * as store from "./store.ts";

export type UploadDeps = StorageDeps & HealthDeps & Pick<Deps, "log" | "maintenance">;

/** Where an upload goes, ready to take it. */
export type WritableConnection = AttachedConnection & { readonly writing: Writing };

const RENEW_AFTER_MS = 10_000;
const BUSY_SECONDS = 5;

/** @throws AppError `conflict` while somebody else is at it. */
export async function takeUpload(deps: Pick<Deps, "db">, id: UploadId): Promise<store.UploadRow> {
  const upload = await write(deps, (tx) => store.takeLease(tx, id));
  if (upload) return upload;
  throw new AppError(
    "conflict",
    "This recording is being received already, perhaps from another window. Nothing is lost; it can be gone on with in a few seconds.",
    { retryAfterSeconds: BUSY_SECONDS },
  );
}

/**
 * Stays the one who is at it for as long as the work takes.
 *
 * @param work - gets a signal that is aborted as `signal` is, and when another one has taken over.
 */
export async function whileHeld<T>(
  deps: Pick<Deps, "db" | "log">,
  held: store.Held,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ending = new AbortController();
  const timer = setInterval(() => {
    void write(deps, (tx) => store.renewLease(tx, held))
      .then((isOurs) => isOurs || ending.abort(takenOver()))
      .catch((error) => deps.log.warn({ err: error }, "an upload could not renew"));
  }, RENEW_AFTER_MS);
  try {
    return await work(AbortSignal.any([signal, ending.signal]));
  } finally {
    clearInterval(timer);
    // Ends the listening for a pause as well.
    ending.abort(takenOver());
  }
}

/** @throws AppError as `openStorage`, or `storage_refused` for one that is only read. */
export async function openWriting(
  deps: UploadDeps,
  upload: Pick<store.UploadRow, "connectionId">,
  signal: AbortSignal,
): Promise<WritableConnection> {
  const until = untilPaused(deps, upload.connectionId, signal);
  const connection = await openStorage(deps, upload.connectionId, until);
  const { writing } = connection.storage;
  if (!writing) throw new AppError("storage_refused", "This storage takes no uploads any more.");
  return { ...connection, writing };
}

export const takenOver = (): AppError =>
  new AppError(
    "conflict",
    "Another connection goes on with this recording, so this one was ended. Nothing is lost.",
    { retryAfterSeconds: BUSY_SECONDS },
  );
