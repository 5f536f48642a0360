import { AppError } from "#server/base/errors.ts";
import type { StoredFile } from "./stored.ts";

/** A file as it was when somebody decided about it. */
export type KnownFile = Pick<StoredFile, "ref" | "sizeBytes" | "etag" | "modifiedAt">;

/** @throws AppError `conflict` when what lies there now is not what was decided about. */
export function requireKnown(found: KnownFile, known: KnownFile): void {
  if (!isKnown(found, known)) throw nameOther();
}

/** It has been replaced or written to since. */
export const nameOther = (cause?: unknown): AppError =>
  new AppError(
    "conflict",
    "The storage has another version of this file by now, so it was not deleted. Look for changes in the storage, listen to what is there, and then delete it if you still want to.",
    { cause },
  );

export function isKnown(found: KnownFile, known: KnownFile): boolean {
  if (found.sizeBytes !== known.sizeBytes) return false;
  if (found.etag !== null && known.etag !== null) return toOpaque(found) === toOpaque(known);
  return found.modifiedAt?.getTime() === known.modifiedAt?.getTime();
}

/** Some servers call a validator weak only while the file is young. */
const toOpaque = ({ etag }: KnownFile): string | undefined => etag?.replace(/^W\//, "");
