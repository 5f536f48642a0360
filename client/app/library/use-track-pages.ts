import type { BandId } from "#contract/ids.ts";
import type { ListTracks, Track, TrackSort } from "#contract/library.ts";
import { backline } from "../api.ts";
import type { Queue } from "../playback/queue.ts";
import { type Pages, usePages } from "./use-pages.ts";

export interface TrackPages extends Pages<Track> {
  /** What is known of the list, playing from `index`; the rest is fetched as it goes. */
  readonly toQueue: (index: number) => Queue;
}

/** The tracks of an album, artist, genre or folder. */
export function useTrackPages(
  bandId: BandId,
  filter: ListTracks["filter"],
  sort: TrackSort,
  isOn = true,
): TrackPages {
  const input = { bandId, filter, sort, limit: 100 };
  const fetchDrawn = (seed: number | null, cursor: string | null) =>
    backline.api.library.tracks.list.query({ ...input, seed, cursor });
  const fetchPage = (cursor: string | null) => fetchDrawn(null, cursor);
  const pages = usePages<Track>(
    ["tracks", "list"],
    input,
    async (cursor) => {
      const { tracks, ...page } = await fetchPage(cursor);
      return { ...page, rows: tracks };
    },
    isOn,
  );
  const toQueue = (index: number): Queue => ({
    tracks: pages.rows,
    index,
    next: pages.next,
    fetchPage,
    fetchDrawn,
  });
  return { ...pages, toQueue };
}
