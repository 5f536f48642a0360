import { Worker } from "node:worker_threads";
import type { FileTags } from "#contract/edits.ts";
import type { SoundKind } from "./sound-digest.ts";

/** What a file is to say. `null` and an empty list: nothing. */
export interface WrittenTags {
  readonly title: string | null;
  readonly artists: readonly string[];
  readonly album: string | null;
  readonly albumArtist: string | null;
  readonly trackNumber: number | null;
  readonly discNumber: number | null;
  readonly year: number | null;
  readonly genres: readonly string[];
  readonly artistSort: string | null;
  readonly albumSort: string | null;
  readonly albumArtistSort: string | null;
}

export interface TagOrder {
  readonly path: string;
  readonly kind: SoundKind;
  readonly tags: WrittenTags;
  /** Those that are put into it; the others stay as they are. */
  readonly fields: readonly (keyof WrittenTags)[];
}

const PATIENCE_MS = 120_000;
const MAX_HEAP_MB = 256;

/**
 * Changes the tags of a file of this machine, in a thread of its own, where it can do no harm. Nothing is
 * promised of what comes of it.
 *
 * @returns false when the library breaks or hangs over it.
 */
export function writeTags(order: TagOrder): Promise<boolean> {
  const worker = new Worker(new URL("./tag-writer-worker.ts", import.meta.url), {
    workerData: order,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB, maxYoungGenerationSizeMb: 16 },
  });
  return new Promise((resolve) => {
    const timer = setTimeout(() => void worker.terminate(), PATIENCE_MS);
    let isWritten = false;
    worker.on("message", () => {
      isWritten = true;
    });
    // 'exit' follows, and says it for whatever reason.
    worker.on("error", () => {});
    worker.on("exit", () => {
      clearTimeout(timer);
      resolve(isWritten);
    });
  });
}

export function toWrittenTags(tags: FileTags): WrittenTags {
  const { title, artist, artists, album, albumArtist, genre, genres } = tags;
  const { trackNumber, discNumber, year, artistSort, albumSort, albumArtistSort } = tags;
  return {
    title: title ?? null,
    artists: artists ?? toList(artist),
    album: album ?? null,
    albumArtist: albumArtist ?? null,
    trackNumber: trackNumber ?? null,
    discNumber: discNumber ?? null,
    year: year ?? null,
    genres: genres ?? toList(genre),
    artistSort: artistSort ?? null,
    albumSort: albumSort ?? null,
    albumArtistSort: albumArtistSort ?? null,
  };
}

const toList = (text: string | null | undefined): string[] => (text ? [text] : []);

const FIELDS = Object.keys(toWrittenTags({})) as (keyof WrittenTags)[];

/** The fields of which two files do not say the same. */
export function differing(one: FileTags, other: FileTags): (keyof WrittenTags)[] {
  const [a, b] = [toWrittenTags(one), toWrittenTags(other)];
  return FIELDS.filter((field) => JSON.stringify(a[field]) !== JSON.stringify(b[field]));
}
