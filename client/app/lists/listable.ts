import type { Track } from "#contract/library.ts";

/** What is asked of a recording that somebody wants to put into a list of its band. */
export type Listable = Pick<Track, "id" | "bandId" | "title">;
