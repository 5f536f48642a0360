import { z } from "zod";
import { TrackId } from "#contract/ids.ts";
import { type ListTracks, SortDirection, TrackSort } from "#contract/library.ts";
import { AppError } from "#server/base/errors.ts";
import type { SessionKeys } from "#server/base/keys.ts";

/** The last row of a page: where the next one begins. */
export interface Position {
  /** Of the sorted column, as text. */
  readonly key: string;
  readonly id: TrackId;
}

const Content = z.tuple([TrackSort, SortDirection, z.string().max(4_000), TrackId]);

/**
 * A position as a page carries it: `content | . | kid | . | mac`, with the content (sort,
 * direction, key, id) as base64url of JSON, signed so that nobody can make one up.
 */
export function toCursor(
  keys: SessionKeys,
  { sort, direction }: Pick<ListTracks, "sort" | "direction">,
  { key, id }: Position,
): string {
  const content = Buffer.from(JSON.stringify([sort, direction, key, id])).toString("base64url");
  return `${content}.${keys.sign("cursor", content)}`;
}

/** @throws AppError `invalid_input` for one that we did not make, or made for another order. */
export function parseCursor(
  keys: SessionKeys,
  list: Pick<ListTracks, "sort" | "direction">,
  cursor: string,
): Position {
  const [content = "", ...signature] = cursor.split(".");
  if (!keys.isSigned("cursor", content, signature.join("."))) throw notOurs();
  const [sort, direction, key, id] = Content.parse(
    JSON.parse(Buffer.from(content, "base64url").toString()),
  );
  if (sort !== list.sort || direction !== list.direction) throw notOurs();
  return { key, id };
}

const notOurs = (): AppError =>
  new AppError("invalid_input", "This page of the list does not exist. Load the list again.");
