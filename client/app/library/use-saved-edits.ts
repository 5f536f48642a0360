import { notifications } from "@mantine/notifications";
import { skipToken, useMutation, useQuery } from "@tanstack/react-query";
import type { BandId } from "#contract/ids.ts";
import type { Track } from "#contract/library.ts";
import { backline, refusalOf, trpc } from "../api.ts";
import { edits as words } from "../words/edits.ts";
import { noteLibraryChanged } from "./changes.ts";
import { refreshSelections } from "./track-lists.ts";

export interface Editing {
  /** Of one band; at least one. */
  readonly tracks: readonly Track[];
  readonly onSaved: (saved: readonly Track[]) => void;
  readonly onClose: () => void;
}

/**
 * Saves what was edited, and brings what is shown of it in step.
 *
 * @param onStale - takes the tracks as they are now where they are not what was seen: without those that
 *   are gone.
 */
export function useSavedEdits(
  { tracks, onSaved, onClose }: Editing,
  onStale: (tracks: readonly Track[]) => void = () => {},
) {
  return useMutation(
    trpc.library.edits.save.mutationOptions({
      onSuccess(saved) {
        const [first] = saved;
        const isOne = saved.length === 1 && first;
        notifications.show({
          message: isOne ? words.saved(first.title) : words.savedSeveral(saved.length),
        });
        refreshSelections(saved);
        onClose();
        onSaved(saved);
        if (first) noteLibraryChanged(first.bandId, "over");
      },
      async onError(error) {
        const code = refusalOf(error)?.code;
        if (code !== "conflict" && code !== "not_found") return;
        const now = await Promise.all(tracks.map(fetchNow));
        const known = now.filter((track) => track !== null);
        refreshSelections(known);
        onStale(known);
      },
    }),
  );
}

/** @returns `null` for one that is gone; as it was seen where nobody answers. */
const fetchNow = (track: Track): Promise<Track | null> =>
  backline.api.library.tracks.get
    .query({ trackId: track.id })
    .catch((error) => (refusalOf(error)?.code === "not_found" ? null : track));

/** Whether what is edited in a band goes into its files as well, in words. */
export function useWhereKept(bandId: BandId | undefined): string {
  const { data } = useQuery(
    trpc.library.tagWriting.get.queryOptions(bandId ? { bandId } : skipToken),
  );
  return data?.isOn ? words.goesIn : words.beside;
}
