import { z } from "zod";

const id = <const Brand extends string>(_brand: Brand) => z.uuid().brand<Brand>();

export const UserId = id("UserId");
export type UserId = z.infer<typeof UserId>;

export const SessionId = id("SessionId");
export type SessionId = z.infer<typeof SessionId>;

export const BandId = id("BandId");
export type BandId = z.infer<typeof BandId>;

export const ConnectionId = id("ConnectionId");
export type ConnectionId = z.infer<typeof ConnectionId>;

/** Of a sign-in at a storage's own pages, while it is under way. */
export const StorageLoginId = id("StorageLoginId");
export type StorageLoginId = z.infer<typeof StorageLoginId>;

export const TrackId = id("TrackId");
export type TrackId = z.infer<typeof TrackId>;

export const ScanId = id("ScanId");
export type ScanId = z.infer<typeof ScanId>;

/** Of a recording on its way into a band's storage. */
export const UploadId = id("UploadId");
export type UploadId = z.infer<typeof UploadId>;

/** Of a public link; no secret, and it opens nothing. */
export const ShareId = id("ShareId");
export type ShareId = z.infer<typeof ShareId>;
