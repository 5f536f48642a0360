import type { TrackId } from "./ids.ts";

/** Paths of what is not tRPC. `baseUrl + path` works for a browser that is signed in. */
export const streamPath = (trackId: TrackId): string => `/stream/${trackId}`;
export const downloadPath = (trackId: TrackId): string => `/download/${trackId}`;

export type CoverSize = "small" | "large";

/** @param coverHash - in the URL, so that it may be cached for ever. */
export const coverPath = (trackId: TrackId, coverHash: string, size: CoverSize): string =>
  `/cover/${trackId}?size=${size}&v=${coverHash}`;
