import type { BandRole } from "#contract/bands.ts";
import type { BandId, RehearsalId, TrackId } from "#contract/ids.ts";
import type { Track } from "#contract/library.ts";
import {
  type CreateRehearsal,
  type FileTakes,
  type ListRehearsals,
  MOST_TAKES,
  type Rehearsal,
  type RehearsalPage,
  type RemoveTakes,
  type SuggestedRehearsal,
  type UpdateRehearsal,
  type WholeRehearsal,
} from "#contract/rehearsals.ts";
import { requireMember, requireRole } from "#server/bands/service.ts";
import type { Actor } from "#server/base/actor.ts";
import { type Tx, write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import { createId } from "#server/base/ids.ts";
import type { Deps } from "#server/deps.ts";
import { toNamePatterns } from "#server/library/search.ts";
import { getTracks, requireTracks } from "#server/library/some-tracks.ts";
import { findDay } from "./folder-day.ts";
import * as store from "./store.ts";
import * as takes from "./take-store.ts";

type Reading = Pick<Deps, "db">;
type Changing = Pick<Deps, "db" | "events" | "now">;

const MOST_REHEARSALS = 5_000;
/** Folders that are looked at for a day in their names, from the last one on. */
const FOLDERS_AMONG = 500;
const MOST_SUGGESTED = 50;

/** Published when a rehearsal or its takes were changed. */
export const rehearsalTopic = (id: RehearsalId): string => `rehearsal:${id}`;

/** @throws AppError `not_found` for a band that is not the actor's. */
export async function listRehearsals(
  deps: Reading,
  actor: Actor,
  { bandId, cursor, limit }: ListRehearsals,
): Promise<RehearsalPage> {
  const member = await requireMember(deps, actor, bandId, "listener");
  const rows = await store.listRehearsals(deps.db, member, toAfter(cursor), limit + 1);
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return {
    rehearsals: page.map(toRehearsal),
    next: last ? `${last.heldOn}_${last.id}` : null,
  };
}

/** Those of a band whose titles and days have the words of a search, the latest first. */
export const findRehearsals = (
  { db }: Reading,
  member: { readonly bandId: BandId },
  search: string,
  limit: number,
): Promise<store.FoundRehearsal[]> =>
  store.findRehearsals(db, member, toNamePatterns(search), limit);

/** @throws AppError `not_found` for one that none of the actor's bands has. */
export async function getRehearsal(
  deps: Reading,
  actor: Actor,
  id: RehearsalId,
): Promise<WholeRehearsal> {
  const { rehearsal } = await requireRehearsal(deps, actor, id, "listener");
  const ids = await takes.listTakeIds(deps.db, id);
  const byId = await getTracks(deps, rehearsal, ids);
  const isThere = (track: Track | undefined): track is Track => track !== undefined;
  return { ...toRehearsal(rehearsal), takes: ids.map((each) => byId.get(each)).filter(isThere) };
}

/** Folders named after days, of which nothing is filed yet, the last day first. */
export async function suggestRehearsals(
  deps: Reading,
  actor: Actor,
  bandId: BandId,
): Promise<SuggestedRehearsal[]> {
  const member = await requireMember(deps, actor, bandId, "editor");
  const folders = await store.listOpenFolders(deps.db, member, FOLDERS_AMONG);
  return folders
    .flatMap((folder) => {
      const day = findDay(folder.path);
      return day ? [{ ...folder, ...day }] : [];
    })
    .toSorted((one, two) => two.heldOn.localeCompare(one.heldOn))
    .slice(0, MOST_SUGGESTED);
}

/**
 * @throws AppError `not_found` for a band or recordings that are not the actor's, `forbidden` for
 *   listeners, `conflict` for very many.
 */
export async function createRehearsal(
  deps: Changing,
  actor: Actor,
  { bandId, trackIds, folder, ...described }: CreateRehearsal,
): Promise<WholeRehearsal> {
  const member = await requireMember(deps, actor, bandId, "editor");
  const id = createId<RehearsalId>(deps.now());
  await write(deps, async (tx) => {
    if ((await store.countRehearsals(tx, member.bandId)) >= MOST_REHEARSALS) throw nameTooMany();
    const made = { id, bandId: member.bandId, createdBy: actor.userId };
    await store.insertRehearsal(tx, { ...described, ...made });
    const inFolder = folder
      ? await takes.listInFolder(tx, member.bandId, folder, MOST_TAKES + 1)
      : [];
    await file(deps, tx, made, [...trackIds, ...inFolder]);
  });
  return getRehearsal(deps, actor, id);
}

export async function updateRehearsal(
  deps: Changing,
  actor: Actor,
  { rehearsalId, ...change }: UpdateRehearsal,
): Promise<WholeRehearsal> {
  await requireRehearsal(deps, actor, rehearsalId, "editor");
  await write(deps, async (tx) => {
    await store.saveRehearsal(tx, rehearsalId, change);
    await deps.events.publish(tx, rehearsalTopic(rehearsalId));
  });
  return getRehearsal(deps, actor, rehearsalId);
}

/** The recordings stay in the library. */
export async function removeRehearsal(
  deps: Changing,
  actor: Actor,
  rehearsalId: RehearsalId,
): Promise<void> {
  await requireRehearsal(deps, actor, rehearsalId, "editor");
  await write(deps, async (tx) => {
    await store.deleteRehearsal(tx, rehearsalId);
    await deps.events.publish(tx, rehearsalTopic(rehearsalId));
  });
}

/** Those of another rehearsal leave that. @throws AppError `not_found`, `forbidden`, `conflict` */
export async function fileTakes(
  deps: Changing,
  actor: Actor,
  { rehearsalId, trackIds }: FileTakes,
): Promise<WholeRehearsal> {
  await change(deps, actor, rehearsalId, (tx, rehearsal) => file(deps, tx, rehearsal, trackIds));
  return getRehearsal(deps, actor, rehearsalId);
}

/** Those that are none already are no fault. */
export async function removeTakes(
  deps: Changing,
  actor: Actor,
  { rehearsalId, trackIds }: RemoveTakes,
): Promise<WholeRehearsal> {
  await change(deps, actor, rehearsalId, (tx) => takes.deleteTakes(tx, rehearsalId, trackIds));
  return getRehearsal(deps, actor, rehearsalId);
}

/** @throws AppError `not_found`, `forbidden` */
export async function requireRehearsal(
  deps: Reading,
  actor: Actor,
  id: RehearsalId,
  atLeast: BandRole,
): Promise<{ readonly rehearsal: store.RehearsalRow }> {
  return requireRole(actor, await store.findRehearsal(deps.db, actor, id), atLeast, {
    none: "There is no such rehearsal, or it belongs to a band that you are not in.",
    refused:
      "Only editors and owners of this band can change its rehearsals. Nothing was changed; ask an owner of the band.",
  });
}

async function change(
  deps: Changing,
  actor: Actor,
  id: RehearsalId,
  work: (tx: Tx, rehearsal: store.RehearsalRow) => Promise<void>,
): Promise<void> {
  const { rehearsal } = await requireRehearsal(deps, actor, id, "editor");
  await write(deps, async (tx) => {
    if (!(await store.lockRehearsal(tx, id))) throw nameGone();
    await work(tx, rehearsal);
    await store.saveRehearsal(tx, id, {});
    await deps.events.publish(tx, rehearsalTopic(id));
  });
}

async function file(
  deps: Pick<Deps, "events">,
  tx: Tx,
  { id, bandId }: Pick<Rehearsal, "id" | "bandId">,
  given: readonly TrackId[],
): Promise<void> {
  const trackIds = [...new Set(given)];
  if (trackIds.length === 0) return;
  await takes.lockTakes(tx, bandId);
  await requireTracks(tx, { bandId }, trackIds, "Nothing was filed");
  const left = await takes.moveTakes(tx, id, trackIds);
  if ((await takes.listTakeIds(tx, id)).length > MOST_TAKES) throw nameFull();
  for (const other of left) await deps.events.publish(tx, rehearsalTopic(other));
}

function toAfter(cursor: string | null): store.After | null {
  if (cursor === null) return null;
  const [heldOn = "", id] = cursor.split("_");
  return { heldOn, id: id as RehearsalId };
}

const toRehearsal = ({ createdAt, updatedAt, ...row }: store.RehearsalRow): Rehearsal => ({
  ...row,
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
});

const nameGone = (): AppError =>
  new AppError(
    "not_found",
    "Somebody else has deleted this rehearsal meanwhile. Its recordings are in the library as before; look at the list again.",
  );

const nameFull = (): AppError =>
  new AppError(
    "conflict",
    `A rehearsal takes ${MOST_TAKES} recordings, and this would be more. Nothing was filed; make another one.`,
  );

const nameTooMany = (): AppError =>
  new AppError(
    "conflict",
    `This band has ${MOST_REHEARSALS.toLocaleString("en")} rehearsals, and there is no room for more. Nothing was made; delete one first.`,
  );
