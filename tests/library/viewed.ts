import type { Track } from "#contract/library.ts";
import type { Album } from "#contract/views.ts";
import { createPerson } from "#tests/auth/people.ts";
import { signInWithPassword } from "#tests/auth/phones.ts";
import { annasStorage, type StorageWorld } from "#tests/support/world.ts";
import { flac, mp3, type Tagging } from "./made-audio.ts";

/** Thirteen recordings that make up six albums, and what tests ask of their views. */

const walkers = (disc: string, number: string, TITLE: string): Tagging => ({
  TITLE,
  ALBUM: "The Long Road",
  ALBUMARTIST: "The Walkers",
  ARTIST: "The Walkers",
  DATE: "1998",
  GENRE: "Folk",
  DISCNUMBER: disc,
  ...(number === "" ? {} : { TRACKNUMBER: number }),
});

export const LIBRARY: Readonly<Record<string, Buffer>> = {
  "Long Road/CD 2/1.flac": flac(walkers("2", "1", "Home")),
  "Long Road/CD 2/b.flac": flac(walkers("2", "", "Take 10")),
  "Long Road/CD 2/a.flac": flac(walkers("2", "", "Take 2")),
  "Long Road/CD 1/10.flac": flac(walkers("1", "10", "Bend")),
  "Long Road/CD 1/2.flac": flac(walkers("1", "2", "Mile")),
  "Hits/1.mp3": mp3({
    TIT2: "Both",
    TALB: "Hits",
    TPE2: "Various Artists",
    TPE1: "Ada\0Bo",
    TCON: "Folk\0Drone",
  }),
  "Hits/2.mp3": mp3({ TIT2: "Alone", TALB: "Hits", TPE2: "Various Artists", TPE1: "Élan" }),
  "Mix/CD 1/1.flac": flac({ TITLE: "Tin", ALBUM: "Mix", ARTIST: "Ada" }),
  "Mix/Disc 2/2.flac": flac({ TITLE: "Tar", ALBUM: "Mix", ARTIST: "Bo" }),
  "one/Live/1.flac": flac({ TITLE: "In one", ALBUM: "Live", ARTIST: "Ada", DATE: "2001" }),
  "two/Live/1.flac": flac({ TITLE: "In two", ALBUM: "Live", ARTIST: "Ada", DATE: "2002" }),
  "Zed/1.flac": flac({ TITLE: "Last", ALBUM: "An Echo", ARTIST: "Zed", ARTISTSORT: "Aaron" }),
  "loose.flac": flac({ TITLE: "Loose" }),
};

export const library = (): Promise<StorageWorld> =>
  annasStorage((cloud) => {
    for (const [path, bytes] of Object.entries(LIBRARY)) cloud.tree.put(path, bytes);
  });

export const viewsOf = ({ anna }: StorageWorld) => anna.api.library;

export const albumsOf = async (world: StorageWorld, title?: string): Promise<Album[]> => {
  const { albums } = await viewsOf(world).albums.list.query({
    bandId: world.bandId,
    sort: "year",
  });
  return albums.filter((album) => title === undefined || album.title === title);
};

export async function oneAlbum(world: StorageWorld, title: string): Promise<Album> {
  const found = await albumsOf(world, title);
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} albums named ${title}.`);
  return found[0];
}

export async function artistNamed(world: StorageWorld, name: string) {
  const { artists } = await viewsOf(world).artists.list.query({ bandId: world.bandId });
  const found = artists.find((artist) => artist.name === name);
  if (!found) throw new Error(`No artist named ${name}.`);
  return found;
}

export async function genreNamed(world: StorageWorld, name: string) {
  const { genres } = await viewsOf(world).genres.list.query({ bandId: world.bandId });
  const found = genres.find((genre) => genre.name === name);
  if (!found) throw new Error(`No genre named ${name}.`);
  return found;
}

export const foldersIn = async ({ anna, bandId, connection }: StorageWorld, path = "") => {
  const { folders } = await anna.api.library.folders.list.query({
    bandId,
    connectionId: connection.id,
    path,
  });
  return folders.map((each) => [each.path, each.name, each.trackCount, each.missingCount]);
};

/** Somebody with a band of their own, who is not in Anna's. */
export const meetBen = async ({ server }: Pick<StorageWorld, "server">) =>
  signInWithPassword(server, await createPerson(server.deps, "ben"));

export const titles = (tracks: readonly Pick<Track, "title">[]): string[] =>
  tracks.map(({ title }) => title);
