import { type Deck, update } from "./deck.ts";
import { goOn, watchJoin } from "./joining.ts";
import { cancelMoment } from "./moments.ts";
import { notePlace } from "./pausing.ts";
import { stepForward } from "./queue.ts";
import { recover, watchStall } from "./recovery.ts";
import type { Sound } from "./sound.ts";
import { noteBroken } from "./voices.ts";

/** The head of the next track is fetched when so much was heard. */
const PRELOAD_AFTER_SECONDS = 8;

/** What a voice says on its own. Only the one that plays counts, whichever it is by then. */
export function listen(deck: Deck, voice: Sound): void {
  const on = (event: string, run: () => void) =>
    voice.addEventListener(event, () => {
      if (deck.sound === voice) run();
    });
  on("loadedmetadata", () => noteLength(deck));
  on("timeupdate", () => noteProgress(deck));
  on("progress", () => noteProgress(deck));
  on("seeked", () => noteProgress(deck));
  on("playing", () => {
    deck.cancelWatch();
    update(deck, { isPlaying: true, isLoading: false, trouble: null });
  });
  on("waiting", () => {
    if (!deck.state.get().isPlaying) return;
    cancelMoment(deck);
    update(deck, { isLoading: true });
    watchStall(deck);
  });
  on("pause", () => notePause(deck));
  on("ended", () => goOn(deck));
  on("error", () => {
    if (deck.state.get().track && voice.error) void recover(deck);
  });
  voice.addEventListener("error", () => {
    const isPrimed = deck.spare === voice && voice.error;
    if (isPrimed) noteBroken(deck);
  });
}

/** The system may pause us (a call, a headset); a change of source and the end of a track do too. */
function notePause(deck: Deck): void {
  if (deck.isSwitching || deck.sound.ended || deck.sound.error) return;
  notePlace(deck);
  update(deck, { isPlaying: false, isLoading: false });
}

function noteLength(deck: Deck): void {
  const { sound } = deck;
  deck.isSwitching = false;
  if (deck.resumeAt > 0) sound.currentTime = deck.resumeAt;
  deck.resumeAt = 0;
  noteProgress(deck);
}

function noteProgress(deck: Deck): void {
  const before = deck.progress.get();
  notePlace(deck);
  const after = deck.progress.get();
  if (after === before || deck.sound.paused) return;
  if (after.positionSeconds > before.positionSeconds) noteMoving(deck);
  watchJoin(deck);
}

function noteMoving(deck: Deck): void {
  deck.attempts = 0;
  deck.skips = 0;
  deck.noteBegun();
  if (deck.state.get().isLoading) update(deck, { isLoading: false });
  if (deck.isNextPreloaded || deck.progress.get().positionSeconds < PRELOAD_AFTER_SECONDS) return;
  deck.isNextPreloaded = true;
  const { queue } = deck.state.get();
  const following = queue && stepForward(queue);
  deck.io.preload(following?.tracks[following.index] ?? null);
}
