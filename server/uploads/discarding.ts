import { setTimeout as sleep } from "node:timers/promises";
import type { ConnectionId, UploadId, UserId } from "#contract/ids.ts";
import type { Actor, Device } from "#server/base/actor.ts";
import { write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import type { ConnectDeps } from "#server/connections/connecting.ts";
import { PATIENCE_MS, requireConnection } from "#server/connections/service.ts";
import { disconnect } from "#server/library/disconnecting.ts";
import { listUnfinishedOf } from "./due-store.ts";
import { openWriting, takeUpload, type UploadDeps, whileHeld } from "./holding.ts";
import { requireOwn } from "./service.ts";
import * as store from "./store.ts";

/** Whoever sends has been told to stop; its connection is gone within moments. */
const WAIT_MS = 3_000;
const LOOK_MS = 100;
/** A storage that does not answer keeps nobody from disconnecting it. */
const BRIEF_MS = 5_000;
const RETRY_SECONDS = 600;

/**
 * Gives an upload up. What the storage has of it is discarded, later if it does not answer now.
 *
 * @throws AppError `not_found`, `forbidden`; `conflict` for one that lies in the storage by now, or
 *   while it is still being received.
 */
export async function removeUpload(deps: UploadDeps, actor: Actor, id: UploadId): Promise<void> {
  requireUnfinished(await requireOwn(deps, actor, id));
  const upload = await takePatiently(deps, id);
  if (upload.state === "done") {
    await write(deps, (tx) => store.releaseLease(tx, upload));
    requireUnfinished(upload);
  }
  await write(deps, (tx) => store.saveOver(tx, upload, RETRY_SECONDS));
  await discardHeld(deps, upload, AbortSignal.timeout(PATIENCE_MS));
}

async function takePatiently(deps: UploadDeps, id: UploadId): Promise<store.UploadRow> {
  for (let waitedMs = 0; ; waitedMs += LOOK_MS) {
    try {
      return await takeUpload(deps, id);
    } catch (error) {
      if (!(error instanceof AppError) || waitedMs >= WAIT_MS) throw error;
      await sleep(LOOK_MS);
    }
  }
}

function requireUnfinished({ state }: store.UploadRow): void {
  if (state !== "done") return;
  throw new AppError(
    "conflict",
    "This recording lies in the storage by now, so there is nothing to give up. Nothing was changed.",
  );
}

/**
 * Discards what a storage has of an upload that is over, and forgets it. One that does not answer is
 * asked again by the next sweeps.
 */
export async function discardHeld(
  deps: UploadDeps,
  upload: store.UploadRow,
  signal: AbortSignal,
): Promise<void> {
  try {
    await discardSession(deps, upload, signal);
    await write(deps, (tx) => store.deleteUpload(tx, upload));
  } catch (error) {
    deps.log.warn({ err: error, uploadId: upload.id }, "an upload was not discarded");
    await write(deps, (tx) => store.saveOver(tx, upload, RETRY_SECONDS));
  }
}

/** Leaves nothing of it in the storage; the caller holds it. */
export async function discardSession(
  deps: UploadDeps,
  upload: store.UploadRow,
  signal: AbortSignal,
): Promise<void> {
  const { session } = upload;
  if (session === null) return;
  await whileHeld(deps, upload, signal, async (until) => {
    const { writing } = await openWriting(deps, upload, until);
    await writing.discard(session.held);
  });
}

/** Disconnects a storage, and leaves nothing in it of what was being uploaded, if it answers. */
export async function disconnectStorage(
  deps: UploadDeps & ConnectDeps,
  actor: Actor,
  connectionId: ConnectionId,
  device: Device,
): Promise<void> {
  await requireConnection(deps, actor, connectionId, "owner");
  await discardAllOf(deps, { connectionId });
  await disconnect(deps, actor, connectionId, device);
}

/** Best effort: what somebody is just sending is left to who sends it. */
export async function discardAllOf(
  deps: UploadDeps,
  whose: { readonly connectionId: ConnectionId } | { readonly userId: UserId },
): Promise<void> {
  const ids = await listUnfinishedOf(deps.db, whose);
  const signal = AbortSignal.timeout(BRIEF_MS);
  await Promise.all(
    ids.map(async (id) => {
      const upload = await write(deps, (tx) => store.takeLease(tx, id));
      if (upload) await discardHeld(deps, upload, signal);
    }),
  );
}
