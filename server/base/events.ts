import { sql } from "drizzle-orm";
import type postgres from "postgres";
import type { Pool, Tx } from "./db.ts";

/** Tells every replica that something changed. Carries names and ids, never data. */
export interface Events {
  /** Reaches the others when the transaction commits. */
  publish(db: Pool | Tx, topic: string): Promise<void>;
  /**
   * Yields once at the start and then whenever the topic was published, or might have been (the
   * line to the database was down for a while). Several in a row may come as one.
   */
  subscribe(topic: string, signal: AbortSignal): AsyncGenerator<void>;
  /**
   * The same for who has nothing to do at the start, at a fraction of the cost: every recording that
   * is played listens to several topics.
   *
   * @param notice - must not throw.
   * @returns ends the listening.
   */
  listen(topic: string, notice: () => void): () => void;
  /** Ends every subscription. */
  close(): Promise<void>;
}

const CHANNEL = "backline_events";

/** Events over LISTEN/NOTIFY: one connection listens for the whole process. */
export async function startEvents(client: postgres.Sql): Promise<Events> {
  const topics = new Map<string, Set<() => void>>();
  const closing = new AbortController();
  const tell = (topic: string): void => {
    // Whoever is told may stop listening, and others may begin.
    for (const notice of [...(topics.get(topic) ?? [])]) notice();
  };
  const listening = await client.listen(CHANNEL, tell, () => {
    for (const topic of [...topics.keys()]) tell(topic);
  });

  const listen: Events["listen"] = (topic, notice) => {
    const listeners = topics.get(topic) ?? new Set();
    // A function of its own, so that the same notice may listen twice.
    const own = (): void => notice();
    topics.set(topic, listeners.add(own));
    return () => {
      listeners.delete(own);
      if (listeners.size === 0 && topics.get(topic) === listeners) topics.delete(topic);
    };
  };

  return {
    async publish(db, topic) {
      await db.execute(sql`select pg_notify(${CHANNEL}, ${topic})`);
    },

    listen,

    subscribe: (topic, signal) =>
      watch((notice) => listen(topic, notice), AbortSignal.any([signal, closing.signal])),

    async close() {
      closing.abort();
      // Without a database there is nothing to stop listening to.
      await listening.unlisten().catch(() => {});
    },
  };
}

/**
 * Does something each time that a topic was published, or might have been: one after the other, and
 * several in a row perhaps once.
 *
 * @param act - must not reject.
 */
export function onEvent(
  events: Pick<Events, "listen">,
  topic: string,
  signal: AbortSignal,
  act: () => Promise<void>,
): void {
  if (signal.aborted) return;
  let isStale = false;
  let isActing = false;
  const notice = async (): Promise<void> => {
    isStale = true;
    if (isActing) return;
    isActing = true;
    while (isStale && !signal.aborted) {
      isStale = false;
      await act();
    }
    isActing = false;
  };
  signal.addEventListener("abort", events.listen(topic, notice), { once: true });
}

async function* watch(
  listen: (notice: () => void) => () => void,
  signal: AbortSignal,
): AsyncGenerator<void> {
  let isStale = true;
  let wake = (): void => {};
  const notice = (): void => {
    isStale = true;
    wake();
  };
  const stop = listen(notice);
  signal.addEventListener("abort", notice);
  try {
    while (!signal.aborted) {
      if (isStale) {
        isStale = false;
        yield;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    stop();
    signal.removeEventListener("abort", notice);
  }
}
