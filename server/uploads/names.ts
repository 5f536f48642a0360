import { extname } from "node:path";
import type { FolderPattern } from "#contract/uploads.ts";

/** In UTF-8. Nextcloud refuses 255, and some disks encrypt names, which makes them longer. */
const MAX_NAME_BYTES = 200;

/** Where nobody has chosen another one. */
export const DEFAULT_PATTERN: FolderPattern = "{year}/{year}-{month}-{day}";

/** Control characters, and those that turn the direction of what follows. */
const UNFIT = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/**
 * What a file is called, made fit to be a name in any storage: the last part of a path, in NFC,
 * never hidden, without what no storage shows, at most 200 bytes long with its type kept.
 *
 * @returns an empty text when nothing is left.
 */
export function toFileName(given: string): string {
  const last = given.slice(Math.max(given.lastIndexOf("/"), given.lastIndexOf("\\")) + 1);
  return shorten(toFit(last), "");
}

/** `Song (2).mp3`, `Song (3).mp3`; the name itself for 1. */
export const numberedName = (name: string, number: number): string =>
  number === 1 ? name : shorten(name, ` (${number})`);

export interface PatternValues {
  readonly day: Date;
  readonly band: string;
  readonly uploader: string;
}

/** Names of the folders that a pattern makes. What is filled in makes no folders of its own. */
export function toFolders(
  pattern: FolderPattern,
  { day, band, uploader }: PatternValues,
): string[] {
  if (pattern === "") return [];
  const [year = "", month = "", date = ""] = day.toISOString().slice(0, 10).split("-");
  const values: Readonly<Record<string, string>> = {
    year,
    month,
    day: date,
    band: toValue(band, "Band"),
    uploader: toValue(uploader, "Somebody"),
  };
  return pattern
    .split("/")
    .map((part) => part.replaceAll(/\{(\w+)\}/g, (_, word: string) => values[word] ?? ""))
    .map((part) => cut(toFit(part), MAX_NAME_BYTES) || "_");
}

function toValue(text: string, instead: string): string {
  return toFit(text.replaceAll(/[/\\]/g, "-")) || instead;
}

const toFit = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(UNFIT, "")
    .normalize("NFC")
    .replace(/^[.\s]+/, "")
    .replace(/[.\s]+$/, "");

function shorten(name: string, added: string): string {
  const type = extname(name).slice(0, 20);
  const stem = name.slice(0, name.length - extname(name).length);
  const room = MAX_NAME_BYTES - Buffer.byteLength(type) - Buffer.byteLength(added);
  return `${cut(stem, room)}${added}${type}`;
}

/** Never in the middle of a character. */
function cut(text: string, maxBytes: number): string {
  let [bytes, kept] = [0, ""];
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > maxBytes) return kept.trimEnd();
    kept += character;
  }
  return kept;
}
