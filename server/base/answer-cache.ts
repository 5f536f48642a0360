import type { FastifyBaseLogger } from "fastify";
import type { z } from "zod";
import type { Config } from "#server/config.ts";
import type { Events } from "./events.ts";
import { createShelf } from "./shelf.ts";

/** Where answers lie for a while, as texts. Whoever asks for one may find nothing. */
export interface Shelf {
  get(key: string): Promise<string | null>;
  put(key: string, text: string, forMs: number): Promise<void>;
  drop(key: string): Promise<void>;
  close(): Promise<void>;
}

export interface Question<T> {
  readonly key: string;
  readonly schema: z.ZodType<T>;
  /** What is published when the answer may be another. @returns `undefined` when there is none. */
  topics(): Promise<readonly string[] | undefined>;
  /** @returns `undefined` when there is none; with how long it is right at most, where it ends by itself. */
  load(): Promise<{ readonly value: T; readonly msLeft: number | null } | undefined>;
}

/** Answers that are the same for everybody, kept until something that they say has changed. */
export interface AnswerCache {
  /** While nobody can keep anything, every answer is made anew. */
  read<T>(question: Question<T>): Promise<T | undefined>;
  close(): Promise<void>;
}

/** What is never told of a change, as whoever would tell it has crashed, is right again after that. */
const KEPT_MS = 60_000;

/** Listens for what makes an answer another one. */
interface Watch {
  isStale: boolean;
  stop(): void;
}

/**
 * Listens before it asks, so that no change falls in between: an answer that has become another one
 * while it was made is given to those who asked before, and not kept. What lies in a Redis is taken
 * away by the server that has put it there.
 */
export function createAnswerCache(shelf: Shelf, events: Pick<Events, "listen">): AnswerCache {
  const watches = new Map<string, Watch>();
  const running = new Map<string, Promise<unknown>>();

  function listen(key: string, topics: readonly string[]): Watch {
    watches.get(key)?.stop();
    const stops = topics.map((topic) => events.listen(topic, () => end(true)));
    const timer = setTimeout(() => end(false), KEPT_MS + 1_000).unref();
    const watch: Watch = {
      isStale: false,
      stop() {
        clearTimeout(timer);
        for (const stop of stops) stop();
        if (watches.get(key) === watch) watches.delete(key);
      },
    };
    const end = (isStale: boolean): void => {
      watch.isStale = isStale;
      watch.stop();
      running.delete(key);
      // Where it cannot be taken away it cannot be found either.
      if (isStale) shelf.drop(key).catch(() => {});
    };
    watches.set(key, watch);
    return watch;
  }

  async function make<T>({ key, ...question }: Question<T>): Promise<T | undefined> {
    const topics = await question.topics();
    if (!topics) return undefined;
    const watch = listen(key, topics);
    const loaded = await question.load().catch((error: unknown) => {
      watch.stop();
      throw error;
    });
    if (!loaded) {
      watch.stop();
      return undefined;
    }
    const forMs = Math.min(KEPT_MS, Math.floor(loaded.msLeft ?? KEPT_MS));
    if (watch.isStale || forMs <= 0) return loaded.value;
    await shelf.put(key, JSON.stringify(loaded.value), forMs).catch(() => {});
    if (watch.isStale) await shelf.drop(key).catch(() => {});
    return loaded.value;
  }

  async function makeOnce<T>(question: Question<T>): Promise<T | undefined> {
    const { key } = question;
    const making = make(question);
    running.set(key, making);
    try {
      return await making;
    } finally {
      if (running.get(key) === making) running.delete(key);
    }
  }

  return {
    async read<T>(question: Question<T>): Promise<T | undefined> {
      const { key, schema } = question;
      const known = schema.safeParse(parse(await shelf.get(key).catch(() => null)));
      if (known.success) return known.data;
      const others = running.get(key) as Promise<T | undefined> | undefined;
      return others ?? makeOnce(question);
    },
    async close() {
      for (const watch of [...watches.values()]) watch.stop();
      await shelf.close();
    },
  };
}

/** In a Redis where `REDIS_URL` is set, else in this process. */
export async function openAnswerCache(
  { redisUrl }: Pick<Config, "redisUrl">,
  events: Pick<Events, "listen">,
  log: FastifyBaseLogger,
): Promise<AnswerCache> {
  if (redisUrl === null) return createAnswerCache(createShelf(), events);
  // Loaded by those alone who have a Redis.
  const { openRedisShelf } = await import("./redis-shelf.ts");
  return createAnswerCache(await openRedisShelf(redisUrl, log), events);
}

function parse(text: string | null): unknown {
  try {
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
