import { playback } from "../words/playback.ts";
import { attachTrack, detach } from "./attaching.ts";
import { type Deck, isCurrent, type PlayedTrack, update } from "./deck.ts";
import { startAgain } from "./following.ts";
import { applyLevels } from "./levels.ts";
import { cancelMoment } from "./moments.ts";
import { appendPage, currentOf, isNearlyOver, type Queue, stepBack, stepForward } from "./queue.ts";
import { drawSeed, goOnDrawn, shuffle, unshuffle } from "./shuffle.ts";
import { fallAsleep } from "./sleeping.ts";
import { dropPrimed, endFade } from "./voices.ts";

/** 'Previous' starts the track over when more than this was heard. */
const START_OVER_SECONDS = 3;
/** Where the server draws no order, so many are fetched to be drawn from: no playlist has more. */
const MOST_DRAWN = 10_000;

/** What was chosen comes first; with shuffle, the rest of its list in an order that is drawn. */
export function startNew(deck: Deck, queue: Queue): void {
  const { isShuffled } = deck.modes.get();
  startQueue(deck, isShuffled ? shuffle(queue, deck.io.random) : queue);
  if (isShuffled) void drawFromMore(deck);
}

/** While something plays: it goes on, and only what follows is in another order. */
export function setShuffled(deck: Deck, isShuffled: boolean): void {
  deck.modes.set({ ...deck.modes.get(), isShuffled });
  const { queue } = deck.state.get();
  if (!queue) return;
  update(deck, { queue: isShuffled ? shuffle(queue, deck.io.random) : unshuffle(queue) });
  deck.isNextPreloaded = false;
  if (isShuffled) void drawFromMore(deck);
}

/** What is known is shuffled by then. */
async function drawFromMore(deck: Deck): Promise<void> {
  const { queue: shuffled } = deck.state.get();
  if (!shuffled || (await drawFromAll(deck, shuffled))) return;
  const { fetchPage } = shuffled;
  const isWanted = () => {
    const { queue } = deck.state.get();
    if (!queue?.ranks || queue.fetchPage !== fetchPage) return false;
    return queue.tracks.length < MOST_DRAWN;
  };
  while (isWanted() && (await extend(deck))) {}
}

/** @returns false when the server does not do it. */
async function drawFromAll(deck: Deck, { next, fetchPage, fetchDrawn }: Queue): Promise<boolean> {
  if (next === null || !fetchDrawn) return false;
  const seed = drawSeed(deck.io.random);
  const page = await fetchDrawn(seed, null).catch(() => null);
  const { queue } = deck.state.get();
  if (page && queue?.ranks && queue.fetchPage === fetchPage) {
    update(deck, { queue: goOnDrawn(queue, page, (cursor) => fetchDrawn(seed, cursor)) });
    deck.isNextPreloaded = false;
  }
  return page !== null;
}

export function startQueue(deck: Deck, queue: Queue): void {
  deck.skips = 0;
  update(deck, { isPlaying: true });
  switchTo(deck, queue);
}

/** As if it were paused there. */
export function cue(deck: Deck, queue: Queue, atSeconds: number): void {
  const track = currentOf(queue) ?? null;
  deck.isOpen = false;
  update(deck, { queue, track, loop: null });
  deck.progress.set({
    positionSeconds: atSeconds,
    durationSeconds: (track?.durationMs ?? 0) / 1000,
    loadedSeconds: 0,
  });
}

export function switchTo(deck: Deck, queue: Queue): void {
  const track = currentOf(queue) ?? null;
  const { track: before, loop } = deck.state.get();
  update(deck, { queue, track, loop: before?.id === track?.id ? loop : null });
  deck.attempts = 0;
  loadCurrent(deck, 0);
  if (isNearlyOver(queue)) void extend(deck);
}

/** Points the sound at the current track, to go on at `atSeconds`. */
export function loadCurrent(deck: Deck, atSeconds: number): void {
  const { track, isPlaying } = deck.state.get();
  if (!track) return;
  deck.cancelRetry();
  deck.cancelWatch();
  cancelMoment(deck);
  endFade(deck);
  dropPrimed(deck);
  deck.load += 1;
  deck.isOpen = true;
  deck.isSwitching = true;
  deck.isNextPreloaded = false;
  deck.resumeAt = atSeconds;
  deck.progress.set({
    positionSeconds: atSeconds,
    durationSeconds: (track.durationMs ?? 0) / 1000,
    loadedSeconds: 0,
  });
  update(deck, { isLoading: isPlaying, trouble: null });
  applyLevels(deck);
  deck.noteBegun = () => {};
  const preparation = deck.io.prepare?.(track, false) ?? null;
  if (preparation === null) open(deck, track);
  else void openAfter(deck, track, preparation);
}

