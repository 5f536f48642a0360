import { playback } from "../words/playback.ts";
import { type Deck, isCurrent, update } from "./deck.ts";
import type { Diagnosis } from "./diagnosis.ts";
import { MediaFailure } from "./sound.ts";
import { advance, loadCurrent } from "./transport.ts";

const LONGEST_DELAY_MS = 30_000;
/** Bytes that stay out this long are asked for again. */
const STALL_MS = 12_000;
const MOST_SKIPS = 5;
const MOST_QUIET_ATTEMPTS = 4;

/** After an error or a stall: find out why, then go on from the same place, wait, or skip. */
export async function recover(deck: Deck): Promise<void> {
  const { track } = deck.state.get();
  if (!track) return;
  const load = deck.load;
  const failure = deck.sound.error?.code;
  deck.cancelWatch();
  update(deck, { isLoading: deck.state.get().isPlaying });
  const diagnosis = await deck.io.diagnose(track);
  if (isCurrent(deck, load)) act(deck, diagnosis, failure);
}

function act(deck: Deck, diagnosis: Diagnosis, failure: number | undefined): void {
  switch (diagnosis.kind) {
    case "renewed":
      resume(deck);
      break;
    case "fine":
      tryOrSkip(deck, failure);
      break;
    case "elsewhere":
      deck.io.noteElsewhere();
      resume(deck);
      break;
    case "signed_out":
      stop(deck, playback.trouble.signedOut);
      deck.io.noteSignedOut();
      break;
    case "unreachable":
      waitAndResume(deck, silenceOf(deck));
      break;
    case "later":
      waitAndResume(deck, diagnosis.message, diagnosis.retryAfterSeconds);
      break;
    case "stuck":
      stop(deck, diagnosis.message);
      break;
    case "gone":
      skip(deck, diagnosis.message);
      break;
  }
}

const silenceOf = ({ io }: Deck): string =>
  io.isOnline() ? playback.trouble.unreachable : playback.trouble.network;

/** The server sends it, so either the failure is over or the browser cannot play what comes. */
function tryOrSkip(deck: Deck, failure: number | undefined): void {
  const isFormat = failure === MediaFailure.decode || failure === MediaFailure.format;
  if (isFormat && deck.attempts > 0) skip(deck, playback.skippedFormat);
  else if (deck.attempts >= MOST_QUIET_ATTEMPTS) stop(deck, playback.trouble.unknown);
  else resume(deck);
}

/** Opens the source again at the last position that was heard. */
export function resume(deck: Deck): void {
  deck.cancelRetry();
  deck.attempts += 1;
  loadCurrent(deck, deck.progress.get().positionSeconds);
}

function waitAndResume(deck: Deck, message: string, retryAfterSeconds?: number): void {
  const { isPlaying } = deck.state.get();
  deck.retry = () => resume(deck);
  update(deck, { trouble: { message, isRetrying: isPlaying }, isLoading: false });
  if (!isPlaying) return;
  const backOffMs = Math.min(LONGEST_DELAY_MS, 1000 * 2 ** Math.min(deck.attempts, 5));
  const delayMs = retryAfterSeconds === undefined ? backOffMs : retryAfterSeconds * 1000;
  deck.cancelRetry();
  deck.cancelRetry = deck.io.later(delayMs, () => resume(deck));
}

function stop(deck: Deck, message: string): void {
  deck.retry = () => {
    deck.attempts = 0;
    deck.skips = 0;
    update(deck, { isPlaying: true });
    resume(deck);
  };
  update(deck, { trouble: { message, isRetrying: false }, isLoading: false, isPlaying: false });
}

function skip(deck: Deck, reason: string): void {
  const { track, isPlaying } = deck.state.get();
  if (!track) return;
  deck.skips += 1;
  if (isPlaying) deck.io.noteSkipped(track, reason);
  if (!isPlaying) stop(deck, reason);
  else if (deck.skips >= MOST_SKIPS) stop(deck, playback.trouble.gaveUp);
  else void advance(deck);
}

/** Looks again after a while whether bytes have come. */
export function watchStall(deck: Deck): void {
  deck.cancelWatch();
  const load = deck.load;
  deck.cancelWatch = deck.io.later(STALL_MS, () => {
    const { isPlaying, isLoading, trouble } = deck.state.get();
    if (isCurrent(deck, load) && isPlaying && isLoading && !trouble) void recover(deck);
  });
}

/** The network is back: no reason to wait longer. */
export function wake(deck: Deck): void {
  const { isPlaying, isLoading, trouble } = deck.state.get();
  if (!isPlaying || !(isLoading || trouble?.isRetrying)) return;
  deck.attempts = 0;
  resume(deck);
}
