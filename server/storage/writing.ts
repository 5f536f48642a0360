import type { Readable } from "node:stream";
import { AppError } from "#server/base/errors.ts";
import type { StoredFile } from "./stored.ts";

/** Where a new file goes, and how long it is. */
export interface WriteTarget {
  /** A folder's ref, or `null` for the top. */
  readonly root: string | null;
  /** Names of folders below it, which are made where they are not there. */
  readonly folders: readonly string[];
  /** As it is to be called, should nothing else be. */
  readonly name: string;
  readonly sizeBytes: number;
}

/** A piece of a file, without holes or overlaps between those of one file. */
export interface Part {
  /** From 0. */
  readonly index: number;
  readonly startByte: number;
  readonly bytes: number;
}

export interface Finish {
  /** Of every part, in order. */
  readonly receipts: readonly unknown[];
  readonly name: string;
  /** This name was tried before, and nobody knows what came of it. */
  readonly isRepeated: boolean;
}

/**
 * Puts a new file into a storage, part by part, perhaps from several processes one after the other.
 * Nothing is ever overwritten, and nobody sees the file before it is whole.
 *
 * A `session` is what one `begin` gave, as it comes back from JSON; a plan and a receipt likewise. Everything
 * throws as `Storage` does, and `storage_full` when there is no room.
 */
export interface Writing {
  /** Larger ones are not taken; `null`: as large as there is room for. */
  readonly maxBytes: number | null;
  /**
   * The name is settled when it begins: when it is taken by the end, all parts have to be sent anew
   * under another one.
   */
  readonly bindsName?: true;
  /** Every part has so many bytes, but for the last; it is the same for each file of this size. */
  partBytes(sizeBytes: number): number;
  /**
   * What it takes to discard whatever `begin` leaves, should nobody get to hear of its end. Asks the
   * storage nothing.
   *
   * @param id - a UUID of the caller's, of this file alone. What hidden names are made of.
   */
  plan(target: WriteTarget, id: string): unknown;
  /**
   * @param plan - may have been begun before.
   * @throws AppError `conflict` where `bindsName` and the name is taken.
   */
  begin(plan: unknown): Promise<unknown>;
  /**
   * Puts a part in its place, or once more. Never called for a file without bytes.
   *
   * @param body - yields exactly the part; it is streamed on, and destroyed when that fails.
   */
  writePart(session: unknown, part: Part, body: Readable): Promise<unknown>;
  /**
   * Gives the file its name.
   *
   * @throws AppError `conflict` when the name is taken: everything is as before then, and another
   *   name can be tried; `gone` when the storage has lost what was sent.
   */
  finish(session: unknown, finish: Finish): Promise<StoredFile>;
  /**
   * Leaves nothing of an unfinished file. Settles too when there is nothing.
   *
   * @param session - or the plan of one that may have begun.
   */
  discard(session: unknown): Promise<void>;
}

/** What a file in the making is called. Hidden, so that no scan and no file manager shows it. */
export const toHiddenName = (id: string): string => `.backline-${id}.part`;

/** Marks the failures of names that are taken. */
const TAKEN = Symbol("taken");

export const nameTaken = (): AppError =>
  new AppError(
    "conflict",
    "The storage has a file of this name already. Nothing was overwritten.",
    { cause: TAKEN },
  );

export const isNameTaken = (error: unknown): boolean =>
  error instanceof AppError && error.cause === TAKEN;

export const nameLost = (cause?: unknown): AppError =>
  new AppError(
    "gone",
    "The storage does not have any more what was uploaded of this recording, perhaps because too much time has passed. Nothing else was changed; upload it again.",
    { cause },
  );

export const nameFull = (host: string, cause?: unknown): AppError =>
  new AppError(
    "storage_full",
    `There is no room left at ${host} for this recording. Nothing of it is lost on your side; make room there or ask the people who run it for more, then upload it again.`,
    { cause },
  );
