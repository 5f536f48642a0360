import { z } from "zod";
import { TrackId } from "./ids.ts";
import { Timestamp } from "./time.ts";

export const AskTicket = z.strictObject({
  trackId: TrackId,
  use: z.enum(["stream", "hls", "download", "cover", "waveform"]),
});
export type AskTicket = z.infer<typeof AskTicket>;

/** A way to one thing for who can send neither cookie nor header; for five minutes. */
export const MediaTicket = z.strictObject({
  /** To be put after the server's address. */
  path: z.string(),
  expiresAt: Timestamp,
});
export type MediaTicket = z.infer<typeof MediaTicket>;
