import type { PlaylistId, TrackId } from "#contract/ids.ts";
import {
  type ImportedPlaylist,
  type ImportPlaylist,
  MOST_ITEMS,
  type PlaylistFile,
} from "#contract/playlists.ts";
import { requireMember } from "#server/bands/service.ts";
import type { Actor } from "#server/base/actor.ts";
import { AppError } from "#server/base/errors.ts";
import type { Deps } from "#server/deps.ts";
import * as store from "./files-store.ts";
import { readM3u, writeM3u } from "./m3u.ts";
import { createMatcher, toFileKey } from "./matching.ts";
import { createPlaylist, requirePlaylist } from "./service.ts";

/** Lines that are shown of those that mean nothing here. */
const SHOWN_UNKNOWN = 100;
const MAX_SHOWN_LENGTH = 300;

/** A playlist for other programs. */
export async function exportPlaylist(
  deps: Pick<Deps, "db">,
  actor: Actor,
  id: PlaylistId,
): Promise<PlaylistFile> {
  const { playlist } = await requirePlaylist(deps, actor, id, "listener");
  const tracks = await store.listWritten(deps.db, id);
  return {
    filename: `${toFileName(playlist.name)}.m3u8`,
    text: writeM3u(playlist.name, tracks),
  };
}

/**
 * Makes a playlist of another program's. What it names is looked for among the band's recordings, and
 * nowhere else.
 *
 * @throws AppError `conflict` when it names nothing that the band has, or too much; as
 *   `createPlaylist` does.
 */
export async function importPlaylist(
  deps: Pick<Deps, "db" | "events" | "now">,
  actor: Actor,
  { bandId, name, text }: ImportPlaylist,
): Promise<ImportedPlaylist> {
  const member = await requireMember(deps, actor, bandId, "editor");
  const named = readM3u(text);
  if (named.length > MOST_ITEMS) throw nameTooLong();
  const names = new Set(named.map(({ parts }) => toFileKey(parts?.at(-1) ?? "")));
  const match = createMatcher(await store.findByFileName(deps.db, member.bandId, [...names]));
  const trackIds: TrackId[] = [];
  const unknown: string[] = [];
  for (const { line, parts } of named) {
    const id = parts ? match(parts) : undefined;
    if (id) trackIds.push(id);
    else unknown.push(line);
  }
  if (trackIds.length === 0) throw nameNothingKnown();
  return {
    playlist: await createPlaylist(deps, actor, { bandId: member.bandId, name, trackIds }),
    unknown: unknown.slice(0, SHOWN_UNKNOWN).map((line) => line.slice(0, MAX_SHOWN_LENGTH)),
    unknownCount: unknown.length,
  };
}

/** Of whatever language, without what some system does not take. */
function toFileName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it takes away
  const safe = name.replaceAll(/[\0-\x1f\x7f"*/:<>?\\|]/g, "_").replace(/^\.+|[. ]+$/g, "");
  return [...safe].slice(0, 100).join("") || "Playlist";
}

const nameNothingKnown = (): AppError =>
  new AppError(
    "conflict",
    "None of what this file names is in this band's library, so no playlist was made. Its paths have to end like those of the recordings here.",
  );

const nameTooLong = (): AppError =>
  new AppError(
    "conflict",
    `This file names more than ${MOST_ITEMS.toLocaleString("en")} recordings, which is more than a playlist takes. Nothing was made; cut it in parts.`,
  );
