import type { BandId, ConnectionId, TrackId } from "#contract/ids.ts";
import type { Track } from "#contract/library.ts";

/** A track as a list gives it; `n` makes its id and its title. */
export const track = (n: number, change: Partial<Track> = {}): Track => ({
  id: `00000000-0000-7000-8000-${String(n).padStart(12, "0")}` as TrackId,
  bandId: "00000000-0000-7000-8000-00000000000b" as BandId,
  connectionId: "00000000-0000-7000-8000-00000000000c" as ConnectionId,
  state: "present",
  failure: null,
  missingSince: null,
  title: `Track ${n}`,
  artist: "The Copper Herons",
  album: "Low Tide Radio",
  albumArtist: null,
  trackNumber: n,
  discNumber: null,
  year: null,
  genre: null,
  recordedOn: null,
  editId: null,
  albumId: null,
  artistIds: [],
  details: null,
  durationMs: 180_000,
  codec: "MPEG 1 Layer 3",
  bitrateBps: 192_000,
  sampleRateHz: 44_100,
  channels: 2,
  sizeBytes: 4_000_000,
  path: `Low Tide Radio/${n}.mp3`,
  coverHash: null,
  addedAt: "2026-03-14T19:30:00.000Z",
  ...change,
});

export const tracks = (from: number, to: number): Track[] =>
  Array.from({ length: to - from + 1 }, (_, at) => track(from + at));
