import {
  infiniteQueryOptions,
  queryOptions,
  useInfiniteQuery,
  useQuery,
} from "@tanstack/react-query";
import type { BandId, PlaylistId } from "#contract/ids.ts";
import type { Playlist } from "#contract/playlists.ts";
import { backline, queryClient, trpc } from "../api.ts";
import type { Queue } from "../playback/queue.ts";

const PAGE = 200;

export const playlistsQuery = (bandId: BandId) =>
  queryOptions(trpc.playback.playlists.list.queryOptions({ bandId }));

export const usePlaylists = (bandId: BandId) => useQuery(playlistsQuery(bandId));

export const usePlaylist = (playlistId: PlaylistId) =>
  useQuery(trpc.playback.playlists.get.queryOptions({ playlistId }));

const itemsQuery = (playlistId: PlaylistId) =>
  infiniteQueryOptions({
    queryKey: [...trpc.playback.playlists.items.pathKey(), playlistId],
    queryFn: ({ pageParam, signal }) =>
      backline.api.playback.playlists.items.query(
        { playlistId, cursor: pageParam, limit: PAGE },
        { signal },
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

export const useItems = (playlistId: PlaylistId) => useInfiniteQuery(itemsQuery(playlistId));

/** After a change, whoever made it. */
export async function notePlaylist(playlist: Playlist): Promise<void> {
  const { queryKey } = trpc.playback.playlists.get.queryOptions({ playlistId: playlist.id });
  queryClient.setQueryData(queryKey, playlist);
  await Promise.all([
    queryClient.invalidateQueries({ queryKey: trpc.playback.playlists.list.pathKey() }),
    queryClient.invalidateQueries({ queryKey: itemsQuery(playlist.id).queryKey }),
  ]);
}

/** A playlist from one of its items on; the rest is fetched as it comes near. */
export async function toQueue(playlistId: PlaylistId, index: number): Promise<Queue> {
  const fetchPage = async (cursor: string | null) => {
    const page = await backline.api.playback.playlists.items.query({
      ...{ playlistId, cursor, limit: PAGE },
    });
    return { tracks: page.items.map(({ track }) => track), next: page.next };
  };
  let { tracks, next } = await fetchPage(null);
  while (index >= tracks.length && next !== null) {
    const page = await fetchPage(next);
    tracks = [...tracks, ...page.tracks];
    next = page.next;
  }
  return { tracks, index, next, fetchPage };
}
