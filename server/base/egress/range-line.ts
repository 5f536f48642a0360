import { type PlainHead, parsePlainHead } from "./answer-head.ts";
import type { Call } from "./call.ts";
import type { Flow } from "./flow.ts";
import { createPlainBody } from "./plain-body.ts";
import { keyOf, type Lane, type Pool, takeLane } from "./pool.ts";
import { type Wire, wires } from "./wire.ts";

/** First and last byte, both inclusive. */
interface Range {
  readonly start: number;
  readonly end: number;
}

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
   * @returns what stops waiting and frees the storage; `undefined` when no connection is idle: nothing
   *   was asked then.
   */
  ask(range: Range, waiter: RangeWaiter): (() => void) | undefined;
}

const HEAD_END = "\r\n\r\n";
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
  const { bodyTimeoutMs, headersTimeoutMs } = call;

  const isExpected = (answer: PlainHead, { start, end }: Range): boolean =>
    answer.status === 206 &&
    answer.lengthBytes === end - start + 1 &&
    answer.headers["content-range"] === `bytes ${start}-${end}/${sizeBytes}` &&
    VERSION.every((name) => answer.headers[name] === first.headers[name]);

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
      const end = piece.indexOf(HEAD_END);
      const answer = end < 0 ? undefined : parsePlainHead(piece.toString("latin1", 0, end));
      if (!answer || !isExpected(answer, range)) {
        giveUp();
        return false;
      }
      isOver = true;
      clearTimeout(timer);
      const body = createPlainBody({ lane, host, bodyTimeoutMs }, answer);
      return body.begin(piece.subarray(end + HEAD_END.length), isOwn, () => waiter.begin(body));
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

function toHeadWithoutRange({ target, headers }: Call): string {
  const { pathname, search, host } = target.url;
  let head = `GET ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\n`;
  for (const name in headers) if (name !== "range") head += `${name}: ${headers[name]}\r\n`;
  return head;
}
