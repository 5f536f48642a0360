import { z } from "zod";
import { BandId } from "#contract/ids.ts";
import { SortDirection } from "#contract/library.ts";
import { AppError } from "#server/base/errors.ts";
import type { SessionKeys } from "#server/base/keys.ts";

/** The last row of a page: where the next one begins. */
export interface Position {
  /** Of the sorted column, as text. */
  readonly key: string;
  readonly id: string;
  /** What the list was searched for in place of what was typed. */
  readonly correctedSearch?: string | undefined;
}

/** Of which list of whose in which order; each sort of each list has a name of its own. */
export interface Order {
  readonly bandId: BandId;
  readonly sort: string;
  readonly direction: SortDirection;
}

const Content = z
  .tuple([BandId, z.string().max(40), SortDirection, z.string().max(4_000), z.uuid()])
  .rest(z.string());

/**
 * A position as a page carries it: `content | . | kid | . | mac`, with the content (band,
 * sort, direction, key, id, perhaps a corrected search) as base64url of JSON, signed so that nobody can make one up.
 */
export function toCursor(
  keys: SessionKeys,
  { bandId, sort, direction }: Order,
  { key, id, correctedSearch }: Position,
): string {
  const parts = [bandId, sort, direction, key, id, correctedSearch];
  const kept = parts.filter((part) => part !== undefined);
  const content = Buffer.from(JSON.stringify(kept)).toString("base64url");
  return `${content}.${keys.sign("cursor", content)}`;
}

/** @throws AppError `invalid_input` for one that we did not make, or made for another band or order. */
export function parseCursor(keys: SessionKeys, list: Order, cursor: string): Position {
  const [content = "", ...signature] = cursor.split(".");
  if (!keys.isSigned("cursor", content, signature.join("."))) throw notOurs();
  const [bandId, sort, direction, key, id, correctedSearch] = Content.parse(
    JSON.parse(Buffer.from(content, "base64url").toString()),
  );
  const isOfIt = bandId === list.bandId && sort === list.sort && direction === list.direction;
  if (!isOfIt) throw notOurs();
  return { key, id, correctedSearch };
}

const notOurs = (): AppError =>
  new AppError("invalid_input", "This page of the list does not exist. Load the list again.");
