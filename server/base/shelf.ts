import type { Shelf } from "./answer-cache.ts";

/** Letters of all texts together; each takes two bytes at most. */
const ROOM = 8_000_000;

interface Lying {
  readonly text: string;
  readonly untilMs: number;
}

/**
 * In this process, where what was asked for least of late makes room for what is new.
 *
 * @param nowMs - of a clock that only goes forward.
 */
export function createShelf(room = ROOM, nowMs = () => performance.now()): Shelf {
  // In the order in which they were asked for.
  const texts = new Map<string, Lying>();
  let taken = 0;

  function drop(key: string): void {
    taken -= texts.get(key)?.text.length ?? 0;
    texts.delete(key);
  }

  return {
    async get(key) {
      const lying = texts.get(key);
      if (!lying) return null;
      texts.delete(key);
      texts.set(key, lying);
      if (lying.untilMs > nowMs()) return lying.text;
      drop(key);
      return null;
    },
    async put(key, text, forMs) {
      drop(key);
      if (text.length > room) return;
      texts.set(key, { text, untilMs: nowMs() + forMs });
      taken += text.length;
      for (const oldest of texts.keys()) {
        if (taken <= room) break;
        drop(oldest);
      }
    },
    drop: async (key) => drop(key),
    close: async () => texts.clear(),
  };
}
