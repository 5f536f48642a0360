import { type Deck, update } from "./deck.ts";
import { cancelMoment } from "./moments.ts";
import { loadedAround } from "./sound.ts";
import { endFade } from "./voices.ts";

export function pause(deck: Deck): void {
  const { trouble } = deck.state.get();
  deck.cancelRetry();
  cancelMoment(deck);
  // Who keeps the place hears of the pause: it has to be the sound's own by then.
  notePlace(deck);
  update(deck, {
    isPlaying: false,
    isLoading: false,
    trouble: trouble && { ...trouble, isRetrying: false },
  });
  endFade(deck);
  deck.sound.pause();
}

/** Where the sound is, as it says itself. */
export function notePlace(deck: Deck): void {
  const { sound } = deck;
  if (deck.isSwitching || !deck.isOpen || sound.error || !deck.state.get().track) return;
  const before = deck.progress.get();
  const durationSeconds = Number.isFinite(sound.duration) ? sound.duration : before.durationSeconds;
  deck.progress.set({
    positionSeconds: sound.currentTime,
    durationSeconds,
    loadedSeconds: loadedAround(sound),
  });
}
