import type { NamedBy, NamingProblem, NamingRule } from "#contract/naming.ts";
import { guessTags, type NamedFile } from "./file-name.ts";
import { findDay } from "./naming-dates.ts";
import { type Found, match, type Pattern, readPattern } from "./naming-pattern.ts";
import { toText } from "./tags.ts";

/** A rule whose patterns are read. */
export interface ReadRule {
  readonly names: readonly Pattern[];
  readonly folders: readonly Pattern[];
}

export const NO_RULE: NamingRule = { names: [], folders: [] };

/** @returns what is wrong with it where anything is. */
export function readRule(rule: NamingRule): ReadRule | readonly NamingProblem[] {
  const problems: NamingProblem[] = [];
  const read = (list: "names" | "folders"): Pattern[] =>
    rule[list].flatMap((given, index) => {
      const pattern = readPattern(given.trim(), list);
      if (typeof pattern !== "string") return [pattern];
      problems.push({ list, index, message: pattern });
      return [];
    });
  const both = { names: read("names"), folders: read("folders") };
  return problems.length > 0 ? problems : both;
}

/** A rule as it was saved: whatever is not understood any more is left out. */
export const readSavedRule = ({ names, folders }: NamingRule): ReadRule => ({
  names: names.map((each) => readPattern(each, "names")).filter(isRead),
  folders: folders.map((each) => readPattern(each, "folders")).filter(isRead),
});

const isRead = (pattern: Pattern | string): pattern is Pattern => typeof pattern !== "string";

/**
 * What a file's name and folders say. What a name says counts more than what folders say, and what no
 * pattern fits is read as `guessTags` does; a day is looked for in any case.
 *
 * @param rootPath - names of folders above it are nobody's artist.
 */
export function nameByRule(rule: ReadRule, path: string, rootPath: string): NamedBy {
  const isBelow = rootPath !== "" && path.startsWith(`${rootPath}/`);
  const below = isBelow ? path.slice(rootPath.length + 1) : path;
  const guess = guessTags(below);
  const folders = below.split("/");
  const name = (folders.pop() ?? "").replace(/(?<=.)\.[^.]*$/, "");
  const inName = firstMatch(rule.names, name);
  const inFolders = firstMatchOfFolders(rule.folders, folders);
  return toNamed(guess, inName, inFolders, findDay(name) ?? findDayOf(folders));
}

function toNamed(
  guess: NamedFile,
  inName: Found | undefined,
  inFolders: Found | undefined,
  day: string | null,
): NamedBy {
  const found: Found = { ...inFolders, ...inName };
  const byFolder = inFolders ? { artist: null, album: null, discNumber: null } : guess;
  return {
    title: toText(found.title ?? guess.title) ?? "Untitled",
    artist: toText(found.artist ?? byFolder.artist),
    album: toText(found.album ?? byFolder.album),
    genre: toText(found.genre),
    trackNumber: toNumber(found.number) ?? (inName ? null : guess.trackNumber),
    discNumber: toNumber(found.disc) ?? byFolder.discNumber,
    year: toNumber(found.year),
    recordedOn: found.date ?? day,
  };
}

const firstMatch = (patterns: readonly Pattern[], name: string): Found | undefined => {
  for (const pattern of patterns) {
    const found = match(pattern, name);
    if (found) return found;
  }
  return undefined;
};

/** A pattern speaks of the folders that are nearest to the file. */
function firstMatchOfFolders(
  patterns: readonly Pattern[],
  folders: readonly string[],
): Found | undefined {
  for (const pattern of patterns) {
    if (folders.length < pattern.depth) continue;
    const found = match(pattern, folders.slice(-pattern.depth).join("/"));
    if (found) return found;
  }
  return undefined;
}

/** That of the nearest folder that has one. */
function findDayOf(folders: readonly string[]): string | null {
  for (const folder of folders.toReversed()) {
    const day = findDay(folder);
    if (day) return day;
  }
  return null;
}

const toNumber = (digits: string | undefined): number | null => Number(digits ?? 0) || null;
