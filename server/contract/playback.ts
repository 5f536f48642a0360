import type { ShareId, TrackId } from "./ids.ts";

/**
 * Paths of what is not tRPC. `baseUrl + path` works for a browser that is signed in.
 *
 * @param shareId - when whoever asks is the guest of a public link, who is signed in or not.
 */
export const streamPath = (trackId: TrackId, shareId?: ShareId): string =>
  `/stream/${trackId}${asGuestOf(shareId)}`;
export const downloadPath = (trackId: TrackId, shareId?: ShareId): string =>
  `/download/${trackId}${asGuestOf(shareId)}`;

/** What a recording is made into where a browser wants that: AAC plays everywhere. */
export type HlsCodec = "aac" | "opus";
export type HlsQuality = "high" | "low";

export interface HlsWish {
  readonly codec?: HlsCodec;
  /** Left out: whichever the line carries. */
  readonly quality?: HlsQuality;
}

/** The list of qualities, for a player of HTTP Live Streaming. */
export const hlsPath = (trackId: TrackId, wish: HlsWish = {}, shareId?: ShareId): string => {
  const share = shareId === undefined ? {} : { share: shareId };
  const query = new URLSearchParams(Object.entries({ ...wish, ...share })).toString();
  return `/hls/${trackId}/index.m3u8${query === "" ? "" : `?${query}`}`;
};

export const waveformPath = (trackId: TrackId, shareId?: ShareId): string =>
  `/waveform/${trackId}${asGuestOf(shareId)}`;

export const NOT_DIRECT = "0";

/**
 * For the address of a stream: it comes through the server also where the band lets browsers fetch it
 * from the storage itself, to which the server's answer is a redirect.
 */
export const THROUGH_SERVER = `direct=${NOT_DIRECT}`;

const asGuestOf = (shareId: ShareId | undefined): string => (shareId ? `?share=${shareId}` : "");

export type CoverSize = "small" | "large";

/** @param coverHash - in the URL, so that it may be cached for ever. */
export const coverPath = (trackId: TrackId, coverHash: string, size: CoverSize): string =>
  `/cover/${trackId}?size=${size}&v=${coverHash}`;

/**
 * The cover of a recording that a link leads to.
 *
 * @param coverHash - in the URL, so that a browser may keep it.
 */
export const shareCoverPath = (token: string, trackId: TrackId, coverHash: string): string =>
  `/s/${token}/cover?size=large&track=${trackId}&v=${coverHash}`;
