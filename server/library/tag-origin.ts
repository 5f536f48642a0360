import type { FileTags } from "#contract/edits.ts";
import { differing } from "./tag-writer.ts";
import type { Original } from "./tag-writing-store.ts";

/**
 * What counts as the file's own words: what it said before we wrote, for as long as it says what we have
 * written. So edits stay what they are, and can be taken back.
 */
export const toOriginalTags = (original: Original | undefined, read: FileTags): FileTags =>
  original && isOurs(original, read) ? original.tags : read;

/** Somebody else has written into a file of ours. @param kept - as `toOriginalTags` gave it. */
export const isForeign = (original: Original | undefined, kept: FileTags): boolean =>
  original !== undefined && kept !== original.tags;

const isOurs = ({ written, pending }: Original, read: FileTags): boolean =>
  [written, pending].some((each) => each !== null && differing(each, read).length === 0);
