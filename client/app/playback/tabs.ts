import { playback } from "../words/playback.ts";
import { agree, type Line } from "./one-at-a-time.ts";
import type { Player } from "./player.ts";
import { sayOnce } from "./say-once.ts";

/**
 * Of all tabs of this browser one plays at a time: the one where it began last.
 *
 * @returns what ends it.
 */
export function startTabs(player: Player): () => void {
  if (!("BroadcastChannel" in window)) return () => {};
  const channel = new BroadcastChannel("backline.player");
  const line: Line = {
    say: (claim) => channel.postMessage(claim),
    hear: (listener) => {
      channel.onmessage = ({ data }) => listener(data);
    },
  };
  const notePaused = () => sayOnce("elsewhere", playback.elsewhereTitle, playback.elsewhere);
  const stop = agree(player, line, { now: Date.now, random: Math.random }, notePaused);
  return () => {
    stop();
    channel.close();
  };
}
