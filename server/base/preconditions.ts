import { parseHttpDate } from "./http-date.ts";

/** What tells one version of a file from another, as we send it. */
export interface Validators {
  /** Entity tag with quotes, weak ones with `W/`; `null` when the storage gives us nothing to make one of. */
  readonly etag: string | null;
  readonly modifiedAt: Date | null;
}

/** The request headers that ask for one version of a file. */
export interface Conditions {
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
  readonly ifModifiedSince?: string | undefined;
  readonly ifUnmodifiedSince?: string | undefined;
  readonly ifRange?: string | undefined;
}

export type Verdict = "send" | "not_modified" | "precondition_failed";

/**
 * Decides, in the order that the standard prescribes, whether a GET or HEAD gets the file at all.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-13.2.2
 */
export function checkConditions(conditions: Conditions, current: Validators): Verdict {
  const { ifMatch, ifNoneMatch } = conditions;
  if (ifMatch !== undefined) {
    if (!isListed(ifMatch, current.etag, isStrongMatch)) return "precondition_failed";
  } else if (isAfter(current.modifiedAt, conditions.ifUnmodifiedSince)) {
    return "precondition_failed";
  }
  if (ifNoneMatch !== undefined) {
    return isListed(ifNoneMatch, current.etag, isWeakMatch) ? "not_modified" : "send";
  }
  return isNotAfter(current.modifiedAt, conditions.ifModifiedSince) ? "not_modified" : "send";
}

/**
 * Whether a `Range` counts: there is no `If-Range`, or it names the very version we have. A weak
 * tag never does, nor does a date, since two writes in one second would look the same.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-13.1.5
 */
export const honoursRange = (ifRange: string | undefined, current: Validators): boolean =>
  ifRange === undefined || isStrongMatch(ifRange.trim(), current.etag);

const isStrongMatch = (given: string, current: string | null): boolean =>
  current !== null && !current.startsWith("W/") && given === current;

/** Equal but for the `W/` (RFC 9110 §8.8.3.2). */
export const isWeakMatch = (given: string, current: string | null): boolean =>
  current !== null && opaque(given) === opaque(current);

const opaque = (etag: string): string => etag.replace(/^W\//, "");

function isListed(
  header: string,
  current: string | null,
  matches: (given: string, current: string | null) => boolean,
): boolean {
  if (header.trim() === "*") return true;
  const tags = header.match(/(?:W\/)?"[^"]*"/g) ?? [];
  return tags.some((tag) => matches(tag, current));
}

/** HTTP dates have whole seconds. */
const secondsOf = (date: Date): number => Math.floor(date.getTime() / 1000);

function isAfter(modifiedAt: Date | null, header: string | undefined): boolean {
  const limit = parseHttpDate(header);
  return modifiedAt !== null && limit !== null && secondsOf(modifiedAt) > secondsOf(limit);
}

function isNotAfter(modifiedAt: Date | null, header: string | undefined): boolean {
  const limit = parseHttpDate(header);
  return modifiedAt !== null && limit !== null && secondsOf(modifiedAt) <= secondsOf(limit);
}
