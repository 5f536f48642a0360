import { Readable } from "node:stream";
import { noteEvent } from "#server/audit/service.ts";
import { requireRecent } from "#server/auth/reauthentication.ts";
import type { Actor, Device } from "#server/base/actor.ts";
import { write } from "#server/base/db.ts";
import type { Deps } from "#server/deps.ts";
import * as store from "./download-store.ts";
import type { Claim } from "./export-store.ts";
import { cannotBeHad, requireOwn } from "./exports.ts";

/** A server that is killed gives a download back after so long. */
const CLAIM_SECONDS = 60;
const RENEW_AFTER_MS = 20_000;

/** An archive on its way out. */
export interface OpenedExport {
  /** `backline-export-2026-11-26.zip` */
  readonly name: string;
  readonly sizeBytes: number;
  readonly body: Readable;
  /**
   * To be called once, when the answer is over. The archive is gone only if every byte has left; else
   * it can be downloaded again.
   */
  settle(isComplete: boolean): Promise<void>;
}

/** What an archive is called and how long it is, without taking it. @throws AppError as `openExport` */
export async function describeExport(
  deps: Pick<Deps, "db">,
  actor: Actor,
  exportId: string,
): Promise<Pick<OpenedExport, "name" | "sizeBytes">> {
  await requireRecent(deps, actor);
  const { state, sizeBytes, readyAt } = await requireOwn(deps.db, actor.userId, exportId);
  if (state !== "ready" || readyAt === null) throw cannotBeHad(state);
  return { name: nameOf(readyAt), sizeBytes: sizeBytes ?? 0 };
}

/**
 * Opens the actor's archive for its one download. It takes a password that was shown a moment ago, as
 * asking for it did: who finds a device unlocked gets nothing.
 *
 * @throws AppError `reauthentication_required`; `not_found` for somebody else's; `conflict` while it
 *   is made or somebody else downloads it; `gone` when it was downloaded or its day is over.
 */
export async function openExport(
  deps: Pick<Deps, "db" | "log" | "now">,
  actor: Actor,
  exportId: string,
  device: Device,
): Promise<OpenedExport> {
  await requireRecent(deps, actor);
  const claim = { exportId, claimId: crypto.randomUUID() };
  const found = await write(deps, (tx) =>
    store.claimDownload(tx, actor.userId, claim, CLAIM_SECONDS),
  );
  if (!found) throw cannotBeHad((await requireOwn(deps.db, actor.userId, exportId)).state);

  const stopHolding = hold(deps, claim);
  return {
    name: nameOf(found.readyAt),
    sizeBytes: found.sizeBytes,
    body: Readable.from(readParts(deps, exportId), { objectMode: false }),
    async settle(isComplete) {
      stopHolding();
      await (isComplete ? close(deps, actor, device, claim) : giveBack(deps, claim));
    },
  };
}

async function close(
  deps: Pick<Deps, "db" | "now">,
  { userId }: Actor,
  device: Device,
  claim: Claim,
): Promise<void> {
  await write(deps, async (tx) => {
    if (!(await store.markDownloaded(tx, claim))) return;
    const about = { actorId: userId, subjectId: userId, device };
    await noteEvent(deps, tx, { action: "account.export_downloaded", ...about });
  });
}

const giveBack = (deps: Pick<Deps, "db">, claim: Claim): Promise<void> =>
  write(deps, (tx) => store.releaseClaim(tx, claim));

async function* readParts(deps: Pick<Deps, "db">, exportId: string): AsyncGenerator<Buffer> {
  for (let part = 0; ; part += 1) {
    const bytes = await store.findPart(deps.db, exportId, part);
    if (!bytes) return;
    yield bytes;
  }
}

/** A slow line may take longer than the claim lasts. */
function hold(deps: Pick<Deps, "db" | "log">, claim: Claim): () => void {
  const timer = setInterval(() => {
    write(deps, (tx) => store.renewClaim(tx, claim, CLAIM_SECONDS)).catch((error: unknown) =>
      deps.log.warn({ err: error }, "the claim of a download was not renewed"),
    );
  }, RENEW_AFTER_MS);
  timer.unref();
  return () => clearInterval(timer);
}

const nameOf = (readyAt: Date): string =>
  `backline-export-${readyAt.toISOString().slice(0, 10)}.zip`;
