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

/**
 * Shown at once, and taken back with a sentence when it did not work.
 *
 * @returns whether it did.
 */
export async function setFavourite(
  { id, bandId }: Pick<Track, "id" | "bandId">,
  isFavourite: boolean,
): Promise<boolean> {
  const { queryKey } = idsQuery(bandId);
  await queryClient.cancelQueries({ queryKey });
  const put = (isIn: boolean) =>
    queryClient.setQueryData(queryKey, (before) => {
      const others = (before ?? []).filter((each) => each !== id);
      return isIn ? [id, ...others] : others;
    });
  put(isFavourite);
  let isDone = true;
  try {
    await backline.api.playback.favourites.set.mutate({ trackId: id, isFavourite });
  } catch (error) {
    isDone = false;
    put(!isFavourite);
    notifications.show({ message: sentenceOf(error) });
  }
  await queryClient.invalidateQueries({ queryKey: trpc.playback.favourites.list.pathKey() });
  return isDone;
}
