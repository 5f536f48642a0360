import { fold, toSearchText } from "./search.ts";

/** Sorts after every name: what is not known comes last. */
const UNKNOWN = "\u{10ffff}";
/** Between the parts of a key; sorts before every letter, so that 'A' + 'B' comes before 'AB'. */
const SEPARATOR = "\u0001";
/** An index row has room for 2,700 bytes. */
const MAX_KEY_BYTES = 900;
const PART_LENGTH = 120;
const MAX_INTEGER = 2_147_483_647;

/** A track's text, as far as it is sorted by and searched in. */
export interface NamedTrack {
  readonly title: string;
  readonly artist: string | null;
  readonly album: string | null;
  readonly discNumber: number | null;
  readonly trackNumber: number | null;
  readonly durationMs: number | null;
  readonly path: string;
  /** What tags say it is sorted by. */
  readonly artistSort?: string | null;
  readonly albumSort?: string | null;
}

export interface SortKeys {
  readonly sortTitle: string;
  readonly sortArtist: string;
  readonly sortAlbum: string;
  readonly sortDurationMs: number;
  readonly searchText: string;
}

/**
 * Keys that sort as people do by comparing code points: 'Take 2' before 'Take 10', an album in the
 * order of its discs and tracks, an artist's tracks by album, what is unknown last. `library_sort_key`
 * in the database does the same for albums, artists and folders.
 */
export function toSortKeys(track: NamedTrack): SortKeys {
  const title = toPart(track.title);
  const album = toName(track.albumSort ?? track.album);
  const place = `${toPlace(track.discNumber)}${toPlace(track.trackNumber)}`;
  return {
    sortTitle: join(title),
    sortAlbum: join(album, place, title),
    sortArtist: join(toName(track.artistSort ?? track.artist), album, place, title),
    sortDurationMs: track.durationMs ?? MAX_INTEGER,
    searchText: toSearchText([track.title, track.artist ?? "", track.album ?? "", track.path]),
  };
}

/**
 * What the keys of titles and of names begin with that a search begins; each may be empty. A number at
 * its end is left out: '1' is also the beginning of '10', and keys have the length of a number first.
 * `exact` has it, where there is one.
 */
export function toBeginnings(search: string): {
  readonly exact: string | null;
  readonly title: string;
  readonly name: string;
} {
  const open = search.trim().replace(/\d+$/, "");
  const [title, name] = [toPart(open), toName(open)];
  return {
    exact: open === search.trim() ? null : toPart(search),
    title: title === UNKNOWN ? "" : title,
    name: name === UNKNOWN ? "" : name,
  };
}

/** 'The Beatles' are found at B: an English article in front does not count. */
const toName = (text: string | null): string =>
  toPart(text?.trim().replace(/^(?:the|an|a) +(?=.)/i, "") ?? null);

/** Runs of digits get their length in front: any number then sorts by its value. */
const toPart = (text: string | null): string =>
  text === null || text === ""
    ? UNKNOWN
    : fold(text.slice(0, PART_LENGTH))
        .trim()
        .replaceAll(/\d+/g, (digits) => {
          const number = digits.replace(/^0+(?=\d)/, "");
          return `${String(number.length).padStart(3, "0")}${number}`;
        });

const toPlace = (number: number | null): string => String(number ?? 99_999).padStart(5, "0");

function join(...parts: readonly string[]): string {
  const key = Buffer.from(parts.join(SEPARATOR));
  if (key.length <= MAX_KEY_BYTES) return key.toString();
  return key
    .subarray(0, MAX_KEY_BYTES)
    .toString()
    .replace(/\uFFFD+$/, "");
}
