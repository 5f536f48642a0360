import type { Edits, FileTags } from "#contract/edits.ts";
import type { NamedBy } from "#contract/naming.ts";
import { NO_RULE, nameByRule, type ReadRule, readSavedRule } from "./naming-rule.ts";
import { type SortKeys, toSortKeys } from "./sort-keys.ts";

/** All of a track that is edited, or made of what is edited. */
export interface Shown {
  readonly title: string;
  readonly artist: string | null;
  readonly album: string | null;
  readonly albumArtist: string | null;
  readonly trackNumber: number | null;
  readonly discNumber: number | null;
  readonly year: number | null;
  readonly genre: string | null;
  readonly recordedOn: string | null;
  readonly artists: readonly string[] | null;
  readonly genres: readonly string[] | null;
  readonly artistSort: string | null;
  readonly albumSort: string | null;
  readonly albumArtistSort: string | null;
  readonly isNamedByPath: boolean;
}

/** What a track is shown by: what the file says, where it lies, and what people have put beside it. */
export interface Named {
  readonly path: string;
  readonly durationMs: number | null;
  /** `null` for what was read before they were kept: see `tagsOf`. */
  readonly tags: FileTags | null;
  readonly edits: Edits | null;
}

/** How a band's files are named, below the folder that was chosen in their storage. */
export interface Naming {
  readonly rule: ReadRule;
  readonly rootPath: string;
}

/** What columns take. */
export type ShownRow = Shown & SortKeys;

const COMMON: ReadRule = readSavedRule(NO_RULE);

/** Edited, or else as the file has it, or else as its name has it. */
export function toShownRow(track: Named & { readonly tags: FileTags }, naming: Naming): ShownRow {
  const { path, durationMs } = track;
  const edits = track.edits ?? {};
  const edited = edit(toUnedited(track.tags, path, naming), edits);
  const shown = edits.title === null ? { ...edited, ...titledByPath(path, naming) } : edited;
  return { ...shown, ...toSortKeys({ ...shown, path, durationMs }) };
}

/** As it is shown while nobody edits it: all by its name when there are no tags, else only the title. */
export function toUnedited(tags: FileTags, path: string, { rule, rootPath }: Naming): Shown {
  const byPath = nameByRule(rule, path, rootPath);
  const isNamedByPath = !tags.title;
  const isAllByPath = isNamedByPath && !tags.artist && !tags.album;
  return {
    title: tags.title ?? byPath.title,
    ...(isAllByPath ? allOf(byPath, tags) : fromTags(tags)),
    albumArtist: tags.albumArtist ?? null,
    recordedOn: isNamedByPath ? byPath.recordedOn : null,
    ...{ artists: tags.artists ?? null, genres: tags.genres ?? null },
    artistSort: tags.artistSort ?? null,
    albumSort: tags.albumSort ?? null,
    albumArtistSort: tags.albumArtistSort ?? null,
    isNamedByPath,
  };
}

const fromTags = (tags: FileTags) => ({
  artist: tags.artist ?? null,
  album: tags.album ?? null,
  trackNumber: tags.trackNumber ?? null,
  discNumber: tags.discNumber ?? null,
  year: tags.year ?? null,
  genre: tags.genre ?? null,
});

const allOf = (byPath: NamedBy, tags: FileTags) => ({
  artist: byPath.artist,
  album: byPath.album,
  trackNumber: byPath.trackNumber,
  discNumber: byPath.discNumber,
  year: tags.year ?? byPath.year,
  genre: tags.genre ?? byPath.genre,
});

/** A recording without a title is called as if its file had none, also by the next rule. */
const titledByPath = (path: string, { rule, rootPath }: Naming) => ({
  title: nameByRule(rule, path, rootPath).title,
  isNamedByPath: true,
});

/** Names that the file has beside a name that was edited are those of another one. */
function edit(shown: Shown, { title, ...others }: Edits): Shown {
  const given = Object.entries(others).filter(([, value]) => value !== undefined);
  return {
    ...shown,
    ...Object.fromEntries(given),
    ...(title ? { title } : {}),
    ...(others.artist === undefined ? {} : { artists: null, artistSort: null }),
    ...(others.genre === undefined ? {} : { genres: null }),
    ...(others.album === undefined ? {} : { albumSort: null }),
    ...(others.albumArtist === undefined ? {} : { albumArtistSort: null }),
  };
}

/** What is left out says nothing. */
export function toFileTags(
  tags: { readonly [Name in keyof FileTags]-?: FileTags[Name] },
): FileTags {
  const { title, artist, album, albumArtist, trackNumber, discNumber, year, genre } = tags;
  const { artists, genres, artistSort, albumSort, albumArtistSort } = tags;
  const all = {
    ...{ title, artist, album, albumArtist, trackNumber, discNumber, year, genre },
    ...{ artists, genres, artistSort, albumSort, albumArtistSort },
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
}

/**
 * What the file says of a track. Where that was not kept yet nothing has been edited, and no band had a
 * rule of its own: it is what is shown, but for what the name says as well.
 *
 * @param track - as it is shown, at the path that it was named by.
 */
export function tagsOf(
  track: Pick<Named, "tags"> & Shown,
  namedAt: { readonly path: string; readonly rootPath: string },
): FileTags {
  if (track.tags) return track.tags;
  if (!track.isNamedByPath) return toFileTags(track);
  const { artist, album, trackNumber, discNumber } = nameByRule(
    COMMON,
    namedAt.path,
    namedAt.rootPath,
  );
  return toFileTags({
    ...track,
    title: null,
    artist: track.artist === artist ? null : track.artist,
    album: track.album === album ? null : track.album,
    trackNumber: track.trackNumber === trackNumber ? null : track.trackNumber,
    discNumber: track.discNumber === discNumber ? null : track.discNumber,
  });
}
