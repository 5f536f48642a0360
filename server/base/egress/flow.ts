import { finished, Readable } from "node:stream";

/**
 * What a sink says of a piece of bytes:
 *
 * - `more`: it is done with them, and the next may come.
 * - `wait`: it is done with them, and nothing more may come before `resume`.
 * - `hold`: it still needs their memory until it calls `resume`, and nothing more may come before.
 */
export type Taken = "more" | "wait" | "hold";

/** Where bytes go. After `end` or `fail` nothing follows; `end` may come while it holds the last. */
export interface Sink {
  /** @param isLent - its memory is used for something else as soon as the sink is done with it. */
  take(piece: Buffer, isLent: boolean): Taken;
  end(): void;
  fail(error: Error): void;
}

/**
 * Bytes on their way without a stream in between: no object, no copy and no event a piece. Whoever
 * opens a flow is its only reader. A flow that is never opened has to be stopped.
 */
export interface Flow {
  /** Once. The first pieces may come before it returns. */
  open(sink: Sink): void;
  /** After `wait` or `hold`. */
  resume(): void;
  /** Nothing more is wanted: where the bytes come from is closed, and the sink hears nothing more. */
  stop(error?: Error | null): void;
}

interface Readability {
  readonly highWaterMark: number;
}

const DEFAULT: Readability = { highWaterMark: 64 * 1024 };

/** The flows of streams that were made of one and that nobody has begun to read. */
const flows = new WeakMap<Readable, Flow>();

/** For whoever reads streams, and keeps what it has read as long as it likes. */
export function toReadable(flow: Flow, { highWaterMark }: Readability = DEFAULT): Readable {
  let isOpen = false;
  const body = new Readable({
    highWaterMark,
    read() {
      if (isOpen) {
        flow.resume();
        return;
      }
      isOpen = true;
      flows.delete(body);
      flow.open({
        take: (piece, isLent) => (body.push(isLent ? Buffer.from(piece) : piece) ? "more" : "wait"),
        end: () => void body.push(null),
        fail: (error) => void body.destroy(error),
      });
    },
    destroy(error, done) {
      flows.delete(body);
      flow.stop(error);
      done(error);
    },
  });
  // Whoever has lost interest does not listen either; an error must not end the process then.
  body.on("error", () => {});
  flows.set(body, flow);
  return body;
}

/** The flow behind a stream that nobody has begun to read, or one that is made of its pieces. */
export function takeFlow(body: Readable): Flow {
  const flow = flows.get(body);
  flows.delete(body);
  return flow ?? toFlow(body);
}

function toFlow(body: Readable): Flow {
  let isStopped = false;
  // It may fail before it is opened, which is told then.
  body.on("error", () => {});
  return {
    open(sink) {
      body.on("data", (piece: Buffer) => {
        if (!isStopped && sink.take(piece, false) !== "more") body.pause();
      });
      finished(body, { writable: false }, (error) => {
        if (isStopped) return;
        if (error) sink.fail(error);
        else sink.end();
      });
    },
    resume: () => void body.resume(),
    stop(error) {
      isStopped = true;
      body.destroy(error ?? undefined);
    },
  };
}
