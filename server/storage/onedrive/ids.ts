import { addressOf, type Steps } from "#server/storage/steps.ts";

/** A drive and an item in it make a shortcut's target. */
export const TARGET_IDS = 2;

/** Where Graph finds an item; ids are unique within a drive alone. */
export interface Address {
  /** `null`: the person's own. */
  readonly driveId: string | null;
  readonly itemId: string;
}

/** Below a shortcut everything is in the drive that it leads to. */
export function toAddress(steps: Steps): Address | null {
  const last = steps.at(-1);
  if (!last) return null;
  const target = steps.findLast((step) => step.target !== null)?.target ?? null;
  const driveId = target?.split(".")[0] ?? null;
  const itemId = addressOf(last).split(".").at(-1) ?? "";
  return { driveId, itemId };
}

/** Ids of personal drives, and of items in them: 16 hexadecimal digits, with `!` and more behind. */
const PERSONAL = /^([\da-f]{1,16})(!.*)?$/i;

/**
 * Microsoft writes the ids of personal drives now in capitals and now not, and drops zeros before them,
 * also where they begin the ids of items. Whoever compares two of them compares these.
 *
 * @see https://github.com/OneDrive/onedrive-api-docs/issues/1902
 */
export function toStableId(id: string): string {
  const [, drive = "", item = ""] = PERSONAL.exec(id) ?? [];
  return drive === "" ? id : `${drive.toLowerCase().padStart(16, "0")}${item.toLowerCase()}`;
}

/** Without the zeros before it there is no such drive. */
export const padDriveId = (id: string): string =>
  /^[\da-f]{1,16}$/i.test(id) ? id.padStart(16, "0") : id;
