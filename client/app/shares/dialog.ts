import type { BandId, PlaylistId, RehearsalId, TrackId } from "#contract/ids.ts";
import type { Track } from "#contract/library.ts";
import type { ShareKind } from "#contract/shares.ts";
import { createStore } from "../playback/store.ts";

/** What a link leads to, as the server is told. */
export type ShareTarget =
  | { readonly trackId: TrackId }
  | { readonly playlistId: PlaylistId }
  | { readonly rehearsalId: RehearsalId };

/** What somebody wants to share. */
export interface Shareable {
  readonly bandId: BandId;
  readonly title: string;
  readonly target: ShareTarget;
}

/** What the open dialog is about: by a button, a row's menu or a command. */
export const sharedThing = createStore<Shareable | null>(null);

export const openShareDialog = ({
  id,
  bandId,
  title,
}: Pick<Track, "id" | "bandId" | "title">): void =>
  sharedThing.set({ bandId, title, target: { trackId: id } });

export const openListShareDialog = (list: Shareable): void => sharedThing.set(list);
export const closeShareDialog = (): void => sharedThing.set(null);

export function kindOf(target: ShareTarget): ShareKind {
  if ("trackId" in target) return "track";
  return "playlistId" in target ? "playlist" : "rehearsal";
}
