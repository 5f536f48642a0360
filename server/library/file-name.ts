/** What a file's name and folders say of it. */
export interface NamedFile {
  readonly title: string;
  readonly artist: string | null;
  readonly album: string | null;
  readonly trackNumber: number | null;
  readonly discNumber: number | null;
}

const MAX_NUMBER_BEFORE_SPACE = 29;
/** '01 - ', '1. ', '07_', '(3) '; a date or 'take 1-2' is not one, because no digit may follow. */
const NUMBER = /^\(?(\d{1,3})\)?\s*[-._)]\s*(?=[^\d\s])/;
/** '01 Song': two digits, up to 29 ('99 Luftballons' has no number). */
const NUMBER_AND_SPACE = /^(\d{2})\s+(?=[^\d\s])/;
/** '1-02 Song' of a set of discs. */
const DISC_AND_NUMBER = /^(\d)-(\d{2})\s*[-._\s]\s*(?=[^\d\s])/;
const DISC_FOLDER = /^(?:cd|disc|disk|side)[\s_-]*(\d{1,2})$/i;

/**
 * Guesses what tags would say, for files that have none:
 *
 * - The title is the name without extension and leading track number; underscores are spaces.
 * - `Artist/Album/Song`: the two folders above name the album and its artist.
 * - `Album/Song`: the one folder above names the album.
 * - `Artist - Album/Song`: that folder names both. `CD 2` between album and song is the disc.
 * - A folder without a letter (a date, a number) says nothing, nor do the folders above it.
 *
 * @param path - from the root that was chosen, so that folders above it are not taken for artists.
 */
export function guessTags(path: string): NamedFile {
  const folders = path.split("/");
  const name = folders.pop() ?? "";
  const { title, trackNumber, discNumber } = guessTitle(name);
  const disc = DISC_FOLDER.exec(folders.at(-1) ?? "");
  if (disc) folders.pop();
  return {
    title,
    trackNumber,
    discNumber: disc ? Number(disc[1]) : discNumber,
    ...guessAlbum(folders.at(-1), folders.at(-2)),
  };
}

function guessTitle(name: string): Pick<NamedFile, "title" | "trackNumber" | "discNumber"> {
  const stem = toWords(name.replace(/(?<=.)\.[^.]*$/, ""));
  const both = DISC_AND_NUMBER.exec(stem);
  if (both) {
    return {
      title: stem.slice(both[0].length),
      discNumber: Number(both[1]),
      trackNumber: Number(both[2]),
    };
  }
  const number = NUMBER.exec(stem) ?? NUMBER_AND_SPACE.exec(stem);
  const isNumber = number && (NUMBER.test(stem) || Number(number[1]) <= MAX_NUMBER_BEFORE_SPACE);
  if (!isNumber) return { title: stem === "" ? name : stem, trackNumber: null, discNumber: null };
  return {
    title: stem.slice(number[0].length),
    trackNumber: Number(number[1]) || null,
    discNumber: null,
  };
}

function guessAlbum(
  folder: string | undefined,
  above: string | undefined,
): Pick<NamedFile, "artist" | "album"> {
  if (!isSpeaking(folder)) return { artist: null, album: null };
  const [artist, ...album] = toWords(folder).split(" - ");
  if (artist && album.length > 0) return { artist, album: album.join(" - ") };
  return { artist: isSpeaking(above) ? toWords(above) : null, album: toWords(folder) };
}

const isSpeaking = (folder: string | undefined): folder is string =>
  folder !== undefined && /\p{L}/u.test(folder);

const toWords = (text: string): string => text.replaceAll(/[_\s]+/g, " ").trim();
