import { AppError } from "#server/base/errors.ts";
import { notFound } from "#server/storage/http.ts";

/** What ends the path of an address that may be asked: of a folder's list, and of a drive's log. */
export type Kind = "children" | "delta";

const ENDINGS: Readonly<Record<Kind, RegExp>> = {
  children: /\/children$/,
  // Business drives have the place in the log as an argument: `delta(token='…')`.
  delta: /\/delta(\(token=('|%27)[^'/]*('|%27)\))?$/,
};

/**
 * What follows of a list, as a cursor: the address that Graph gives for it, without its beginning.
 * Our token goes there, so it must be a list of Graph's own.
 *
 * @throws AppError `storage_unavailable`
 * @see https://learn.microsoft.com/graph/paging
 */
export function parsePageLink(base: string, link: string, kind: Kind): string {
  const url = URL.parse(link);
  if (url && isListOf(base, url, kind)) return url.href.slice(`${base}/`.length);
  const { host } = new URL(base);
  throw new AppError(
    "storage_unavailable",
    `${host} gave an address for the rest of a list that is not its own, so it was not used. Nothing is lost; try again in a while.`,
  );
}

/** @throws AppError `not_found` for what was no cursor of ours. */
export function toPageUrl(base: string, cursor: string, kind: Kind): URL {
  const url = URL.parse(`${base}/${cursor}`);
  if (url && isListOf(base, url, kind)) return url;
  throw notFound();
}

const isListOf = (base: string, url: URL, kind: Kind): boolean =>
  url.href.startsWith(`${base}/`) &&
  url.username === "" &&
  url.hash === "" &&
  ENDINGS[kind].test(url.pathname);
