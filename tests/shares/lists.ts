import type { PlaylistId, RehearsalId, TrackId } from "#contract/ids.ts";
import type { SharedLink, ShareTerms } from "#contract/shares.ts";
import type { Backline } from "#sdk/index.ts";
import { type SharingWorld, TERMS } from "./sharing.ts";

/** A playlist with both of Anna's takes, and a rehearsal with the first one. */
export interface ListedWorld extends SharingWorld {
  readonly playlistId: PlaylistId;
  readonly rehearsalId: RehearsalId;
}

export async function withLists(world: SharingWorld): Promise<ListedWorld> {
  const { anna, bandId, track, other } = world;
  const playlist = await anna.api.playback.playlists.create.mutate({
    bandId,
    name: "Set <list>",
    trackIds: [other.id, track.id, other.id],
  });
  const rehearsal = await anna.api.library.rehearsals.create.mutate({
    ...{ bandId, heldOn: "2026-03-14", title: "In the cellar", notes: "Ben was late" },
    trackIds: [track.id],
  });
  return { ...world, playlistId: playlist.id, rehearsalId: rehearsal.id };
}

export const shareList = (
  { anna }: SharingWorld,
  list: { readonly playlistId: PlaylistId } | { readonly rehearsalId: RehearsalId },
  terms: Partial<ShareTerms> = {},
  password: string | null = null,
): Promise<SharedLink> =>
  anna.api.playback.shares.create.mutate({
    ...("playlistId" in list ? { playlistId: list.playlistId } : { rehearsalId: list.rehearsalId }),
    terms: { ...TERMS, ...terms },
    password,
  });

/** Takes a recording out of the playlist, wherever it stands in it. */
export async function takeOut({ anna, playlistId }: ListedWorld, trackId: TrackId): Promise<void> {
  const { items } = await anna.api.playback.playlists.items.query({ playlistId });
  const itemIds = items.filter(({ track }) => track.id === trackId).map(({ id }) => id);
  await anna.api.playback.playlists.removeItems.mutate({ playlistId, itemIds });
}

export const beginTrack = (guest: Backline, link: SharedLink, trackId: TrackId): Promise<void> =>
  guest.api.playback.shares.beginListen.mutate({ shareId: link.share.id, trackId });