async function openAfter(deck: Deck, track: PlayedTrack, preparation: Promise<void>) {
  const load = deck.load;
  // What has come to its end would begin again.
  detach(deck.sound);
  // Said now, while the browser sees the person's click: afterwards it lets this sound play.
  if (deck.state.get().isPlaying) deck.sound.play().catch(() => {});
  await preparation.catch(() => {});
  if (isCurrent(deck, load)) open(deck, track);
}

function open(deck: Deck, track: PlayedTrack): void {
  const { io, load, sound, resumeAt: atSeconds } = deck;
  const goOnElsewhere = (): void => {
    if (isCurrent(deck, load)) deck.reload();
  };
  attachTrack(io, sound, track, { atSeconds, goOnElsewhere });
  if (deck.state.get().isPlaying) void start(deck);
  else deck.sound.load();
}

/** Failures of the source arrive as an `error` event as well; here only the browser's own 'no' counts. */
export async function start(deck: Deck): Promise<void> {
  const load = deck.load;
  try {
    await deck.sound.play();
  } catch (error) {
    const isRefused = error instanceof Error && error.name === "NotAllowedError";
    if (!isRefused || !isCurrent(deck, load)) return;
    update(deck, { isPlaying: false, isLoading: false });
    deck.io.noteBlocked();
  }
}

/** To the next track that can play; further pages are fetched when needed. */
export async function advance(deck: Deck): Promise<void> {
  const { queue } = deck.state.get();
  if (!queue) return;
  const load = deck.load;
  let stepped = stepForward(queue);
  while (!stepped && (await extend(deck))) {
    const longer = deck.state.get().queue;
    if (!isCurrent(deck, load) || !longer) return;
    stepped = stepForward(longer);
  }
  if (!isCurrent(deck, load)) return;
  const following = stepped ?? startAgain(deck);
  if (following) switchTo(deck, following);
  else if (deck.state.get().trouble === null) finish(deck);
}

/** Nothing follows: stay on the last track, ready to start it over. */
export function finish(deck: Deck): void {
  update(deck, { isPlaying: false, isLoading: false });
  fallAsleep(deck);
  deck.sound.pause();
}

export function goBack(deck: Deck): void {
  const { queue } = deck.state.get();
  if (!queue) return;
  const earlier = stepBack(queue);
  const isStartOver = deck.progress.get().positionSeconds > START_OVER_SECONDS || !earlier;
  if (isStartOver) seek(deck, 0);
  else switchTo(deck, earlier);
}

/** @returns false when there is no further page, or it cannot be had now. */
export async function extend(deck: Deck): Promise<boolean> {
  const { queue } = deck.state.get();
  const cursor = queue?.next;
  if (!queue || !cursor) return false;
  const load = deck.load;
  try {
    const page = await queue.fetchPage(cursor);
    const now = deck.state.get().queue;
    if (now?.fetchPage !== queue.fetchPage) return false;
    update(deck, { queue: appendPage(now, cursor, page, deck.io.random) });
    return true;
  } catch {
    // While something plays this is not worth a word: it is tried again before the end.
    if (stepForward(queue) || !isCurrent(deck, load)) return false;
    deck.retry = () => void advance(deck);
    update(deck, {
      trouble: { message: playback.trouble.unreachable, isRetrying: false },
      isLoading: false,
      isPlaying: false,
    });
    return false;
  }
}

export function seek(deck: Deck, seconds: number): void {
  const progress = deck.progress.get();
  const positionSeconds = Math.max(0, Math.min(seconds, progress.durationSeconds || seconds));
  cancelMoment(deck);
  endFade(deck);
  deck.progress.set({ ...progress, positionSeconds });
  if (deck.isSwitching) deck.resumeAt = positionSeconds;
  else deck.sound.currentTime = positionSeconds;
}
