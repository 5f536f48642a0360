import { dayAt } from "./naming-dates.ts";

/** What a pattern can find in a name; `skip` stands for text that says nothing. */
export const FIELDS = [
  "title",
  "artist",
  "album",
  "genre",
  "date",
  "year",
  "number",
  "disc",
  "skip",
] as const;
export type Field = (typeof FIELDS)[number];

/** What was found. Numbers are text still. */
export type Found = Readonly<Partial<Record<Field, string>>>;

type Part =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "field"; readonly field: Field };

export interface Pattern {
  readonly parts: readonly Part[];
  /** How many folders it speaks of. */
  readonly depth: number;
}

/** Of a longer name nothing more is looked at. */
const LONGEST_NAME = 300;
const MAX_DIGITS: Readonly<Partial<Record<Field, readonly [least: number, most: number]>>> = {
  year: [4, 4],
  number: [1, 3],
  disc: [1, 2],
};

/**
 * Reads a pattern such as `{date} {artist} - {title}`: names of fields in braces, and between them
 * what stands there as it is; spaces, underscores and dashes of all lengths are alike.
 *
 * @returns a sentence about what is wrong and where, or the pattern.
 */
export function readPattern(given: string, where: "names" | "folders"): Pattern | string {
  const parts: Part[] = [];
  for (const { index, 0: text } of given.matchAll(/\{[^{}]*\}|[^{}]+|[{}]/g)) {
    const part = readPart(text, index + 1, parts);
    if (typeof part === "string") return part;
    parts.push(part);
  }
  return check(parts, where);
}

/** @param at - its first character, counted from 1 */
function readPart(text: string, at: number, before: readonly Part[]): Part | string {
  if (text === "{" || text === "}") return nameBrace(text, at);
  if (!text.startsWith("{")) return { kind: "literal", text: toPlain(text) };
  const field = toField(text);
  if (!field) return nameUnknown(text, at);
  if (field !== "skip" && hasField(before, field)) return nameTwice(field, at);
  return before.at(-1)?.kind === "field" ? nameTouching(text, at) : { kind: "field", field };
}

const hasField = (parts: readonly Part[], field: Field): boolean =>
  parts.some((part) => part.kind === "field" && part.field === field);

function check(parts: readonly Part[], where: "names" | "folders"): Pattern | string {
  const slashes = parts.reduce(
    (sum, part) => sum + (part.kind === "literal" ? part.text.split("/").length - 1 : 0),
    0,
  );
  if (where === "names" && slashes > 0) {
    return "A name has no “/” in it. Write what folders say as a pattern for folders.";
  }
  if (!parts.some((part) => part.kind === "field")) {
    return "Nothing is found by it. Put in a field, such as {title} or {date}.";
  }
  if (where === "names" && !hasField(parts, "title")) {
    return "It does not say where the title is. Put in {title}.";
  }
  if (where === "folders" && hasField(parts, "title")) {
    return "A folder is not the title of its recordings. Use {album}, {artist} or {date} for folders.";
  }
  return { parts, depth: slashes + 1 };
}

/**
 * What a pattern finds in a name, all of it: each text as short as it can be, so that of two dashes the
 * first one counts. What has not fitted from a place on is not tried from there again, nor is a text
 * from any later place, so that the work grows with the length of the name and no faster.
 */
export function match({ parts }: Pattern, name: string): Found | undefined {
  const text = toPlain(name).trim().slice(0, LONGEST_NAME);
  const failedFrom = parts.map(() => Number.POSITIVE_INFINITY);
  const ends: number[] = [];

  const fitsTo = (index: number, end: number): boolean => {
    ends[index] = end;
    return fits(index + 1, end);
  };
  const fitsText = (index: number, at: number): boolean => {
    if (at >= (failedFrom[index] ?? 0) || isSpace(text[at])) return false;
    for (let end = at + 1; end <= text.length && text[end - 1] !== "/"; end += 1) {
      if (!isSpace(text[end - 1]) && fitsTo(index, end)) return true;
    }
    failedFrom[index] = at;
    return false;
  };
  const fits = (index: number, at: number): boolean => {
    const part = parts[index];
    if (!part) return at === text.length;
    if (part.kind === "field" && isText(part.field)) return fitsText(index, at);
    const end =
      part.kind === "literal" ? literalEnd(part.text, text, at) : shapeEnd(part, text, at);
    return end !== undefined && fitsTo(index, end);
  };

  if (!fits(0, 0)) return undefined;
  const found: Partial<Record<Field, string>> = {};
  for (const [index, part] of parts.entries()) {
    if (part.kind === "literal" || part.field === "skip") continue;
    found[part.field] = text.slice(ends[index - 1] ?? 0, ends[index]);
  }
  const day = found.date === undefined ? undefined : dayAt(found.date, 0)?.day;
  return day === undefined ? found : { ...found, date: day };
}

/** Runs of spaces and underscores are one space, and dashes are alike. */
export const toPlain = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(/[_\s]+/g, " ")
    .replaceAll(/[\u2010-\u2015]/g, "-");

const isSpace = (character: string | undefined): boolean =>
  character === undefined || character === " " || character === "/";

const isText = (field: Field): boolean => field !== "date" && !MAX_DIGITS[field];

const literalEnd = (literal: string, text: string, at: number): number | undefined => {
  const end = at + literal.length;
  return text.slice(at, end).toLowerCase() === literal.toLowerCase() ? end : undefined;
};

/** A date or a number has one length at a place: a number ends where its digits do. */
function shapeEnd(
  { field }: { readonly field: Field },
  text: string,
  at: number,
): number | undefined {
  if (field === "date") return dayAt(text, at)?.end;
  const [least, most] = MAX_DIGITS[field] ?? [1, 1];
  let end = at;
  while (end - at <= most && isDigit(text[end])) end += 1;
  return end - at < least || end - at > most || isDigit(text[at - 1]) ? undefined : end;
}

const isDigit = (character: string | undefined): boolean =>
  character !== undefined && character >= "0" && character <= "9";

const toField = (text: string): Field | undefined => {
  const name = text.slice(1, -1).trim().toLowerCase();
  return FIELDS.find((each) => each === name);
};

const ALL = FIELDS.map((field) => `{${field}}`).join(", ");

const nameBrace = (brace: string, at: number): string =>
  brace === "{"
    ? `The “{” at character ${at} is not closed. Close it after the name of a field, as in {title}.`
    : `The “}” at character ${at} closes nothing. Put a “{” before the name of a field, as in {title}.`;

const nameUnknown = (text: string, at: number): string =>
  `“${text}” at character ${at} is no field. Use one of these: ${ALL}.`;

const nameTwice = (field: Field, at: number): string =>
  `{${field}} stands twice, the second time at character ${at}. Take one of them out, or use {skip}.`;

const nameTouching = (text: string, at: number): string =>
  `“${text}” at character ${at} follows another field at once, so nobody can tell where one ends. Put something between them, such as a space or a dash.`;
