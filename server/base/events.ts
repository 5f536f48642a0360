import { EventEmitter } from "node:events";
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
  /** Ends every subscription. */
  close(): Promise<void>;
}

const CHANNEL = "backline_events";
const REFRESH = "refresh";

/** Events over LISTEN/NOTIFY: one connection listens for the whole process. */
export async function startEvents(client: postgres.Sql): Promise<Events> {
  const emitter = new EventEmitter().setMaxListeners(0);
  const closing = new AbortController();
  const listening = await client.listen(
    CHANNEL,
    (topic) => emitter.emit(topicEvent(topic)),
    () => emitter.emit(REFRESH),
  );

  return {
    async publish(db, topic) {
      await db.execute(sql`select pg_notify(${CHANNEL}, ${topic})`);
    },

    subscribe: (topic, signal) =>
      watch(emitter, [topicEvent(topic), REFRESH], AbortSignal.any([signal, closing.signal])),

    async close() {
      closing.abort();
      // Without a database there is nothing to stop listening to.
      await listening.unlisten().catch(() => {});
    },
  };
}

async function* watch(
  emitter: EventEmitter,
  names: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<void> {
  let isStale = true;
  let wake = (): void => {};
  const notice = (): void => {
    isStale = true;
    wake();
  };
  for (const name of names) emitter.on(name, notice);
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
    for (const name of names) emitter.off(name, notice);
    signal.removeEventListener("abort", notice);
  }
}

const topicEvent = (topic: string): string => `topic:${topic}`;
