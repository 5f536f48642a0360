import { parentPort, workerData } from "node:worker_threads";
import { File, Id3v2Tag, type Tag, TagTypes } from "node-taglib-sharp";
import type { TagOrder, WrittenTags } from "./tag-writer.ts";

const port = parentPort;
if (!port) throw new Error("This runs in a thread of its own.");

/** How a field is put into a tag. */
const SETTERS: { readonly [Field in keyof WrittenTags]: (tag: Tag, tags: WrittenTags) => void } = {
  title: (tag, { title }) => {
    tag.title = title ?? "";
  },
  artists: (tag, { artists }) => {
    tag.performers = [...artists];
  },
  album: (tag, { album }) => {
    tag.album = album ?? "";
  },
  albumArtist: (tag, { albumArtist }) => {
    tag.albumArtists = toList(albumArtist);
  },
  trackNumber: (tag, { trackNumber }) => {
    tag.track = trackNumber ?? 0;
  },
  discNumber: (tag, { discNumber }) => {
    tag.disc = discNumber ?? 0;
  },
  year: (tag, { year }) => {
    tag.year = year ?? 0;
  },
  genres: (tag, { genres }) => {
    tag.genres = [...genres];
  },
  artistSort: (tag, { artistSort }) => {
    tag.performersSort = toList(artistSort);
  },
  albumSort: (tag, { albumSort }) => {
    tag.albumSort = albumSort ?? "";
  },
  albumArtistSort: (tag, { albumArtistSort }) => {
    tag.albumArtistsSort = toList(albumArtistSort);
  },
};

const toList = (text: string | null): string[] => (text === null ? [] : [text]);

const put = (tag: Tag, { tags }: TagOrder, fields: readonly (keyof WrittenTags)[]): void => {
  for (const field of fields) SETTERS[field](tag, tags);
};

const FIELDS = Object.keys(SETTERS) as (keyof WrittenTags)[];

/** For what has none yet; a tag that is there keeps its version, as changing it loses parts of it. */
const makeId3 = (file: File): void => {
  if ((file.tagTypesOnDisk & TagTypes.Id3v2) !== 0) return;
  const made = file.getTag(TagTypes.Id3v2, true);
  if (made instanceof Id3v2Tag) made.version = 4;
};

/** Only where there was one: it holds 30 letters of a name. */
const keepId3v1 = (file: File): void => {
  if ((file.tagTypesOnDisk & TagTypes.Id3v1) === 0) file.removeTags(TagTypes.Id3v1);
};

/** The library takes the name of who plays there for that of the album's artist. */
const IN_INFO: ReadonlySet<keyof WrittenTags> = new Set(["title", "genres", "trackNumber", "year"]);

/** ID3 has all of it; INFO, which older programs read, has one name of who plays. */
function putWav(file: File, order: TagOrder): void {
  const hadId3 = (file.tagTypesOnDisk & TagTypes.Id3v2) !== 0;
  makeId3(file);
  const id3 = file.getTag(TagTypes.Id3v2, true);
  if (!hadId3) id3.clear();
  put(id3, order, hadId3 ? order.fields : FIELDS);
  const info = file.getTag(TagTypes.RiffInfo, false);
  if (info) {
    const albumArtist = order.tags.artists[0] ?? null;
    const isArtist = order.fields.includes("artists");
    put(info, { ...order, tags: { ...order.tags, albumArtist } }, [
      ...order.fields.filter((field) => IN_INFO.has(field)),
      ...(isArtist ? (["albumArtist"] as const) : []),
    ]);
  }
  file.removeTags(TagTypes.MovieId | TagTypes.DivX);
}

function write(order: TagOrder): void {
  const file = File.createFromPath(order.path);
  try {
    if (order.kind === "mp3" || order.kind === "aiff") makeId3(file);
    if (order.kind === "wav") putWav(file, order);
    else put(file.tag, order, order.fields);
    if (order.kind === "mp3") keepId3v1(file);
    file.save();
  } finally {
    file.dispose();
  }
}

write(workerData as TagOrder);
port.postMessage("written");
