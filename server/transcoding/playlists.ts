import { type Codec, codings, countSegments, type Kind, SEGMENT_SECONDS } from "./kinds.ts";

/** A quality that is offered. */
export interface Offer {
  readonly kind: Kind;
  readonly codec: Codec;
  readonly kbps: number;
}

/**
 * The list of qualities, which leads to the list of segments of each.
 *
 * @param query - that every address below carries on, with its `?`; empty when there is none.
 * @see https://www.rfc-editor.org/rfc/rfc8216
 */
export function multivariantPlaylist(
  version: string,
  offers: readonly Offer[],
  query: string,
): string {
  const lines = offers.flatMap(({ kind, codec, kbps }) => [
    `#EXT-X-STREAM-INF:BANDWIDTH=${Math.round(kbps * 1_150)},AVERAGE-BANDWIDTH=${kbps * 1_000},CODECS="${codings[codec].name}"`,
    `${version}/${kind}/list.m3u8${query}`,
  ]);
  return toText(["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS", ...lines]);
}

/** All segments of one quality with their lengths, whether or not they have been made. */
export function mediaPlaylist(durationMs: number, query: string): string {
  const count = countSegments(durationMs);
  const lengthOf = (index: number): number =>
    index + 1 < count ? SEGMENT_SECONDS : durationMs / 1000 - SEGMENT_SECONDS * index;
  const segments = Array.from({ length: count }, (_, index) => [
    `#EXTINF:${lengthOf(index).toFixed(3)},`,
    `${index}.m4s${query}`,
  ]);
  return toText([
    ...["#EXTM3U", "#EXT-X-VERSION:7", `#EXT-X-TARGETDURATION:${SEGMENT_SECONDS}`],
    ...["#EXT-X-MEDIA-SEQUENCE:0", "#EXT-X-PLAYLIST-TYPE:VOD", "#EXT-X-INDEPENDENT-SEGMENTS"],
    `#EXT-X-MAP:URI="init.mp4${query}"`,
    ...segments.flat(),
    "#EXT-X-ENDLIST",
  ]);
}

const toText = (lines: readonly string[]): string => `${lines.join("\n")}\n`;
