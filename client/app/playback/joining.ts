import { type Deck, isCurrent, type PlayedTrack, update } from "./deck.ts";
import { isRepeatingOne } from "./following.ts";
import { turnBack, watchLoop } from "./looping.ts";
import { armMoment, cancelMoment, catchUp } from "./moments.ts";
import { currentOf, isNearlyOver } from "./queue.ts";
import { watchStall } from "./recovery.ts";
import { CAN_BEGIN, HAS_LENGTH } from "./sound.ts";
import { advance, extend, finish, loadCurrent, switchTo } from "./transport.ts";
import { isReady, prime, startFade, swapVoices } from "./voices.ts";

/** The next track is loaded when so much of this one is left to hear. */
const PRIME_SECONDS = 20;
const LONGEST_LEAD_MS = 300;
/** Two frames of AAC and a little more. */
const MOST_PADDING_SECONDS = 0.06;

/** To be called whenever the sound has moved: what follows is loaded, and begins in time. */
export function watchJoin(deck: Deck): void {
  if (catchUp(deck) || deck.sound.paused || watchLoop(deck)) return;
  const { currentTime, playbackRate } = deck.sound;
  const endSeconds = endOf(deck);
  if (!Number.isFinite(endSeconds) || deck.state.get().sleep?.kind === "track") return;
  const leftSeconds = (endSeconds - currentTime) / playbackRate;
  if (leftSeconds > PRIME_SECONDS + deck.modes.get().crossfadeSeconds) return;
  prime(deck);
  if (!isReady(deck)) return;
  const fadeSeconds = fadeSecondsOf(deck);
  const earlierSeconds = fadeSeconds || deck.leadMs / 1000;
  armMoment(deck, endSeconds - earlierSeconds * playbackRate, () => {
    // Another queue, or a loop, since then?
    prime(deck);
    if (isReady(deck)) takeOver(deck, fadeSeconds);
  });
}

/**
 * Where the music ends, in seconds: the last frame of a coding is filled up with silence, and what was
 * made into segments has that after the end of its file.
 */
function endOf({ sound, state }: Deck): number {
  const knownSeconds = (state.get().track?.durationMs ?? 0) / 1000;
  const paddingSeconds = sound.duration - knownSeconds;
  return paddingSeconds > 0 && paddingSeconds < MOST_PADDING_SECONDS
    ? knownSeconds
    : sound.duration;
}

/** An album was put together as it is. Nothing fades for longer than half of it lasts. */
function fadeSecondsOf({ primed, modes, state, sound, spare }: Deck): number {
  const { crossfadeSeconds } = modes.get();
  const { track } = state.get();
  const next = primed && currentOf(primed.queue);
  if (crossfadeSeconds === 0 || !track || !next || isOneAlbum(track, next)) return 0;
  const shortest = Math.min(sound.duration, spare?.duration || 0) / sound.playbackRate;
  return Math.min(crossfadeSeconds, shortest / 2);
}

function isOneAlbum(left: PlayedTrack, right: PlayedTrack): boolean {
  if (left.id === right.id) return true;
  return left.albumId ? left.albumId === right.albumId : false;
}

/** The track is over by itself. */
export function goOn(deck: Deck): void {
  const { queue, sleep } = deck.state.get();
  cancelMoment(deck);
  if (turnBack(deck)) return;
  if (sleep?.kind === "track") {
    finish(deck);
    return;
  }
  // It may be another one by now. What is loaded only now needs no second voice.
  if (deck.primed) prime(deck);
  if (deck.primed && !deck.primed.isBroken) takeOver(deck, 0);
  else if (queue && isRepeatingOne(deck)) switchTo(deck, queue);
  else void advance(deck);
}

/** The other voice begins, and is the one that plays. */
function takeOver(deck: Deck, fadeSeconds: number): void {
  const { primed } = deck;
  if (!primed) return;
  const startedAtMs = deck.io.now();
  swapVoices(deck);
  deck.load += 1;
  begin(deck);
  cancelMoment(deck);
  deck.cancelRetry();
  deck.cancelWatch();
  const { sound } = deck;
  const isLoading = sound.readyState < CAN_BEGIN;
  Object.assign(deck, { primed: null, attempts: 0, resumeAt: 0, isNextPreloaded: false });
  deck.isSwitching = sound.readyState < HAS_LENGTH;
  deck.noteBegun = isLoading ? () => {} : () => learnLead(deck, startedAtMs);
  const track = currentOf(primed.queue) ?? null;
  const known = Number.isFinite(sound.duration) ? sound.duration : (track?.durationMs ?? 0) / 1000;
  update(deck, { queue: primed.queue, track, isLoading, trouble: null, loop: null });
  deck.progress.set({ positionSeconds: 0, durationSeconds: known, loadedSeconds: 0 });
  startFade(deck, fadeSeconds);
  if (isLoading) watchStall(deck);
  if (isNearlyOver(primed.queue)) void extend(deck);
}

function begin(deck: Deck): void {
  const { load } = deck;
  deck.sound.play().catch((error: unknown) => {
    const isRefused = error instanceof Error && error.name === "NotAllowedError";
    if (!isRefused || !isCurrent(deck, load)) return;
    // Some browsers want a click for each voice. The one that has played may go on.
    swapVoices(deck);
    loadCurrent(deck, 0);
  });
}

/** How long this machine, and what it is heard through, take from `play()` to the first sound. */
function learnLead(deck: Deck, startedAtMs: number): void {
  const { currentTime, playbackRate } = deck.sound;
  if (currentTime === 0) return;
  deck.noteBegun = () => {};
  const tookMs = deck.io.now() - startedAtMs - (currentTime / playbackRate) * 1000;
  if (tookMs >= 0) deck.leadMs = Math.min(LONGEST_LEAD_MS, tookMs);
}
