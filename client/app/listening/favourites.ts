import { notifications } from "@mantine/notifications";
import { queryOptions, useQuery } from "@tanstack/react-query";
import type { BandId, TrackId } from "#contract/ids.ts";
import type { Track } from "#contract/library.ts";
import { backline, queryClient, sentenceOf, trpc } from "../api.ts";

const idsQuery = (bandId: BandId) =>
  queryOptions({
    ...trpc.playback.favourites.ids.queryOptions({ bandId }),
    staleTime: 60_000,
  });

/** @returns `undefined` while nobody knows. */
export function useIsFavourite(track: { readonly id: TrackId; readonly bandId?: BandId } | null) {
  const { data } = useQuery({
    ...idsQuery(track?.bandId ?? ("" as BandId)),
    enabled: track?.bandId !== undefined,
  });
  return track ? data?.includes(track.id) : undefined;
}

/** @returns whether all of them are, of one band; false while nobody knows. */
export function useAreFavourites(bandId: BandId, ids: readonly TrackId[]): boolean {
  const { data } = useQuery(idsQuery(bandId));
  const known = new Set(data);
  return ids.every((id) => known.has(id));
}

type Marked = Pick<Track, "id" | "bandId">;

export const setFavourite = (track: Marked, isFavourite: boolean): Promise<void> =>
  setFavourites([track], isFavourite);

/**
 * All of one band, or none. Shown at once, and taken back with a sentence when it did not work.
 *
 * @param tracks - as many as can be selected at most.
 */
export async function setFavourites(
  tracks: readonly Marked[],
  isFavourite: boolean,
): Promise<void> {
  const [{ bandId } = {}] = tracks;
  if (!bandId) return;
  const { queryKey } = idsQuery(bandId);
  await queryClient.cancelQueries({ queryKey });
  const trackIds = tracks.map(({ id }) => id);
  const before = queryClient.getQueryData(queryKey);
  const changed = trackIds.filter((id) => before?.includes(id) !== isFavourite);
  const put = (isIn: boolean) =>
    queryClient.setQueryData(queryKey, (ids) => ids && withMarked(ids, changed, isIn));
  put(isFavourite);
  try {
    await backline.api.playback.favourites.setMany.mutate({ bandId, trackIds, isFavourite });
  } catch (error) {
    put(!isFavourite);
    notifications.show({ message: sentenceOf(error) });
  }
  const { favourites } = trpc.playback;
  const stale = before ? favourites.list.pathKey() : favourites.pathKey();
  await queryClient.invalidateQueries({ queryKey: stale });
}

function withMarked(
  ids: readonly TrackId[],
  changed: readonly TrackId[],
  isIn: boolean,
): TrackId[] {
  const given = new Set(changed);
  const others = ids.filter((id) => !given.has(id));
  return isIn ? [...changed, ...others] : others;
}
