import { z } from "zod";
import type { UserId } from "#contract/ids.ts";
import type { ExportEntry, ExportLink } from "#contract/leaving.ts";
import { noteEvent } from "#server/audit/service.ts";
import { getHolder } from "#server/auth/ending.ts";
import { linkTo } from "#server/auth/links.ts";
import { requireRecent } from "#server/auth/reauthentication.ts";
import type { Actor, Device } from "#server/base/actor.ts";
import { type Tx, write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import { createId } from "#server/base/ids.ts";
import { defineJob } from "#server/base/jobs.ts";
import type { Deps } from "#server/deps.ts";
import { sendLetter } from "#server/mail/service.ts";
import { listMemberships } from "./export-data-store.ts";
import { listFiles } from "./export-files.ts";
import * as store from "./export-store.ts";
import { exportReadyLetter } from "./letters.ts";
import { pack } from "./packing.ts";

/** Somebody wants a copy of everything of theirs. */
export const exportRequested = defineJob("leaving.export", z.object({ exportId: z.uuid() }));

const MOST_A_DAY = 3;
const LIFETIME_SECONDS = 86_400;

type ExportDeps = Pick<Deps, "config" | "db" | "jobs" | "log" | "now" | "vault">;

/** The newest first. */
export async function listExports(deps: Pick<Deps, "db">, actor: Actor): Promise<ExportEntry[]> {
  return (await store.listExports(deps.db, actor.userId)).map(toEntry);
}

/**
 * Asks for a copy of everything of the actor's; a job makes it, and a mail says when it is ready.
 *
 * @throws AppError `reauthentication_required`; `conflict` while one is being made; `rate_limited`
 *   after three in a day.
 */
export async function requestExport(
  deps: ExportDeps,
  actor: Actor,
  device: Device,
): Promise<ExportEntry> {
  await requireRecent(deps, actor);
  const { userId } = actor;
  return write(deps, async (tx) => {
    await store.lockRequests(tx, userId);
    await requireTurn(tx, userId);
    const id = createId<string>(deps.now());
    await store.insertExport(tx, id, userId);
    await exportRequested.enqueue(deps, tx, { exportId: id });
    const about = { actorId: userId, subjectId: userId, device };
    await noteEvent(deps, tx, { action: "account.export_requested", ...about });
    return toEntry(await requireOwn(tx, userId, id));
  });
}

/**
 * Where the copy can be downloaded. Asked for before, so that a browser that has to show its password
 * once more is told here and not by the download.
 *
 * @throws AppError `reauthentication_required`, `not_found`, `conflict`, `gone`.
 */
export async function getExportLink(
  deps: Pick<Deps, "db">,
  actor: Actor,
  exportId: string,
): Promise<ExportLink> {
  await requireRecent(deps, actor);
  const { state } = await requireOwn(deps.db, actor.userId, exportId);
  if (state !== "ready") throw cannotBeHad(state);
  return { url: `/exports/${exportId}` };
}

/** Makes the copy, from its beginning whatever was made before. Safe to repeat. */
export async function makeExport(
  deps: ExportDeps,
  exportId: string,
  signal: AbortSignal,
): Promise<void> {
  const claim = { exportId, claimId: crypto.randomUUID() };
  const userId = await write(deps, (tx) => store.beginMaking(tx, claim));
  if (userId === undefined) return;
  try {
    const files = await listFiles(deps, userId);
    const sizeBytes = await pack(files, deps.now(), signal, (bytes, part) =>
      savePart(deps, claim, bytes, part),
    );
    await write(deps, (tx) => finish(deps, tx, { ...claim, userId, sizeBytes }));
  } catch (error) {
    signal.throwIfAborted();
    deps.log.error({ err: error, exportId }, "an export was not made");
    await write(deps, (tx) => store.markFailed(tx, claim));
  }
}

async function savePart(
  deps: Pick<Deps, "db">,
  claim: store.Claim,
  bytes: Buffer,
  part: number,
): Promise<void> {
  const isMine = await write(deps, (tx) => store.insertPart(tx, claim, part, bytes));
  if (!isMine) throw new Error("The export is made by somebody else, or not wanted any more.");
}

async function finish(
  deps: ExportDeps,
  tx: Tx,
  made: store.Claim & { readonly userId: UserId; readonly sizeBytes: number },
): Promise<void> {
  const { sizeBytes, userId } = made;
  const isReady = await store.markReady(tx, made, { sizeBytes, lifetimeSeconds: LIFETIME_SECONDS });
  if (!isReady) return;
  const { email, name } = await getHolder(tx, userId);
  if (email === null) return;
  const bands = await listMemberships(tx, userId);
  const home = bands.find(({ isPersonal }) => isPersonal);
  const link = linkTo(deps, home ? `/b/${home.id}/settings` : "/");
  await sendLetter(deps, tx, "export_ready", email, exportReadyLetter(name, link));
}

async function requireTurn(tx: Tx, userId: UserId): Promise<void> {
  const exports = await store.listExports(tx, userId);
  if (exports.some(({ state }) => state === "waiting")) {
    throw new AppError(
      "conflict",
      "A copy is being made already. You get a mail when it is ready.",
    );
  }
  const { asked, secondsLeft } = await store.countRecent(tx, userId);
  if (asked < MOST_A_DAY) return;
  throw new AppError(
    "rate_limited",
    `You have asked for ${MOST_A_DAY} copies within a day. Ask again in ${hoursIn(secondsLeft)}.`,
    { retryAfterSeconds: secondsLeft },
  );
}

function hoursIn(seconds: number): string {
  const hours = Math.max(1, Math.ceil(seconds / 3600));
  return hours === 1 ? "an hour" : `${hours} hours`;
}

/** @throws AppError `not_found` for somebody else's, as if there were none. */
export async function requireOwn(
  db: Parameters<typeof store.findExport>[0],
  userId: UserId,
  exportId: string,
): Promise<store.ExportRow> {
  const row = await store.findExport(db, userId, exportId);
  if (!row) throw new AppError("not_found", "There is no such copy.");
  return row;
}

/** Why an export can't be downloaded, in its state. */
export function cannotBeHad(state: ExportEntry["state"]): AppError {
  switch (state) {
    case "waiting":
      return new AppError(
        "conflict",
        "The copy is still being made. You get a mail when it is ready.",
      );
    case "ready":
      return new AppError(
        "conflict",
        "The copy is being downloaded at the moment. If that breaks off, try again in a minute.",
      );
    case "failed":
      return new AppError("gone", "The copy could not be made. Ask for another one.");
    case "downloaded":
      return new AppError(
        "gone",
        "The copy was downloaded already, which works once. Ask for another one.",
      );
    case "expired":
      return new AppError("gone", "The copy was kept for a day and is gone. Ask for another one.");
  }
}

const toEntry = ({ requestedAt, readyAt, expiresAt, ...row }: store.ExportRow): ExportEntry => ({
  ...row,
  requestedAt: requestedAt.toISOString(),
  readyAt: readyAt?.toISOString() ?? null,
  expiresAt: expiresAt?.toISOString() ?? null,
});
