import type { TagWritingState } from "#contract/tag-writing.ts";
import { AppError } from "#server/base/errors.ts";
import type { HeldWriting } from "./held-writing-store.ts";

/** What is remembered of a file that could not be written, and shown at its track. */
export interface Trouble {
  readonly state: TagWritingState;
  readonly message: string;
}

/** So often it may end by our own fault. */
const MOST_TRIES = 5;
const KEPT = "The file is as it was, and the edit is kept beside it.";
const AGAIN = "It is tried again by itself.";
const LATER = "Once that is done, write the tags again from the band’s settings.";

/** Whether it is tried again, and what it means to people. */
export function toTrouble(
  { storageName, tries }: Pick<HeldWriting, "storageName" | "tries">,
  reason: unknown,
): Trouble {
  if (isDiskFull(reason))
    return waiting(
      `The disk of this server has no room for a copy of the file. ${KEPT} Ask the administrator to make room; it is tried again by itself.`,
    );
  if (!(reason instanceof AppError)) return toFault(tries);
  switch (reason.code) {
    case "conflict":
    case "not_found":
      return waiting(
        `The file in ${storageName} is not as the last scan saw it, so it was left as it is, and the edit is kept beside it. Scan the storage; it is tried again by itself after that.`,
      );
    case "storage_full":
      return waiting(
        `There is no room left in ${storageName} for the new version of the file. ${KEPT} Make room there, or ask the people who run it; it is tried again by itself.`,
      );
    case "unsupported_media_type":
    case "payload_too_large":
      return { state: "failed", message: `${reason.message} ${KEPT}` };
    case "storage_refused":
      return { state: "failed", message: `${reason.message} ${KEPT} ${LATER}` };
    case "internal":
      return toFault(tries);
    default:
      return waiting(`${reason.message} ${KEPT} ${AGAIN}`);
  }
}

const waiting = (message: string): Trouble => ({ state: "waiting", message });

const toFault = (tries: number): Trouble => ({
  state: tries < MOST_TRIES ? "waiting" : "failed",
  message: `Something went wrong on the server while the tags were written. ${KEPT} ${tries < MOST_TRIES ? AGAIN : "Tell the people who run this server; its log says more."}`,
});

const isDiskFull = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");

export const nameOnlyRead = (storageName: string): AppError =>
  new AppError(
    "storage_refused",
    `Backline only reads what is in ${storageName}, or cannot replace files there safely, so it writes no tags into them. Use a tag editor in the storage itself if others should see the edit.`,
  );

export const nameTooLarge = (): AppError =>
  new AppError(
    "payload_too_large",
    "The file is larger than 1 GB, which is more than is fetched for its tags. Use a tag editor in the storage itself if others should see the edit.",
  );
