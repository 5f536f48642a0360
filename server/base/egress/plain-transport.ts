import { HEAD_END, mayBecomePlain, type PlainHead, parsePlainHead } from "./answer-head.ts";
import type { Call } from "./call.ts";
import type { EgressResponse } from "./client.ts";
import { nameFailure } from "./failures.ts";
import { toReadable } from "./flow.ts";
import { handOver } from "./hand-over.ts";
import { createPlainBody } from "./plain-body.ts";
import { type Lane, openLane, type Pool } from "./pool.ts";
import { createRangeLine } from "./range-line.ts";
import { toHead } from "./request-head.ts";
import { orAgain, type Transport } from "./transport.ts";
import { type Wire, wires } from "./wire.ts";

const LONGEST_HEAD_BYTES = 64 * 1024;

/** Whether an answer of bytes is to be expected, that somebody passes on. */
const isDownload = ({ method, body, headers, isDecompressed }: Call): boolean =>
  method === "GET" && body === undefined && !isDecompressed && headers.range !== undefined;

/**
 * Asks for ranges of files by itself and passes their bytes on from where the socket has put them;
 * everything else goes the ordinary way. So does an answer that is anything but a plain 200 or 206:
 * what has come of it is handed over, and not asked for a second time.
 */
export function createPlainTransport(pool: Pool, ordinary: Transport): Transport {
  return async (call) => {
    if (!isDownload(call)) return ordinary(call);
    try {
      const lane = await openLane(pool, wires, call.target, call.signal);
      const answer = exchange(pool, lane, call);
      if (!lane.isReused) return await answer;
      return await orAgain(answer, call, async () =>
        exchange(pool, await openLane(pool, wires, call.target, call.signal, true), call),
      );
    } catch (error) {
      call.signal.throwIfAborted();
      throw nameFailure(error, call.target.host);
    }
  };
}

function exchange(pool: Pool, lane: Lane<Wire>, call: Call): Promise<EgressResponse> {
  return new Promise((resolve, reject) => {
    const { signal } = call;
    const wire = lane.carrier;
    /** What has come of the head, where it did not come at once. */
    let before: Buffer | undefined;

    const settle = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    };
    const fail = (error: unknown): void => {
      settle();
      wire.reader = undefined;
      lane.destroy();
      reject(error);
    };
    const onAbort = (): void => fail(signal.reason);
    const timer = setTimeout(() => fail(noHead()), call.headersTimeoutMs);

    const start = (head: PlainHead, rest: Buffer): void => {
      settle();
      const { status, headers, setCookies } = head;
      const { bodyTimeoutMs, target } = call;
      const body = createPlainBody({ lane, host: target.host, bodyTimeoutMs, signal }, head);
      body.begin(rest, false, () => {});
      const line = () => createRangeLine(pool, call, head);
      resolve({ status, headers, setCookies, body: toReadable(body), url: target.url, line });
    };

    const giveUp = (begun: Buffer): void => {
      settle();
      handOver(lane, call, Buffer.from(begun)).then(resolve, reject);
    };

    const read = (piece: Buffer): boolean => {
      const all = before ? Buffer.concat([before, piece]) : piece;
      const found = findHead(all);
      if (found === "later") before = Buffer.from(all);
      else if (found === undefined) giveUp(all);
      else start(found.head, all.subarray(found.lengthBytes));
      return true;
    };

    // Before the request is made: a listener who leaves while the storage is still thinking must
    // free the storage too.
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) {
      onAbort();
      return;
    }
    wire.reader = { read, close: (error) => fail(error ?? hungUp()) };
    wire.socket.write(`${toHead(call)}\r\n`, "latin1");
  });
}

/** @returns `later` when there may be one with what comes next; `undefined` when it is no plain one. */
function findHead(
  begun: Buffer,
): { readonly head: PlainHead; readonly lengthBytes: number } | "later" | undefined {
  const end = begun.indexOf(HEAD_END);
  if (end >= 0) {
    const head = parsePlainHead(begun.toString("latin1", 0, end));
    return head && { head, lengthBytes: end + HEAD_END.length };
  }
  const mayCome =
    begun.length < LONGEST_HEAD_BYTES && mayBecomePlain(begun.toString("latin1", 0, 11));
  return mayCome ? "later" : undefined;
}

const noHead = (): Error =>
  Object.assign(new Error("no head in time"), { code: "UND_ERR_HEADERS_TIMEOUT" });

const hungUp = (): Error => Object.assign(new Error("hung up"), { code: "ECONNRESET" });
