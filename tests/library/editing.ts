import type { EditField, Edits } from "#contract/edits.ts";
import type { TrackId } from "#contract/ids.ts";
import type { Track } from "#contract/library.ts";
import type { Backline } from "#sdk/index.ts";
import { annasStorage, listTracks, type StorageWorld } from "#tests/support/world.ts";
import { flac, mp3 } from "./made-audio.ts";

export const TAGS = {
  TITLE: "Foam",
  ARTIST: "Herons",
  ALBUM: "Tides",
  GENRE: "Folk",
  DATE: "1998",
};

export const annasTracks = (): Promise<StorageWorld> =>
  annasStorage(({ tree }) => {
    tree.put("Tides/1.flac", flac({ ...TAGS, ARTISTSORT: "Aaa", TRACKNUMBER: "2" }));
    tree.put("Tides/2.flac", flac({ ...TAGS, TITLE: "Salt", TRACKNUMBER: "1" }));
    tree.put("Ann/Demos/03 - Sea.mp3", mp3({}));
  });

export const save = (
  client: Backline,
  tracks: readonly Track[],
  fields: Edits,
  blank: readonly EditField[] = [],
): Promise<Track[]> => {
  const [first] = tracks;
  if (!first) throw new Error("There is nothing to edit.");
  const seen = tracks.map(({ id, editId }) => ({ trackId: id, version: editId }));
  const order = { bandId: first.bandId, tracks: seen, fields, blank: [...blank] };
  return client.api.library.edits.save.mutate(order);
};

export const editsOf = (client: Backline, trackId: TrackId) =>
  client.api.library.edits.list.query({ trackId });

export const found = async (world: StorageWorld, search: string): Promise<string[]> =>
  (await listTracks(world, search)).map(({ path }) => path);
