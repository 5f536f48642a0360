import { useInfiniteQuery } from "@tanstack/react-query";
import type { BandId, ShareId, TrackId } from "#contract/ids.ts";
import { backline, queryClient } from "../api.ts";
import { refreshEvents } from "../audit/events.ts";

const KEY = "shares";
const PAGE = 20;

/** The public links of a band, the newest first; of one recording only, where it is given. */
export const useShares = (bandId: BandId, trackId?: TrackId) =>
  useInfiniteQuery({
    queryKey: [KEY, bandId, trackId ?? null],
    queryFn: ({ pageParam }) =>
      backline.api.playback.shares.list.query({
        bandId,
        before: pageParam,
        limit: PAGE,
        ...(trackId ? { trackId } : {}),
      }),
    initialPageParam: null as ShareId | null,
    getNextPageParam: (page) => page.next,
    // Guests listen and links end by themselves.
    staleTime: 0,
  });

export type Shares = ReturnType<typeof useShares>;

/** To be called after every change of a link, whatever came of it. */
export function refreshShares(): Promise<void> {
  void refreshEvents();
  return queryClient.invalidateQueries({ queryKey: [KEY] });
}
