import type { BandId } from "#contract/ids.ts";
import type { SetFolderPattern, UploadTarget } from "#contract/uploads.ts";
import { type Member, requireMember, saveUploadPattern } from "#server/bands/service.ts";
import type { Actor } from "#server/base/actor.ts";
import { AppError } from "#server/base/errors.ts";
import { attachStorage, nameStoragePaused } from "#server/connections/service.ts";
import type { Deps } from "#server/deps.ts";
import type { Writing } from "#server/storage/writing.ts";
import type { UploadDeps } from "./holding.ts";
import { DEFAULT_PATTERN, toFolders } from "./names.ts";
import * as store from "./target-store.ts";

type Primary = NonNullable<Awaited<ReturnType<typeof store.findPrimary>>>;

/** Where uploads of a band go, and whether they can. The storage itself is not asked. */
export async function getTarget(
  deps: UploadDeps,
  actor: Actor,
  bandId: BandId,
): Promise<UploadTarget> {
  const member = await requireMember(deps, actor, bandId, "editor");
  const primary = await store.findPrimary(deps.db, member);
  const { pattern, folders } = await findFolders(deps, member, deps.now());
  const writing = primary && findWriting(deps, primary);
  return {
    connectionId: primary?.id ?? null,
    storageName: primary?.name ?? null,
    unavailableBecause: findObstacle(deps, primary, writing)?.message ?? findOutage(primary),
    pattern,
    example: folders.join("/"),
    maxBytes: writing?.maxBytes ?? null,
  };
}

export async function setPattern(
  deps: UploadDeps,
  actor: Actor,
  { bandId, pattern }: SetFolderPattern,
): Promise<UploadTarget> {
  await saveUploadPattern(deps, actor, bandId, pattern);
  return getTarget(deps, actor, bandId);
}

/** Folders for a recording of a day, below the root. */
export async function findFolders(
  deps: Pick<Deps, "db">,
  member: Member,
  day: Date,
): Promise<{ pattern: string; folders: string[] }> {
  const names = await store.findNames(deps.db, member);
  if (!names) throw new AppError("not_found", "There is no such band.");
  const pattern = names.pattern ?? DEFAULT_PATTERN;
  return { pattern, folders: toFolders(pattern, { ...names, day }) };
}

/**
 * The band's primary storage, if it takes uploads as far as is known without asking it.
 *
 * @throws AppError `conflict`, `storage_refused` or `storage_reconnect` with the sentence why not.
 */
export async function requirePrimary(
  deps: UploadDeps,
  member: Member,
): Promise<{ primary: Primary; writing: Writing }> {
  const primary = await store.findPrimary(deps.db, member);
  const writing = primary && findWriting(deps, primary);
  const obstacle = findObstacle(deps, primary, writing);
  if (!primary || !writing || obstacle) throw obstacle ?? noPrimary();
  return { primary, writing };
}

/** What it can do, without asking it anything. */
function findWriting(deps: UploadDeps, primary: Primary): Writing | undefined {
  if (primary.pausedAt !== null) return undefined;
  return attachStorage(deps, primary, AbortSignal.abort(), false).writing;
}

function findObstacle(
  deps: Pick<Deps, "providers">,
  primary: Primary | undefined,
  writing: Writing | undefined,
): AppError | undefined {
  if (!primary) return noPrimary();
  if (primary.pausedAt !== null) return nameStoragePaused();
  if (primary.isDemo) return onlyDemo();
  if (!writing) return onlyRead(deps.providers[primary.provider].name);
  if (primary.health === "needs_reconnect") return endedAccess(primary);
  return primary.hasRoot ? undefined : noRoot(primary);
}

/** It is tried all the same: it may work by then. */
const findOutage = (primary: Primary | undefined): string | null =>
  primary?.health === "unavailable" ? primary.healthMessage : null;

const noPrimary = (): AppError =>
  new AppError(
    "conflict",
    "This band has no storage that recordings could go to. Connect one on the Storage screen first.",
  );

const noRoot = ({ name }: Primary): AppError =>
  new AppError(
    "conflict",
    `No folder of ${name} was chosen yet, so it is not known where recordings go. Choose one on the Storage screen first.`,
  );

const onlyDemo = (): AppError =>
  new AppError(
    "storage_refused",
    "The demo recordings take no others. Connect a storage of your own on the Storage screen, and uploads go there.",
  );

const onlyRead = (kind: string): AppError =>
  new AppError(
    "storage_refused",
    `Backline has only asked to read what is in the primary storage (${kind}), so nothing can be uploaded to it. Make another storage the primary one on the Storage screen: a Nextcloud, another WebDAV storage, an S3 bucket or a folder.`,
  );

const endedAccess = ({ name, healthMessage }: Primary): AppError =>
  new AppError(
    "storage_reconnect",
    healthMessage ?? `${name} does not let this server in any more. Reconnect it first.`,
  );
