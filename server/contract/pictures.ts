import type { UserId } from "./ids.ts";

/** Of a file that somebody sends. In base64 it fits into a request with room to spare. */
export const MAX_PICTURE_BYTES = 700_000;

export type PictureSize = "small" | "large";

/** @param hash - in the URL, so that it may be cached for ever. */
export const picturePath = (userId: UserId, hash: string, size: PictureSize): string =>
  `/picture/${userId}?size=${size}&v=${hash}`;
