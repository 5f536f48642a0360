import { queryOptions } from "@tanstack/react-query";
import type { OpenedShare } from "#contract/shares.ts";
import { backline, queryClient } from "../api.ts";

/** What a guest of a public link gets to see and hear. */
export type SharedRecording = Extract<OpenedShare, { status: "open" }>;

/** Opening a link once more changes nothing for who is in. */
export const openedShareQuery = (token: string) =>
  queryOptions({
    queryKey: ["opened share", token],
    queryFn: () => backline.api.playback.shares.open.mutate({ token, password: null }),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const noteOpened = (token: string, opened: OpenedShare): void =>
  void queryClient.setQueryData(openedShareQuery(token).queryKey, opened);

export const openAgain = (token: string): Promise<OpenedShare> =>
  queryClient.fetchQuery({ ...openedShareQuery(token), staleTime: 0 });
