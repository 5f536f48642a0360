import { useEffect } from "react";
import { useBandId } from "../frame/band.ts";
import { takeFirstPlay } from "./first-play.ts";
import { playFrom } from "./play.ts";
import type { TrackListState } from "./track-list.ts";
import type { KeptList } from "./track-lists.ts";

/** Plays the first track as soon as there is one, when somebody has asked for that. */
export function useFirstPlay(kept: KeptList, { rows, loaded }: TrackListState): void {
  const bandId = useBandId();
  useEffect(() => {
    const index = loaded > 0 ? rows.findIndex((track) => track.state === "present") : -1;
    if (index >= 0 && takeFirstPlay(bandId)) playFrom(kept, index);
  }, [bandId, kept, rows, loaded]);
}
