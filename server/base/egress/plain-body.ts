import type { PlainHead } from "./answer-head.ts";
import { nameBodyFailure } from "./failures.ts";
import type { Flow, Sink } from "./flow.ts";
import type { Lane } from "./pool.ts";
import { giveBack, type Wire } from "./wire.ts";

/** So much in a row a slow listener has taken at once, to count as a fast one again. */
const TAKEN_AT_ONCE_BYTES = 64 * 1024;
/** And to count as one that will go on like that. The system takes about as much from whoever is slow. */
const STEADILY_TAKEN_BYTES = 3 * 1024 * 1024;

/** The connection that an answer comes on, and what holds for it. */
export interface Passage {
  readonly lane: Lane<Wire>;
  readonly host: string;
  /** Between two pieces, not while the listener is the slow one. */
  readonly bodyTimeoutMs: number;
  /** Left out by whoever ends it by stopping the flow. */
  readonly signal?: AbortSignal;
}

export interface PlainBody extends Flow {
  /**
   * What came together with the head, as `Reader` has it; all else is read from the connection.
   *
   * @param offer - where the flow may be opened: then not even this is copied.
   */
  begin(rest: Buffer, isOwn: boolean, offer: () => void): boolean;
}

/**
 * The bytes that follow a head: exactly as many as it says. What comes beyond them is no answer to
 * anything, so it goes nowhere and the connection is closed.
 */
export function createPlainBody(
  passage: Passage,
  head: Pick<PlainHead, "lengthBytes" | "keepMs">,
): PlainBody {
  const { lane, signal } = passage;
  const wire = lane.carrier;
  const { socket } = wire;
  let left = head.lengthBytes;
  let sink: Sink | undefined;
  /** Read before somebody wanted it. */
  let early: Buffer[] = [];
  let failure: Error | undefined;
  /** Everything has come, or nothing will come any more. */
  let isOver = false;
  let isTold = false;
  let isPaused = false;
  let isWaiting = false;
  /** Memory that the sink still needs. */
  let held: Buffer | undefined;
  let takenAtOnceBytes = 0;
  let timer: NodeJS.Timeout | undefined;
  let readFirst: (() => void) | undefined;

  const settle = (): void => {
    isOver = true;
    stopWatching();
    signal?.removeEventListener("abort", onAbort);
    wire.reader = undefined;
  };
  const fail = (error: unknown): void => {
    if (isOver) return;
    settle();
    lane.destroy();
    failure = toBodyError(error, passage);
    early = [];
    tell();
  };
  /** Once, and after everything that has come. */
  const tell = (): void => {
    if (!sink || isTold || early.length > 0) return;
    isTold = true;
    if (failure) sink.fail(failure);
    else sink.end();
  };
  const onAbort = (): void => fail(signal?.reason);
  const watchTime = (): void => {
    timer ??= setTimeout(() => fail(tooLate()), passage.bodyTimeoutMs);
  };

  const stopWatching = (): void => {
    clearTimeout(timer);
    timer = undefined;
  };

  const unpause = (): void => {
    if (isPaused) socket.resume();
    isPaused = false;
  };

  const finish = (isClean: boolean): void => {
    settle();
    // Whoever asks next on it may be as quick, and has memory. One that was slow has none.
    wire.pace = wire.pace === "slow" ? "waiting" : "fast";
    // TLS hands over what it has decrypted although it was told to stop, perhaps to the last byte. The
    // next answer would never be read.
    unpause();
    if (isClean) lane.release(head.keepMs);
    else lane.destroy();
    tell();
  };

  const wait = (isHeld: boolean): void => {
    isWaiting = true;
    takenAtOnceBytes = 0;
    held = isHeld ? wire.letGo() : undefined;
    wire.pace = "slow";
    stopWatching();
  };

  /** @returns whether the next may come. */
  const pass = (to: Sink, piece: Buffer, isLent: boolean): boolean => {
    const taken = to.take(piece, isLent);
    if (taken !== "more") {
      wait(taken === "hold" && isLent);
      return false;
    }
    takenAtOnceBytes += piece.length;
    if (takenAtOnceBytes >= STEADILY_TAKEN_BYTES) wire.pace = "steady";
    else if (takenAtOnceBytes >= TAKEN_AT_ONCE_BYTES && wire.pace === "slow") wire.pace = "begun";
    return true;
  };

  const keepEarly = (piece: Buffer): boolean => {
    if (piece.length > 0) early.push(Buffer.from(piece));
    // One that comes together with the head does not stop what is opened at once.
    return !sink && early.length < 2;
  };

  /** @returns whether the next may come. */
  const offer = (piece: Buffer, isOwn: boolean): boolean => {
    if (!sink || isWaiting) return keepEarly(piece);
    return pass(sink, isOwn ? piece : Buffer.from(piece), isOwn);
  };

  const read = (bytes: Buffer, isOwn: boolean): boolean => {
    const piece = bytes.subarray(0, left);
    left -= piece.length;
    const goesOn = offer(piece, isOwn);
    if (isOver) return false;
    timer?.refresh();
    if (left === 0) finish(bytes.length === piece.length);
    else if (!goesOn) isPaused = true;
    return !isPaused;
  };

  const takeFirst = (): void => {
    const first = readFirst;
    readFirst = undefined;
    if (!isOver) first?.();
  };

  /** What was read before anybody wanted it, as far as it is wanted. */
  const passEarly = (to: Sink): void => {
    while (!isWaiting && early.length > 0) pass(to, early.shift() as Buffer, false);
    if (isOver) tell();
  };

  const goOn = (to: Sink): void => {
    passEarly(to);
    if (isOver || isWaiting) return;
    watchTime();
    unpause();
  };

  signal?.addEventListener("abort", onAbort, { once: true });
  wire.reader = { read, close: (error) => fail(error ?? cutShort()) };
  // Nobody has paused yet, so it begins at once with memory of its own.
  if (wire.pace !== "fast") wire.pace = "begun";

  return {
    begin(rest, isOwn, offer) {
      if (rest.length > 0 || left === 0) readFirst = () => read(rest, isOwn);
      offer();
      takeFirst();
      return !isPaused;
    },
    open(to) {
      sink = to;
      takeFirst();
      goOn(to);
    },
    resume() {
      if (!sink || !isWaiting) return;
      isWaiting = false;
      if (held) giveBack(held);
      held = undefined;
      goOn(sink);
    },
    stop(error) {
      sink = undefined;
      // Making an error costs more than all the rest of an answer's end.
      if (!isOver) fail(error ?? cutShort());
    },
  };
}

function toBodyError(error: unknown, { signal, host }: Passage): Error {
  if (!signal?.aborted) return nameBodyFailure(error, host);
  return error instanceof Error ? error : new Error("aborted", { cause: error });
}

const tooLate = (): Error =>
  Object.assign(new Error("no bytes in time"), { code: "UND_ERR_BODY_TIMEOUT" });

const cutShort = (): Error => Object.assign(new Error("cut short"), { code: "ECONNRESET" });
