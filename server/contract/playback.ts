import { z } from "zod";
import { TrackId } from "./ids.ts";
import { Timestamp } from "./time.ts";

/** Paths of what is not tRPC. `baseUrl + path` works for a browser that is signed in. */
export const streamPath = (trackId: TrackId): string => `/stream/${trackId}`;
export const downloadPath = (trackId: TrackId): string => `/download/${trackId}`;

export const AskTicket = z.strictObject({
  trackId: TrackId,
  use: z.enum(["stream", "download", "cover"]),
});
export type AskTicket = z.infer<typeof AskTicket>;

/** A way to one thing for who can send neither cookie nor header; for five minutes. */
export const MediaTicket = z.strictObject({
  /** To be put after the server's address. */
  path: z.string(),
  expiresAt: Timestamp,
});
export type MediaTicket = z.infer<typeof MediaTicket>;

export type CoverSize = "small" | "large";

/** @param coverHash - in the URL, so that it may be cached for ever. */
export const coverPath = (trackId: TrackId, coverHash: string, size: CoverSize): string =>
  `/cover/${trackId}?size=${size}&v=${coverHash}`;
