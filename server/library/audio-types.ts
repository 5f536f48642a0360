import { extname } from "node:path";

/** By extension, because a listing says nothing better: storages guess types by it too. */
const AUDIO = new Set(
  ".aac .aif .aiff .alac .flac .m4a .m4b .mp3 .oga .ogg .opus .wav .wma".split(" "),
);

const COVER_NAMES = ["cover", "folder", "front", "album"];
const COVER_TYPES = [".jpg", ".jpeg", ".png", ".webp", ".avif", ".gif", ".bmp"];

/** File managers hide these, and rightly: `._Song.mp3` of a Mac, `.stversions` of a sync program. */
export const isHidden = (name: string): boolean => name.startsWith(".");

export const isAudio = (name: string): boolean =>
  !isHidden(name) && AUDIO.has(extname(name).toLowerCase());

/**
 * How well a file's name fits the picture of the album that its folder holds.
 *
 * @returns less is better; `undefined` when it is no such picture.
 */
export function coverRank(name: string): number | undefined {
  const type = extname(name).toLowerCase();
  const stem = name.slice(0, name.length - type.length).toLowerCase();
  const [byName, byType] = [COVER_NAMES.indexOf(stem), COVER_TYPES.indexOf(type)];
  return byName < 0 || byType < 0 ? undefined : byName * COVER_TYPES.length + byType;
}

const ascii = (bytes: Uint8Array, start: number, end: number): string =>
  String.fromCharCode(...bytes.subarray(start, end));

/** By what stands at an offset from the beginning. */
const MAGIC: readonly (readonly [
  type: string,
  at: number,
  text: string,
  at2: number,
  text2: string,
])[] = [
  ["audio/flac", 0, "fLaC", 0, ""],
  ["audio/ogg", 0, "OggS", 0, ""],
  ["audio/wav", 0, "RIFF", 8, "WAVE"],
  ["audio/aiff", 0, "FORM", 8, "AIF"],
  ["audio/mp4", 4, "ftyp", 0, ""],
];

/**
 * What the first bytes of a file say it is, whatever it is called: a type that the tag parser
 * knows, or `undefined` when it has to find out itself. The name only decides what follows an ID3
 * tag, which may stand before any kind of audio.
 */
export function sniffAudio(head: Uint8Array, name: string): string | undefined {
  const has = (at: number, text: string) => ascii(head, at, at + text.length) === text;
  if (has(0, "ID3")) return extname(name).toLowerCase() === ".mp3" ? "audio/mpeg" : undefined;
  const [type] = MAGIC.find(([, at, text, at2, text2]) => has(at, text) && has(at2, text2)) ?? [];
  return type ?? (isFrame(head) ? "audio/mpeg" : undefined);
}

/** Eleven bits that begin every frame of MP3 and of raw AAC. */
const isFrame = ([first, second = 0]: Uint8Array): boolean =>
  first === 0xff && (second & 0xe0) === 0xe0;
