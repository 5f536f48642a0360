import { infiniteQueryOptions, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { BandId, RehearsalId } from "#contract/ids.ts";
import type { Track } from "#contract/library.ts";
import type { WholeRehearsal } from "#contract/rehearsals.ts";
import { backline, queryClient, trpc } from "../api.ts";

const rehearsalsQuery = (bandId: BandId) =>
  infiniteQueryOptions({
    queryKey: [...trpc.library.rehearsals.list.pathKey(), bandId],
    queryFn: ({ pageParam, signal }) =>
      backline.api.library.rehearsals.list.query({ bandId, cursor: pageParam }, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

/** The newest day first. */
export const useRehearsals = (bandId: BandId) => useInfiniteQuery(rehearsalsQuery(bandId));

export const useRehearsal = (rehearsalId: RehearsalId) =>
  useQuery(trpc.library.rehearsals.get.queryOptions({ rehearsalId }));

/** Folders that are named after days, of which nothing is filed yet. */
export const useSuggested = (bandId: BandId, isWanted: boolean) =>
  useQuery({
    ...trpc.library.rehearsals.suggest.queryOptions({ bandId }),
    enabled: isWanted,
    staleTime: 0,
  });

export const refreshRehearsals = (): Promise<void> =>
  queryClient.invalidateQueries({ queryKey: trpc.library.rehearsals.pathKey() });

/** After a change, whoever made it: others may have lost takes to it. */
export async function noteRehearsal(rehearsal: WholeRehearsal): Promise<void> {
  const { queryKey } = trpc.library.rehearsals.get.queryOptions({ rehearsalId: rehearsal.id });
  queryClient.setQueryData(queryKey, rehearsal);
  await refreshRehearsals();
}

/** Where its takes lie, each folder once. */
export function foldersOf(takes: readonly Track[]): Pick<Track, "connectionId" | "path">[] {
  const folders = new Map<string, Pick<Track, "connectionId" | "path">>();
  for (const { connectionId, path } of takes) {
    const folder = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    folders.set(`${connectionId} ${folder}`, { connectionId, path: folder });
  }
  return [...folders.values()];
}
