import type { UploadId } from "#contract/ids.ts";
import { write } from "#server/base/db.ts";
import { startRounds } from "#server/base/rounds.ts";
import { discardHeld, discardSession } from "./discarding.ts";
import * as due from "./due-store.ts";
import { finishUpload } from "./finishing.ts";
import type { UploadDeps } from "./holding.ts";
import * as store from "./store.ts";

const LOOK_AFTER_MS = 10_000;
const MOST_AT_ONCE = 20;
const DISCARD_MS = 60_000;

/**
 * Goes on with what nobody is at any more: uploads that have all their bytes get their name, those
 * whose time is over are discarded. Several servers may do so at once.
 */
export async function sweepUploads(deps: UploadDeps, signal: AbortSignal): Promise<void> {
  if (await deps.maintenance.find()) return;
  for (const id of await due.listDue(deps.db, MOST_AT_ONCE)) {
    if (signal.aborted) return;
    await settle(deps, id, signal).catch((error: unknown) => {
      if (!signal.aborted) deps.log.warn({ err: error, uploadId: id }, "an upload does not go on");
    });
  }
}

async function settle(deps: UploadDeps, id: UploadId, signal: AbortSignal): Promise<void> {
  const age = await due.findAge(deps.db, id);
  const upload = await write(deps, (tx) => store.takeLease(tx, id));
  if (!age || !upload) return;
  if (age.isGivenUp || (age.isOver && upload.session === null)) {
    return write(deps, (tx) => store.deleteUpload(tx, upload));
  }
  const until = AbortSignal.any([signal, AbortSignal.timeout(DISCARD_MS)]);
  if (age.isOver) return discardHeld(deps, upload, until);
  if (upload.state === "finishing") await finishUpload(deps, upload);
  else await discardFailed(deps, upload, until);
}

/** People still see why it failed; what the storage has of it goes now. */
async function discardFailed(
  deps: UploadDeps,
  upload: store.UploadRow,
  signal: AbortSignal,
): Promise<void> {
  await discardSession(deps, upload, signal);
  const { message } = upload;
  await write(deps, (tx) =>
    store.saveFailed(tx, upload, { message: message ?? "", session: null }),
  );
}

/** Sweeps now and every few seconds. */
export function startUploadSweep(deps: UploadDeps, signal: AbortSignal): void {
  let isSweeping = false;
  const look = async (): Promise<void> => {
    if (isSweeping) return;
    isSweeping = true;
    await sweepUploads(deps, signal).finally(() => {
      isSweeping = false;
    });
  };
  const failure = "could not look for uploads";
  startRounds({ everyMs: LOOK_AFTER_MS, log: deps.log, failure, look }, signal);
}
