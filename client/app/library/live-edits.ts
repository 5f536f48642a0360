import { useEffect } from "react";
import type { LibraryChanged } from "#contract/edits.ts";
import type { BandId } from "#contract/ids.ts";
import { backline } from "../api.ts";
import { useBandId } from "../frame/band.ts";
import { noteLibraryChanged } from "./changes.ts";

/** How far each band had come when it was heard of last: what was missed meanwhile is news too. */
const marks = new Map<BandId, string>();

/** What others edit appears by itself, as long as somebody looks: a line costs a connection. */
export function useLiveEdits(): void {
  const bandId = useBandId();
  useEffect(() => {
    const follow = () =>
      backline.api.library.edits.changed.subscribe(
        { bandId },
        { onData: (state) => noteEdits(bandId, state) },
      );
    let line: ReturnType<typeof follow> | null = null;
    const onVisibility = () => {
      line?.unsubscribe();
      line = document.visibilityState === "visible" ? follow() : null;
    };
    onVisibility();
    document.addEventListener("visibilitychange", onVisibility);
    return () => {
      document.removeEventListener("visibilitychange", onVisibility);
      line?.unsubscribe();
    };
  }, [bandId]);
}

function noteEdits(bandId: BandId, { mark, isGoingOn }: LibraryChanged): void {
  const before = marks.get(bandId);
  marks.set(bandId, mark);
  if (before === undefined || before === mark) return;
  noteLibraryChanged(bandId, isGoingOn ? "going_on" : "over");
}
