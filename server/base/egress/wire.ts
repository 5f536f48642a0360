import type { Socket } from "node:net";
import type { Kind } from "./pool.ts";

/** What hears of the bytes of one answer. */
export interface Reader {
  /**
   * @param isOwn - the memory is the connection's own. It is read into again when this returns, unless
   *   `letGo` was called. What is not its own is everybody's, and has to be copied at once.
   * @returns whether more may be read; `resume` when it may later.
   */
  read(piece: Buffer, isOwn: boolean): boolean;
  /** The other end has closed, or the connection is broken. */
  close(error: Error | undefined): void;
}

/**
 * What a connection reads into:
 *
 * - `waiting`: a part of the memory of all that wait for an answer, or for a slow listener.
 * - `slow`: more of the same, though little, since it has to be copied and kept for its listener.
 * - `begun`: memory of its own, which is handed over where it lies; little, since most listeners are slow
 *   and will hold it at some time.
 * - `fast`: more, where an answer was never held up before.
 * - `steady`: much, for one that goes on and on without being held up.
 */
export type Pace = "waiting" | "slow" | "begun" | "fast" | "steady";

/** One socket that reads into memory that is there already. */
export interface Wire {
  readonly socket: Socket;
  /** `undefined` while nobody has asked for anything. */
  reader: Reader | undefined;
  /** From the next piece on. */
  pace: Pace;
  /** Takes the memory of this piece away from the connection, until it is given to `giveBack`. */
  letGo(): Buffer | undefined;
  close(): void;
}

/** Mostly a head fits, and hardly more: what comes together with it has to be copied. */
const WAITING_BYTES = 4 * 1024;
/** Memory that belongs to one connection. Much of it in turn is slower: it falls out of the processor's. */
const OWN_BYTES: Readonly<Record<Pace, number>> = {
  ...{ waiting: 0, slow: 0 },
  ...{ begun: 64 * 1024, fast: 136 * 1024, steady: 272 * 1024 },
};
const SLOW_BYTES = 16 * 1024;
const MAX_SPARE_ROOMS = 64;
/** Before what is read, for the head that it may be sent with. */
const FRONT_BYTES = 4 * 1024;

/** Whatever is read into it has been used or copied before anything else is read. */
const slow = Buffer.allocUnsafeSlow(SLOW_BYTES);
const waiting = slow.subarray(0, WAITING_BYTES);
const spare = new Map<number, Buffer[]>(Object.values(OWN_BYTES).map((bytes) => [bytes, []]));
/** Where there is something before what is read. */
const withFront = new WeakSet<ArrayBufferLike>();

/**
 * Sockets whose bytes are handed over where they lie: no allocation and no stream. Those that wait
 * for an answer, and those of slow listeners, share one piece of memory; where bytes flow freely, each
 * has its own.
 */
export const wires: Kind<Wire> = {
  name: "wire",
  prepare(_origin, forget) {
    let wire: Wire | undefined;
    let own: Buffer | undefined;

    const returnOwn = (): void => {
      if (own) giveBack(own);
      own = undefined;
    };
    const chooseRoom = (): Buffer => {
      const pace = wire?.pace ?? "waiting";
      const bytes = OWN_BYTES[pace];
      if (own?.length !== bytes) returnOwn();
      if (bytes === 0) return pace === "slow" ? slow : waiting;
      own ??= spare.get(bytes)?.pop() ?? createRoom(bytes);
      return own;
    };
    const read = (length: number, room: Uint8Array): boolean => {
      const reader = wire?.reader;
      if (reader) return reader.read((room as Buffer).subarray(0, length), room === own);
      // Nobody has asked for anything, so nothing that comes can be trusted.
      forget();
      return false;
    };
    const end = (error?: Error): void => {
      const reader = wire?.reader;
      if (wire) wire.reader = undefined;
      reader?.close(error);
      forget();
    };

    return {
      reading: { buffer: chooseRoom, callback: read },
      attach(socket) {
        wire = {
          socket,
          reader: undefined,
          pace: "waiting",
          letGo() {
            const room = own;
            own = undefined;
            return room;
          },
          close: returnOwn,
        };
        socket.on("error", end);
        socket.once("end", end);
        socket.once("close", () => end());
        return wire;
      },
    };
  },
};

function createRoom(bytes: number): Buffer {
  const memory = Buffer.allocUnsafeSlow(FRONT_BYTES + bytes);
  withFront.add(memory.buffer);
  return memory.subarray(FRONT_BYTES);
}

/**
 * Puts a head in front of a lent piece, where the connection's memory has room for it: the two are sent
 * as one, and nothing is copied.
 *
 * @param head - one character a byte.
 * @returns both; `undefined` where it does not fit.
 */
export function putInFront(head: string, piece: Buffer): Buffer | undefined {
  const start = piece.byteOffset - head.length;
  if (start < 0 || !withFront.has(piece.buffer)) return undefined;
  const both = Buffer.from(piece.buffer, start, head.length + piece.length);
  both.write(head, "latin1");
  return both;
}

/** Only what nothing is read into and nobody writes out of any more. */
export function giveBack(room: Buffer): void {
  const others = spare.get(room.length);
  if (others && others.length < MAX_SPARE_ROOMS) others.push(room);
}
