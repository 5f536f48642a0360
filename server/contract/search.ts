import { z } from "zod";
import { BandId, PlaylistId, RehearsalId } from "./ids.ts";
import { Album, Artist, Genre, TrackFolder } from "./views.ts";

/** So many of each kind, the best first. */
export const MOST_MATCHES = 6;

export const SearchBand = z.strictObject({
  bandId: BandId,
  /** Words that must all occur, in any order; the last may be unfinished. */
  search: z.string().trim().min(1).max(200),
});
export type SearchBand = z.infer<typeof SearchBand>;

/** What is called so in all that a band has beside recordings, which `tracks.list` finds. */
export const Matches = z.strictObject({
  artists: z.array(Artist),
  albums: z.array(Album),
  genres: z.array(Genre),
  folders: z.array(TrackFolder),
  playlists: z.array(z.strictObject({ id: PlaylistId, name: z.string() })),
  /** The latest first; a day is found as `2026-03-14` and as `14 March 2026`. */
  rehearsals: z.array(z.strictObject({ id: RehearsalId, title: z.string(), heldOn: z.iso.date() })),
  /** Nothing has the words as they were typed: what was looked for instead. */
  correctedSearch: z.string().nullable(),
});
export type Matches = z.infer<typeof Matches>;
