import type { BandId } from "#contract/ids.ts";
import { backline, queryClient, trpc } from "../api.ts";
import { player } from "../playback/here.ts";
import { createStore } from "../playback/store.ts";
import { forgetOtherLists } from "./track-lists.ts";

/** `going_on`: a scan is adding to it at this moment. */
export type ChangeKind = "going_on" | "over";

interface LibraryChange {
  readonly bandId: BandId;
  readonly kind: ChangeKind;
  /** Tells one change from the next. */
  readonly count: number;
}

/** The newest news that a library is not what it was. */
export const libraryChange = createStore<LibraryChange | null>(null);

export function noteLibraryChanged(bandId: BandId, kind: ChangeKind): void {
  libraryChange.set({ bandId, kind, count: (libraryChange.get()?.count ?? 0) + 1 });
  if (kind === "over") {
    forgetOtherLists();
    for (const queryKey of showTracks()) void queryClient.invalidateQueries({ queryKey });
    void refreshPlaying();
  }
}

/** All that shows tracks by their tags. */
const showTracks = () => [
  trpc.library.pathKey(),
  trpc.playback.playlists.pathKey(),
  trpc.playback.plays.pathKey(),
  trpc.playback.favourites.list.pathKey(),
];

/** What plays may have been started before its tags were read. */
async function refreshPlaying(): Promise<void> {
  const { track } = player.state.get();
  if (!track) return;
  const newer = await backline.api.library.tracks.get
    .query({ trackId: track.id })
    // A track that is gone plays to its end as it was called.
    .catch(() => null);
  if (newer) player.refresh([newer]);
}
