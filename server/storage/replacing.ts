import type { Readable } from "node:stream";
import { AppError } from "#server/base/errors.ts";
import { isKnown, type KnownFile } from "./removal.ts";

/** What a file is to be from now on. */
export interface NewVersion {
  /** A UUID that belongs to this file alone. What hidden names are made of; the same for every try. */
  readonly id: string;
  readonly sizeBytes: number;
  /** Of all of it, hex. */
  readonly sha256: string;
  /** All of its bytes, anew with each call. */
  open(): Readable;
}

/** @throws AppError `conflict` when what lies there now is not what was read. */
export function requireSame(found: KnownFile, known: KnownFile): void {
  if (!isKnown(found, known)) throw nameChanged();
}

export const nameChanged = (cause?: unknown): AppError =>
  new AppError(
    "conflict",
    "The storage has another version of this file by now, so it was left as it is. Scan the storage; it is tried again by itself after that.",
    { cause },
  );

/** Nothing is put in place of a file that could be another one by then. */
export const nameUnconditional = (host: string): AppError =>
  new AppError(
    "storage_refused",
    `${host} cannot promise that a file is only replaced as long as nobody else has changed it, so Backline replaces none there. Nothing was changed; use a tag editor on the files themselves, or tell the people who run it.`,
  );
