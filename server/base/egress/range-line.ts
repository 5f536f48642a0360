import { HEAD_END, type PlainHead, parsePlainHead } from "./answer-head.ts";
import type { Call } from "./call.ts";
import type { Flow } from "./flow.ts";
import { createHeadPattern, type HeadPattern, type Range } from "./head-pattern.ts";
import { createPlainBody } from "./plain-body.ts";
import { keyOf, type Lane, type Pool, takeLane } from "./pool.ts";
import { toHeadWithoutRange } from "./request-head.ts";
import { type Wire, wires } from "./wire.ts";

/** Who waits for a range. One of the two is called, once, and neither after it has been stopped. */
export interface RangeWaiter {
  /** Exactly the bytes that were asked for. Opened at once, they are passed on from where they lie. */
  begin(flow: Flow): void;
  /** Nothing came that may be used, and nothing was passed on: it has to be asked for in full. */
  giveUp(): void;
}

/**
 * The same question again, for other bytes of the same version of a file. All that it takes to ask and
 * to be sure of the answer is known from the first one, so that neither is worked out once more.
 */
export interface RangeLine {
  /**
   * @returns what stops waiting and frees what was taken for it; `undefined` when it cannot be asked so
   *   at the moment (no connection is idle, nothing is kept): nothing is called then.
   */
  ask(range: Range, waiter: RangeWaiter): (() => void) | undefined;
}

/** Of an answer that may be used. */
interface ExpectedHead extends Pick<PlainHead, "lengthBytes" | "keepMs"> {
  /** Where its bytes begin. */
  readonly endsAt: number;
}

/** What says of which version bytes are. */
const VERSION = ["etag", "last-modified"] as const;
const CONTENT_RANGE = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/;

/**
 * @param call - a range was asked for with.
 * @param first - what was answered.
 * @returns `undefined` when that was no answer from which the next can be judged.
 */
export function createRangeLine(pool: Pool, call: Call, first: PlainHead): RangeLine | undefined {
  const sizeBytes = CONTENT_RANGE.exec(first.headers["content-range"] ?? "")?.[3];
  const hasVersion = VERSION.some((name) => first.headers[name] !== undefined);
  if (first.status !== 206 || sizeBytes === undefined || !hasVersion) return undefined;
  const { host, url } = call.target;
  const key = keyOf(wires, url.origin);
  const head = toHeadWithoutRange(call);
  /** By the last head that was read in full, and what else that said. */
  let last: { readonly pattern: HeadPattern; readonly keepMs: number } | undefined;
  const { bodyTimeoutMs, headersTimeoutMs } = call;

  const isExpected = (answer: PlainHead, { start, end }: Range): boolean =>
    answer.status === 206 &&
    answer.lengthBytes === end - start + 1 &&
    answer.headers["content-range"] === `bytes ${start}-${end}/${sizeBytes}` &&
    VERSION.every((name) => answer.headers[name] === first.headers[name]);

  /** @returns `undefined` for what is not the expected answer. */
  const readHead = (piece: Buffer, range: Range): ExpectedHead | undefined => {
    const lengthBytes = range.end - range.start + 1;
    if (last) {
      const end = last.pattern.endIn(piece.toString("latin1", 0, last.pattern.longest), range);
      if (end >= 0) return { lengthBytes, keepMs: last.keepMs, endsAt: end };
    }
    const end = piece.indexOf(HEAD_END);
    const text = end < 0 ? "" : piece.toString("latin1", 0, end);
    const answer = parsePlainHead(text);
    if (!answer || !isExpected(answer, range)) return undefined;
    const { keepMs } = answer;
    last = { pattern: createHeadPattern(text, sizeBytes), keepMs };
    return { lengthBytes, keepMs, endsAt: end + HEAD_END.length };
  };

  const wait = (lane: Lane<Wire>, range: Range, waiter: RangeWaiter): (() => void) => {
    const wire = lane.carrier;
    let isOver = false;
    const stop = (): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      wire.reader = undefined;
      lane.destroy();
    };
    const giveUp = (): void => {
      if (isOver) return;
      stop();
      waiter.giveUp();
    };
    const timer = setTimeout(giveUp, headersTimeoutMs);
    const read = (piece: Buffer, isOwn: boolean): boolean => {
      const answer = readHead(piece, range);
      if (!answer) {
        giveUp();
        return false;
      }
      isOver = true;
      clearTimeout(timer);
      const body = createPlainBody({ lane, host, bodyTimeoutMs }, answer);
      return body.begin(piece.subarray(answer.endsAt), isOwn, () => waiter.begin(body));
    };
    wire.reader = { read, close: giveUp };
    wire.socket.write(`${head}range: bytes=${range.start}-${range.end}${HEAD_END}`, "latin1");
    return stop;
  };

  return {
    ask(range, waiter) {
      const lane = takeLane<Wire>(pool, key);
      return lane && wait(lane, range, waiter);
    },
  };
}
