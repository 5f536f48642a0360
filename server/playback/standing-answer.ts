import { randomUUID } from "node:crypto";
import type { FastifyBaseLogger } from "fastify";
import type { Flow, Taken } from "#server/base/egress/flow.ts";
import type { RangeLine } from "#server/base/egress/range-line.ts";
import { putInFront } from "#server/base/egress/wire.ts";
import { toHttpDate } from "#server/base/http-date.ts";
import type { FrontAnswer, FrontTurn } from "#server/base/socket-front.ts";
import type { ByteRange } from "#server/storage/stored.ts";

/** What is the same for every answer to one listener who goes on with one recording. */
export interface StandingPlan {
  readonly line: RangeLine;
  readonly sizeBytes: number;
  /** The head of an answer, from the status on, without what tells one from another. */
  readonly head: string;
  /** Of its own for each. */
  readonly log: Pick<FastifyBaseLogger, "info" | "warn">;
  /** A part whose bytes come by the short way, opened again when it breaks off. */
  toFlow(range: ByteRange, first: Flow): Flow;
}

export interface StandingAnswerOptions {
  readonly plan: StandingPlan;
  readonly turn: FrontTurn;
  readonly range: ByteRange;
  readonly id: string | undefined;
  /** Bytes are on their way. */
  readonly begun: () => void;
  /** It is over, whatever has become of it. */
  readonly over: () => void;
}

/** An answer that is on its way. */
export interface StandingAnswer extends FrontAnswer {
  /** Who listens may not have it any more. */
  cut(): void;
}

/**
 * Asks the storage for a range and writes what comes to the connection, with the head of an answer in
 * front of it.
 *
 * @returns `undefined` when nothing could be asked; nothing is called then.
 */
export function answerStanding(options: StandingAnswerOptions): StandingAnswer | undefined {
  const { plan, turn, range, begun, over } = options;
  const { socket } = turn;
  const startedMs = performance.now();
  const id = options.id ?? randomUUID();
  let flow: Flow | undefined;
  let sentBytes = 0;
  let isHeld = false;
  let hasEnded = false;
  let isOver = false;
  let idleMs: number | undefined;

  const settle = (isCut: boolean): void => {
    isOver = true;
    over();
    const durationMs = Math.round(performance.now() - startedMs);
    const cut = isCut ? { isCut } : {};
    plan.log.info({ reqId: id, status: 206, durationMs, bytes: sentBytes, ...cut }, "request");
  };
  /** However long a listener pauses, an answer on its way is no idle connection. */
  const keepOpen = (): void => {
    if (idleMs !== undefined) return;
    idleMs = socket.timeout ?? 0;
    socket.setTimeout(0);
  };
  const finish = (): void => {
    if (isOver) return;
    if (idleMs !== undefined) socket.setTimeout(idleMs);
    settle(false);
    turn.done();
  };
  const goOn = (): void => {
    isHeld = false;
    if (isOver) return;
    if (hasEnded) finish();
    else flow?.resume();
  };
  /** @returns whether the memory of the last one is still needed. */
  const write = (...pieces: Buffer[]): boolean => {
    if (pieces.length > 1) socket.cork();
    for (const piece of pieces) {
      sentBytes += piece.length;
      socket.write(piece);
    }
    if (pieces.length > 1) socket.uncork();
    if (socket.writableLength === 0) return false;
    isHeld = true;
    keepOpen();
    // Behind all that waits; once, or what is still needed would be read into.
    socket.write("", goOn);
    return true;
  };

  /** A head and what comes with it leave together. */
  const writeFirst = (head: string, piece: Buffer, isLent: boolean): Taken => {
    const both = isLent ? putInFront(head, piece) : undefined;
    const isHeld = both ? write(both) : write(Buffer.from(head, "latin1"), piece);
    return isHeld ? "hold" : "more";
  };

  const stopWaiting = plan.line.ask(range, {
    begin(first) {
      begun();
      const next = plan.toFlow(range, first);
      flow = next;
      let head: string | undefined = toHead(plan, range, id);
      next.open({
        take(piece, isLent) {
          if (head === undefined) return write(piece) ? "hold" : "more";
          const begins = head;
          head = undefined;
          return writeFirst(begins, piece, isLent);
        },
        end() {
          hasEnded = true;
          if (!isHeld) finish();
        },
        fail(error) {
          plan.log.warn({ err: error, reqId: id }, "a recording was cut off");
          socket.destroy();
        },
      });
    },
    giveUp() {
      isOver = true;
      over();
      turn.pass();
    },
  });
  return (
    stopWaiting && {
      closed() {
        if (isOver) return;
        if (flow) flow.stop();
        else stopWaiting();
        settle(true);
      },
      cut: () => void socket.destroy(),
    }
  );
}

function toHead({ head, sizeBytes }: StandingPlan, { start, end }: ByteRange, id: string): string {
  return `${head}content-length: ${end - start + 1}\r\ncontent-range: bytes ${start}-${end}/${sizeBytes}\r\nx-request-id: ${id}\r\nDate: ${dateNow()}\r\n\r\n`;
}

let dateMs = 0;
let date = "";

function dateNow(): string {
  const nowMs = Date.now();
  if (nowMs - dateMs >= 1_000 || nowMs < dateMs) {
    dateMs = nowMs - (nowMs % 1_000);
    date = toHttpDate(new Date(nowMs));
  }
  return date;
}
