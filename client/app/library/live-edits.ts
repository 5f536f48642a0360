import type { LibraryChanged } from "#contract/edits.ts";
import type { BandId } from "#contract/ids.ts";
import { backline } from "../api.ts";
import { useBandId } from "../frame/band.ts";
import { useWhileLooking } from "../frame/while-looking.ts";
import { noteLibraryChanged } from "./changes.ts";

/** How far each band had come when it was heard of last: what was missed meanwhile is news too. */
const marks = new Map<BandId, string>();

/** What others edit appears by itself. */
export const useLiveEdits = (): void => useWhileLooking(useBandId(), follow);

const follow = (bandId: BandId) =>
  backline.api.library.edits.changed.subscribe(
    { bandId },
    { onData: (state) => noteEdits(bandId, state) },
  );

function noteEdits(bandId: BandId, { mark, isGoingOn }: LibraryChanged): void {
  const before = marks.get(bandId);
  marks.set(bandId, mark);
  if (before === undefined || before === mark) return;
  noteLibraryChanged(bandId, isGoingOn ? "going_on" : "over");
}
