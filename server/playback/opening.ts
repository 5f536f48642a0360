import { untilPaused } from "#server/connections/pause.ts";
import { openConnection } from "#server/connections/service.ts";
import { noteTrackChanged } from "#server/library/service.ts";
import type { Storage } from "#server/storage/provider.ts";
import type { ByteRange, OpenedRange } from "#server/storage/stored.ts";
import type { FileVersion } from "./block-name.ts";
import type { Source } from "./fill.ts";
import type { PlaybackDeps } from "./service.ts";
import type { Playable } from "./store.ts";
import type { FileFacts } from "./versions.ts";

/** How a recording's file is opened for one listener. */
export interface Opening {
  open(facts: FileFacts, range: ByteRange): Promise<OpenedRange>;
  /** Whether the storage was asked, and has answered. */
  hasAsked(): boolean;
  /** The library learns what the storage has by now. */
  noteChanged(now: FileFacts): Promise<void>;
}

/**
 * Through the range cache, where there is one and the file can be kept in it.
 *
 * @param storage - ends with the listener's signal.
 */
export function createOpening(
  deps: PlaybackDeps,
  found: Playable,
  storage: Storage,
  signal: AbortSignal,
): Opening {
  const { track } = found;
  let hasAsked = false;
  const noting = async (answer: Promise<OpenedRange>): Promise<OpenedRange> => {
    const opened = await answer;
    hasAsked = true;
    return opened;
  };
  /** What several wait for must not end with one of them. */
  const source: Source = (range, caller) =>
    noting(
      caller === signal
        ? storage.openRange(track.ref, range, caller)
        : openForAll(deps, found, range, caller),
    );
  return {
    hasAsked: () => hasAsked,
    noteChanged: (now) => noteTrackChanged(deps, track.id, now),
    open(facts, range) {
      const version = toVersion(found, facts);
      if (!deps.rangeCache || !version) return source(range, signal);
      return deps.rangeCache.open(version, range, source, signal);
    },
  };
}

function openForAll(
  deps: PlaybackDeps,
  { connection, track }: Playable,
  range: ByteRange,
  signal: AbortSignal,
): Promise<OpenedRange> {
  const until = untilPaused(deps, connection.id, signal);
  const { storage } = openConnection(deps, connection, until);
  return storage.openRange(track.ref, range, until);
}

/** @returns `undefined` for what nobody can tell the version of, and for what is on this machine already. */
export function toVersion(
  { connection, track }: Playable,
  { etag, sizeBytes }: FileFacts,
): FileVersion | undefined {
  if (etag === null || etag.startsWith("W/") || connection.provider === "folder") return undefined;
  return {
    bandId: connection.bandId,
    connectionId: connection.id,
    ref: track.ref,
    etag,
    sizeBytes,
  };
}
