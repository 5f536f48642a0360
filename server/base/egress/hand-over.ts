import { Duplex } from "node:stream";
import type { Call } from "./call.ts";
import type { EgressResponse } from "./client.ts";
import type { Lane } from "./pool.ts";
import { createClient, exchange } from "./transport.ts";
import type { Reader, Wire } from "./wire.ts";

/** Shorter than any server waits, because what this one has said of it is not known here. */
const KEEP_MS = 4_000;

/**
 * Lets undici read an answer that has begun already: it is given a connection that plays what has come
 * so far, and on which its request is not sent again. The connection is not kept.
 *
 * @param begun - what has come of the answer.
 */
export function handOver(lane: Lane<Wire>, call: Call, begun: Buffer): Promise<EgressResponse> {
  const wire = lane.carrier;
  /** What came before undici has asked: pieces, and perhaps the end. */
  let early: (Buffer | null)[] | undefined = [begun];
  const replay = new Duplex({
    allowHalfOpen: false,
    read: () => void wire.socket.resume(),
    write(_chunk, _encoding, done) {
      // Of the request, which the other end has already. Now somebody waits for the answer.
      for (const piece of early ?? []) replay.push(piece);
      early = undefined;
      done();
    },
    destroy(error, done) {
      if (wire.reader === reader) wire.reader = undefined;
      lane.destroy();
      done(error);
    },
  });
  const push = (piece: Buffer | null): boolean => {
    if (!early) return replay.push(piece);
    early.push(piece);
    return true;
  };
  const reader: Reader = {
    read: (piece) => push(Buffer.from(piece)),
    close: (error) => void (error ? replay.destroy(error) : push(null)),
  };
  wire.pace = "waiting";
  wire.reader = reader;
  const client = createClient(call.target.url.origin, replay);
  const close = (): void => {
    void client.destroy();
    replay.destroy();
  };
  /** A microtask after the answer's end: by then undici has destroyed what is not to stay. */
  const release = (): void =>
    queueMicrotask(() => {
      if (!replay.destroyed && replay.readableLength === 0) {
        wire.reader = undefined;
        wire.socket.resume();
        lane.release(KEEP_MS);
      }
      close();
    });
  const carrier = { client, close };
  return exchange({ carrier, isReused: false, release, destroy: close }, call);
}
