import { useEffect } from "react";
import type { BandId, PlayId } from "#contract/ids.ts";
import { backline, queryClient, trpc } from "../api.ts";
import { later, player } from "../playback/here.ts";
import { createPreference } from "../settings/preferences.ts";
import { createPlayId, type HeardPlay, watchPlays } from "./plays.ts";
import {
  parseSavedOrder,
  type SavedOrder,
  toSavedOrder,
  watchQueue,
  withSavedOrder,
} from "./queue-saving.ts";

const savedOrder = createPreference<SavedOrder | null>("queue-order", null, parseSavedOrder);

/** Told to the server later, when it did not hear of them. */
const untold: HeardPlay[] = [];
/** Nobody is away for longer than so many. */
const MOST_UNTOLD = 200;

async function tell(play: HeardPlay): Promise<void> {
  untold.push(play);
  for (const each of untold.splice(0)) {
    const { track, playId, heardMs } = each;
    const told = { trackId: track.id, playId: playId as PlayId, heardMs };
    try {
      await backline.api.playback.plays.record.mutate(told);
    } catch {
      if (untold.length < MOST_UNTOLD) untold.push(each);
    }
  }
  await queryClient.invalidateQueries({ queryKey: trpc.playback.plays.pathKey() });
}

/** Counts what is heard and keeps where the listener is, as long as the frame is there. */
export function useListening(): void {
  useEffect(() => {
    const stopPlays = watchPlays(player, createPlayId, (play) => void tell(play));
    // The next one comes in a moment; a device that was off goes on from an older place.
    // By a clock that nobody sets back: until that had caught up nothing would be saved.
    const clock = { now: () => performance.now(), later };
    const saving = watchQueue(player, clock, (queue) => {
      const { queue: whole } = player.state.get();
      savedOrder.set(whole && toSavedOrder(whole, queue));
      backline.api.playback.queue.save.mutate(queue).catch(() => {});
    });
    const onHidden = () => {
      if (document.visibilityState === "hidden") saving.flush();
    };
    document.addEventListener("visibilitychange", onHidden);
    return () => {
      document.removeEventListener("visibilitychange", onHidden);
      saving.stop();
      stopPlays();
    };
  }, []);
}

/** Shows where one left off in a band, on whatever device, unless something is there already. */
export function useSavedQueue(bandId: BandId): void {
  useEffect(() => {
    if (player.state.get().queue) return;
    let isOver = false;
    const restore = async (): Promise<void> => {
      const saved = await backline.api.playback.queue.get.query({ bandId });
      if (!saved || isOver || player.state.get().queue) return;
      const { tracks, index, positionMs } = saved;
      const fetchPage = async () => ({ tracks: [], next: null });
      const queue = { tracks, index, next: null, fetchPage };
      player.cueQueue(withSavedOrder(queue, savedOrder.get()), positionMs / 1000);
    };
    // Without it there is nothing to go on with, and nothing is lost.
    restore().catch(() => {});
    return () => {
      isOver = true;
    };
  }, [bandId]);
}
