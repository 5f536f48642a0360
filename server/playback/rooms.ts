import { HEAD_BYTES } from "./block-file.ts";
import { BLOCK_BYTES } from "./block-name.ts";

/** Memory for one block. Whoever has one counts as a user of it until they release it. */
export interface Room {
  /** As it lies on the disk: a head, and the bytes. */
  readonly memory: Buffer;
  readonly bytes: Buffer;
  /** How many of the bytes have come; they do not change any more. */
  filled: number;
  /** There is one user more. */
  retain(): void;
  release(): void;
  /**
   * Instead of `release`, by who has lent the memory to somebody and will not hear when they are done:
   * it is never used for anything else.
   */
  abandon(): void;
}

/** The memory of the cache: so many rooms, and the whole blocks that are in them. */
export interface Rooms {
  /** @returns `undefined` while all of them are in use. */
  take(): Room | undefined;
  /** From now on the block is found by its name, at least for as long as somebody uses the room. */
  name(name: string, room: Room): void;
  /** @returns a room with the whole block, to be released. */
  find(name: string): Room | undefined;
  has(name: string): boolean;
}

interface CountedRoom extends Room {
  readonly users: number;
  name: string | undefined;
}

export function createRooms(most: number): Rooms {
  const free: Buffer[] = [];
  let made = 0;
  /** Every room that holds a whole block. */
  const named = new Map<string, CountedRoom>();
  /** Those that nobody may need at the moment, the one longest unused first. The rooms themselves count this as a user. */
  const kept = new Map<string, CountedRoom>();

  const createRoom = (memory: Buffer): CountedRoom => {
    let users = 1;
    let isLost = false;
    const room: CountedRoom = {
      memory,
      bytes: memory.subarray(HEAD_BYTES),
      filled: 0,
      name: undefined,
      get users() {
        return users;
      },
      retain() {
        users += 1;
      },
      release() {
        users -= 1;
        if (users > 0) return;
        if (room.name !== undefined && named.get(room.name) === room) named.delete(room.name);
        if (isLost) made -= 1;
        else free.push(memory);
      },
      abandon() {
        isLost = true;
        room.release();
      },
    };
    return room;
  };

  const make = (): Buffer | undefined => {
    if (made === most) return undefined;
    made += 1;
    return Buffer.allocUnsafeSlow(HEAD_BYTES + BLOCK_BYTES);
  };

  /** Of those that only we hold. */
  const forgetOldest = (): Buffer | undefined => {
    for (const [name, room] of kept) {
      if (room.users > 1) continue;
      kept.delete(name);
      room.release();
      return free.pop() ?? make();
    }
    return undefined;
  };

  return {
    take() {
      const memory = free.pop() ?? make() ?? forgetOldest();
      return memory && createRoom(memory);
    },
    name(name, room) {
      if (named.has(name)) return;
      const counted = room as CountedRoom;
      counted.name = name;
      named.set(name, counted);
      kept.set(name, counted);
      counted.retain();
    },
    find(name) {
      const room = named.get(name);
      if (!room) return undefined;
      if (kept.delete(name)) kept.set(name, room);
      room.retain();
      return room;
    },
    has: (name) => named.has(name),
  };
}
