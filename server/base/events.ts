import { EventEmitter, on } from "node:events";
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
  close(): Promise<void>;
}

const CHANNEL = "backline_events";
const REFRESH = "refresh";

/** Events over LISTEN/NOTIFY: one connection listens for the whole process. */
export async function startEvents(client: postgres.Sql): Promise<Events> {
  const emitter = new EventEmitter().setMaxListeners(0);
  const listening = await client.listen(
    CHANNEL,
    (topic) => emitter.emit(topicEvent(topic)),
    () => emitter.emit(REFRESH),
  );

  return {
    async publish(db, topic) {
      await db.execute(sql`select pg_notify(${CHANNEL}, ${topic})`);
    },

    async *subscribe(topic, signal) {
      const waiting = new EventEmitter();
      const wake = () => waiting.emit("wake");
      emitter.on(topicEvent(topic), wake);
      emitter.on(REFRESH, wake);
      try {
        const wakes = on(waiting, "wake", { signal });
        yield;
        for await (const _ of wakes) yield;
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        emitter.off(topicEvent(topic), wake);
        emitter.off(REFRESH, wake);
      }
    },

    close: () => listening.unlisten(),
  };
}

const topicEvent = (topic: string): string => `topic:${topic}`;
