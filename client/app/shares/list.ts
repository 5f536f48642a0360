import { useInfiniteQuery } from "@tanstack/react-query";
import type { BandId, ShareId } from "#contract/ids.ts";
import { backline, queryClient } from "../api.ts";
import { refreshEvents } from "../audit/events.ts";
import type { ShareTarget } from "./dialog.ts";

const KEY = "shares";
const PAGE = 20;

/** The public links of a band, the newest first; those that lead to one thing only, where it is given. */
export const useShares = (bandId: BandId, target?: ShareTarget) =>
  useInfiniteQuery({
    queryKey: [KEY, bandId, target ?? null],
    queryFn: ({ pageParam }) =>
      backline.api.playback.shares.list.query({
        bandId,
        before: pageParam,
        limit: PAGE,
        ...target,
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
