import {
  type EditChange,
  EditField,
  type EditPage,
  type Edits,
  type ListEdits,
  type RestoreEdits,
  type SaveEdits,
} from "#contract/edits.ts";
import type { EditId, TrackId } from "#contract/ids.ts";
import type { Track } from "#contract/library.ts";
import { type Member, requireMember } from "#server/bands/service.ts";
import type { Actor } from "#server/base/actor.ts";
import { type Tx, write } from "#server/base/db.ts";
import { AppError } from "#server/base/errors.ts";
import { createId } from "#server/base/ids.ts";
import { connectionTopic } from "#server/connections/service.ts";
import type { Deps } from "#server/deps.ts";
import { editsTopic } from "./edit-news.ts";
import * as store from "./edits-store.ts";
import { readSavedRule } from "./naming-rule.ts";
import { findNaming, holdRule } from "./naming-store.ts";
import { type Shown, tagsOf, toShownRow, toUnedited } from "./shown.ts";
import { lockTracks, type NamedRow, saveShown } from "./shown-store.ts";
import { getTracks } from "./some-tracks.ts";
import { findTrackWriting, wantTags } from "./tag-writing.ts";
import { noSuchTrack } from "./track-rows.ts";

type Editing = Pick<Deps, "db" | "events" | "jobs" | "now">;

/** A track, with the newest change of it that the actor has seen. */
type Seen = SaveEdits["tracks"][number];

/** How a track is edited from now on. */
type ToEdits = (row: NamedRow, tx: Tx) => Edits | Promise<Edits>;

/**
 * Puts something in place of what files and their names say, beside the files: all of the tracks, or
 * none. What is listed, sorted and found by follows in the same transaction.
 *
 * @throws AppError `not_found` for a track that the band does not have, `forbidden` for who is no editor,
 *   `conflict` where somebody else has edited one meanwhile.
 */
export async function saveEdits(
  deps: Editing,
  actor: Actor,
  { bandId, tracks, fields, blank }: SaveEdits,
): Promise<Track[]> {
  const member = await requireMember(deps, actor, bandId, "editor");
  await write(deps, (tx) =>
    editAll(deps, tx, { member, actor, tracks, isRestored: false }, ({ edits }) =>
      withChange(edits ?? {}, fields, blank),
    ),
  );
  const ids = tracks.map(({ trackId }) => trackId);
  return [...(await getTracks(deps, member, ids)).values()];
}

/**
 * Brings back how a track was edited after an earlier change of it, or how its file has it. That is a
 * change like any other: nothing of what was written down is lost.
 *
 * @throws AppError as `saveEdits`.
 */
export async function restoreEdits(
  deps: Editing,
  actor: Actor,
  { trackId, editId, version }: RestoreEdits,
): Promise<Track> {
  const found = await store.findNamed(deps.db, actor, trackId);
  if (!found) throw noSuchTrack(actor);
  const member = await requireMember(deps, actor, found.bandId, "editor");
  const tracks = [{ trackId, version }];
  await write(deps, (tx) =>
    editAll(deps, tx, { member, actor, tracks, isRestored: true }, async () => {
      if (editId === null) return {};
      const edits = await store.findEdits(tx, trackId, editId);
      if (!edits) throw noSuchEdit();
      return edits;
    }),
  );
  const track = (await getTracks(deps, member, [trackId])).get(trackId);
  if (!track) throw noSuchTrack(actor);
  return track;
}

/**
 * What a track is edited to, beside what its file and its name say, and who has changed it when.
 *
 * @throws AppError `not_found`
 */
