import type { TrackId, UserId } from "#contract/ids.ts";
import { takeFlow } from "#server/base/egress/flow.ts";
import { findNextInQueue } from "#server/listening/service.ts";
import { toVersion } from "./opening.ts";
import { openTrack, type PlaybackDeps } from "./service.ts";
import { findPlayable, type Playable } from "./store.ts";

/** Fetches the beginning of what a listener is going to hear next, so that it is there when they do. */
export interface ReadAhead {
  /** They have begun to hear a recording. */
  begun(userId: UserId, playing: Playable): void;
  /** Ends what is under way. */
  stop(): void;
}

/** What is heard now comes first. */
const WAIT_MS = 2_000;
/** Of all listeners together: who comes too late has it when they ask. */
const MOST_AT_ONCE = 2;
/** Half a minute of most recordings. */
const HEAD_BYTES = 1024 * 1024;

/** Does nothing without a range cache. */
export function createReadAhead(deps: PlaybackDeps): ReadAhead {
  /** Of each listener the newest. */
  const waiting = new Map<UserId, AbortController>();
  let underWay = 0;

  const run = async (userId: UserId, playing: Playable, signal: AbortSignal): Promise<void> => {
    if (underWay >= MOST_AT_ONCE) return;
    underWay += 1;
    try {
      await fetchNext(deps, userId, playing, signal);
    } catch (error) {
      // Whoever asks for it themselves hears why.
      if (!signal.aborted) deps.log.debug({ err: error }, "nothing was read ahead");
    } finally {
      underWay -= 1;
    }
  };

  return {
    begun(userId, playing) {
      if (!deps.rangeCache) return;
      waiting.get(userId)?.abort();
      const ending = new AbortController();
      waiting.set(userId, ending);
      const timer = setTimeout(() => {
        void run(userId, playing, ending.signal).finally(() => {
          if (waiting.get(userId) === ending) waiting.delete(userId);
          // Whatever has listened for the end of it need not any more.
          ending.abort();
        });
      }, WAIT_MS);
      ending.signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
    },
    stop() {
      for (const ending of waiting.values()) ending.abort();
      waiting.clear();
    },
  };
}

async function fetchNext(
  deps: PlaybackDeps,
  userId: UserId,
  { connection, track }: Playable,
  signal: AbortSignal,
): Promise<void> {
  const nextId = await findNextInQueue(deps, { userId }, connection.bandId, track.id);
  const next = nextId && (await findNext(deps, userId, nextId));
  signal.throwIfAborted();
  if (!next) return;
  const range = `bytes=0-${HEAD_BYTES - 1}`;
  const { content } = await openTrack(deps, next, { wantsBytes: true, range }, signal);
  if (!content?.body) return;
  const flow = takeFlow(content.body);
  await new Promise<void>((end, fail) => flow.open({ take: () => "more", end, fail }));
}

/** @returns `undefined` for what would be fetched in vain: it is not kept, or does not come through us. */
async function findNext(
  deps: PlaybackDeps,
  userId: UserId,
  id: TrackId,
): Promise<Playable | undefined> {
  const found = await findPlayable(deps.db, userId, id);
  if (!found || found.track.state === "missing" || found.track.sizeBytes === 0) return undefined;
  const { isDirect, health } = found.connection;
  const isFetched = !isDirect && health === "active" && toVersion(found, found.track);
  return isFetched ? found : undefined;
}
