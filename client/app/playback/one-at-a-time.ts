import type { Player } from "./player.ts";
import type { Random } from "./shuffle.ts";

/** "I play since then." The name settles which of two that began at once goes on. */
interface Claim {
  readonly atMs: number;
  readonly name: number;
}

/** Reaches all others, and not who speaks. */
export interface Line {
  readonly say: (claim: Claim) => void;
  readonly hear: (listener: (said: unknown) => void) => void;
}

interface Chances {
  readonly now: () => number;
  readonly random: Random;
}

/**
 * Says when a player begins, and pauses it when another one has begun since.
 *
 * @returns what ends it.
 */
export function agree(
  player: Pick<Player, "state" | "pause">,
  line: Line,
  { now, random }: Chances,
  notePaused: () => void,
): () => void {
  const name = random();
  let own: Claim | null = null;
  const watch = () => {
    const { isPlaying } = player.state.get();
    if (isPlaying === (own !== null)) return;
    own = isPlaying ? { atMs: now(), name } : null;
    if (own) line.say(own);
  };
  line.hear((said) => {
    const claim = parseClaim(said);
    if (!claim || !own) return;
    if (isLater(claim, own)) {
      player.pause();
      notePaused();
    } else {
      // Who has said it had not heard of this one yet.
      line.say(own);
    }
  });
  watch();
  return player.state.subscribe(watch);
}

const isLater = (left: Claim, right: Claim): boolean =>
  left.atMs === right.atMs ? left.name > right.name : left.atMs > right.atMs;

function parseClaim(said: unknown): Claim | null {
  const { atMs, name } = (said ?? {}) as Record<string, unknown>;
  return typeof atMs === "number" && typeof name === "number" ? { atMs, name } : null;
}
