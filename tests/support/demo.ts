import { join } from "node:path";

/** One of the recordings that come with Backline, as whoever reads it should find it. */
export interface DemoRecording {
  /** Relative to `demoFolder`, with `/`, not URL-encoded; one holds `#`, `%`, `+` and `'`. */
  readonly path: string;
  readonly format: "mp3" | "flac" | "ogg" | "m4a";
  /** The file name without its extension for the one that has no tags. */
  readonly title: string;
  /** `null`, here and below, for the one that has no tags. */
  readonly artist: string | null;
  readonly album: string | null;
  readonly albumArtist: string | null;
  readonly trackNumber: number | null;
  readonly discNumber: number | null;
  readonly year: number | null;
  readonly genre: string | null;
  /** What ffprobe says. Readers differ by up to 60 ms on whether an encoder's padding counts. */
  readonly durationMs: number;
  /** Inside the file. An album without has its picture beside it: see `demoFolderCovers`. */
  readonly hasCover: boolean;
}

/** Absolute: the root of the demo connection. */
export const demoFolder = join(import.meta.dirname, "../../server/demo/recordings");

/** Pictures that lie beside the tracks of their album, relative to `demoFolder`. */
export const demoFolderCovers: readonly string[] = ["Low Tide Radio/cover.jpg"];

const lowTideRadio = {
  album: "Low Tide Radio",
  albumArtist: "The Copper Herons",
  discNumber: 1,
  year: 2024,
  hasCover: false,
} as const;

const lamplightSessions = {
  artist: "Ines Sölver",
  album: "The Lamplight Sessions",
  albumArtist: "Ines Sölver",
  discNumber: 1,
  year: 2025,
  hasCover: true,
} as const;

const marchRehearsal = {
  artist: "The Copper Herons",
  album: "Rehearsal, 14 March 2026",
  albumArtist: "The Copper Herons",
  discNumber: 1,
  year: 2026,
  hasCover: true,
} as const;

/** In the order of their paths. */
export const demoRecordings: readonly DemoRecording[] = [
  {
    ...lowTideRadio,
    path: "Low Tide Radio/01 Lighthouse Keepers.mp3",
    format: "mp3",
    title: "Lighthouse Keepers",
    artist: "The Copper Herons",
    trackNumber: 1,
    genre: "Dream Pop",
    durationMs: 28_260,
  },
  {
    ...lowTideRadio,
    path: "Low Tide Radio/02 Café Électrique.ogg",
    format: "ogg",
    title: "Café Électrique",
    artist: "The Copper Herons feat. Ines Sölver",
    trackNumber: 2,
    genre: "Bossa Nova",
    durationMs: 23_500,
  },
  {
    ...marchRehearsal,
    path: "Rehearsals/2026-03-14/01 Harbour Lights (take 3).mp3",
    format: "mp3",
    title: "Harbour Lights (take 3)",
    trackNumber: 1,
    genre: "Indie Rock",
    durationMs: 27_648,
  },
  {
    ...marchRehearsal,
    path: "Rehearsals/2026-03-14/02 Don't Wait Up #2 (100% + tambourine).ogg",
    format: "ogg",
    title: "Don't Wait Up #2 (100% + tambourine)",
    trackNumber: 2,
    genre: "Soul",
    durationMs: 27_000,
  },
  {
    path: "Rehearsals/2026-04-02/Voice memo (kitchen idea).m4a",
    format: "m4a",
    title: "Voice memo (kitchen idea)",
    artist: null,
    album: null,
    albumArtist: null,
    trackNumber: null,
    discNumber: null,
    year: null,
    genre: null,
    durationMs: 28_200,
    hasCover: false,
  },
  {
    ...lamplightSessions,
    path: "The Lamplight Sessions/01 Först ljus.flac",
    format: "flac",
    title: "Först ljus",
    trackNumber: 1,
    genre: "Ambient",
    durationMs: 25_200,
  },
  {
    ...lamplightSessions,
    path: "The Lamplight Sessions/02 Moth Hour.m4a",
    format: "m4a",
    title: "Moth Hour",
    trackNumber: 2,
    genre: "Jazz",
    durationMs: 25_600,
  },
  {
    ...lamplightSessions,
    path: "The Lamplight Sessions/03 夜汽車.flac",
    format: "flac",
    title: "夜汽車",
    trackNumber: 3,
    genre: "Chamber Folk",
    durationMs: 19_000,
  },
];
