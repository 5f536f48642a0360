import { useEffect, useState } from "react";
import { formatDuration } from "../words/format.ts";
import { playback } from "../words/playback.ts";
import { usePlayer } from "./use-player.ts";

/** When it stops by itself, as a figure and in a sentence; `null` when it does not. */
export function useSleepLeft(): { readonly short: string; readonly sentence: string } | null {
  const sleep = usePlayer((state) => state.sleep);
  const [, lookAgain] = useState(0);
  const isCounting = sleep?.kind === "time";
  useEffect(() => {
    if (!isCounting) return;
    const timer = setInterval(() => lookAgain((count) => count + 1), 1000);
    return () => clearInterval(timer);
  }, [isCounting]);
  switch (sleep?.kind) {
    case undefined:
      return null;
    case "time": {
      const short = formatDuration(Math.max(0, sleep.untilMs - Date.now()));
      return { short, sentence: playback.sleep.left(short) };
    }
    case "track":
      return { short: "", sentence: playback.sleep.leftTrack };
    case "queue":
      return { short: "", sentence: playback.sleep.leftQueue };
  }
}
