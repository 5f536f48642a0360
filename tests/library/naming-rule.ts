import type { Naming, NamingRule } from "#contract/naming.ts";
import type { Backline } from "#sdk/index.ts";
import { annasStorage, type StorageWorld } from "#tests/support/world.ts";
import { flac, mp3 } from "./made-audio.ts";

export const RULE: NamingRule = {
  names: ["{date} {artist} - {title}"],
  folders: ["{date} {album}"],
};
export const BARE = "2024-05-02 Hamburg/2024-05-01 Walrus - Zebra.mp3";
export const LOOSE = "2024-05-02 Hamburg/Loose.mp3";
export const TAGGED = "2024-05-02 Hamburg/2024-05-01 Walrus - Tagged.flac";
export const TITLED = "2024-05-02 Hamburg/2024-05-01 Walrus - Half.flac";

export const annasTracks = (): Promise<StorageWorld> =>
  annasStorage(({ tree }) => {
    tree.put(BARE, mp3({}));
    tree.put(LOOSE, mp3({}, 2));
    tree.put(TAGGED, flac({ TITLE: "Foam", ALBUM: "Tides", DATE: "1998" }));
    tree.put(TITLED, flac({ ARTIST: "Herons" }, 2));
  });

export const naming = (client: Backline) => client.api.library.naming;

export const saveRule = (
  { anna, bandId }: StorageWorld,
  rule: NamingRule,
  version = 0,
): Promise<Naming> => naming(anna).save.mutate({ bandId, rule, version });