export async function listEdits(
  deps: Pick<Deps, "db">,
  actor: Actor,
  { trackId, cursor, limit }: ListEdits,
): Promise<EditPage> {
  const row = await store.findNamed(deps.db, actor, trackId);
  if (!row) throw noSuchTrack(actor);
  const { rule } = await findNaming(deps.db, row);
  const naming = { rule: readSavedRule(rule), rootPath: row.rootPath };
  const unedited = toUnedited(tagsOf(row, row), row.path, naming);
  const found = await store.listEdits(deps.db, trackId, cursor, limit + 1);
  const page = found.slice(0, limit);
  return {
    version: row.editId,
    ...{ shown: toValues(row), unedited: toValues(unedited) },
    writing: await findTrackWriting(deps, trackId),
    edited: EditField.options.filter((field) => row.edits?.[field] !== undefined),
    blank: EditField.options.filter((field) => row.edits?.[field] === null),
    versions: page.map(({ editedAt, changes, ...each }) => ({
      ...{ ...each, changes: [...changes] },
      editedAt: editedAt.toISOString(),
    })),
    next: found.length > limit ? (page.at(-1)?.id ?? null) : null,
  };
}

const toValues = (shown: Shown): EditPage["shown"] => {
  const { title, artist, album, albumArtist, trackNumber, discNumber, year, genre } = shown;
  const { recordedOn } = shown;
  return { title, artist, album, albumArtist, trackNumber, discNumber, year, genre, recordedOn };
};

interface Wanted {
  readonly member: Member;
  readonly actor: Actor;
  readonly tracks: readonly Seen[];
  readonly isRestored: boolean;
}

/** What changes nothing is not written down. */
async function editAll(
  deps: Editing,
  tx: Tx,
  { member, actor, tracks, isRestored }: Wanted,
  toEdits: ToEdits,
): Promise<void> {
  const rule = await holdRule(tx, member);
  const rows = new Map(
    (await lockTracks(tx, member, idsOf(tracks))).map((row) => [row.id, row] as const),
  );
  const changed = [];
  for (const { trackId, version } of tracks) {
    const row = rows.get(trackId);
    if (!row) throw noSuchTrack(actor);
    if (row.editId !== version) throw nameEditedMeanwhile(row.title);
    const edits = await toEdits(row, tx);
    const tags = tagsOf(row, row);
    const shown = toShownRow({ ...row, tags, edits }, { rule, rootPath: row.rootPath });
    if (isSame(edits, row.edits ?? {})) continue;
    const id = createId<EditId>(deps.now());
    changed.push({
      row: { ...shown, tags, id: trackId },
      edit: { id, trackId, edits, isRestored, changes: toChanges(row, shown) },
      connectionId: row.connectionId,
    });
  }
  if (changed.length === 0) return;
  await store.insertEdits(
    tx,
    { bandId: member.bandId, userId: actor.userId },
    changed.map(({ edit }) => edit),
  );
  await saveShown(
    tx,
    changed.map(({ row }) => row),
  );
  await wantTags(
    deps,
    tx,
    member,
    changed.map(({ row }) => row.id),
  );
  await deps.events.publish(tx, editsTopic(member.bandId));
  for (const id of new Set(changed.map(({ connectionId }) => connectionId))) {
    await deps.events.publish(tx, connectionTopic(id));
  }
}

const idsOf = (tracks: readonly Seen[]): TrackId[] => tracks.map(({ trackId }) => trackId);

const toChanges = (before: Shown, after: Shown): EditChange[] =>
  EditField.options.flatMap((field) =>
    before[field] === after[field] ? [] : { field, before: before[field], after: after[field] },
  );

/** What goes back to the file is left out. */
function withChange(edits: Edits, fields: Edits, blank: readonly EditField[]): Edits {
  const empty = blank.map((field) => [field, null] as const);
  const given = Object.entries(fields);
  const back = new Set(given.filter(([, value]) => value === null || value === ""));
  const kept = Object.entries(edits).filter(([field]) => !(field in fields));
  return Object.fromEntries([...kept, ...given.filter((each) => !back.has(each)), ...empty]);
}

const isSame = (left: Edits, right: Edits): boolean =>
  EditField.options.every((field) => left[field] === right[field]);

const nameEditedMeanwhile = (title: string): AppError =>
  new AppError(
    "conflict",
    `Somebody else has edited “${title}” meanwhile, and nothing of yours was saved. Look at what is there now, and then try again.`,
  );

const noSuchEdit = (): AppError =>
  new AppError(
    "not_found",
    "There is no such change of this recording. Nothing was changed; choose one from its list.",
  );
