import { EndOfStreamError, type IRandomAccessTokenizer, type IReadChunkOptions } from "strtok3";

/** Fetches bytes, both ends inclusive; fewer only at the end of the file. */
export type FetchBytes = (start: number, end: number) => Promise<Uint8Array>;

interface Piece {
  readonly start: number;
  readonly bytes: Uint8Array;
}

/** What one file may cost. Pictures in tags are the only reason for more than a few kB. */
const BUDGET_BYTES = 2 * 1024 * 1024;
/** Kept back from pictures, for what a parser has to see behind them. */
const RESERVE_BYTES = 128 * 1024;
const MAX_FETCHES = 32;
const FIRST_FETCH_BYTES = 16 * 1024;
const LAST_FETCH_BYTES = 256 * 1024;
/** A larger single read is a picture or a table: what is beyond the budget reads as zeros. */
const BIG_READ_BYTES = 64 * 1024;
/** A tag that claims more is not read at all: the parser would make room for it first. */
const MAX_BUFFER_BYTES = 8 * 1024 * 1024;

/** A file of which only some bytes are known, as the tag parser wants to read it. */
export interface SparseFile {
  readonly tokenizer: IRandomAccessTokenizer;
  /** True when a read went beyond the budget: what was read there is not the file's. */
  isTruncated(): boolean;
}

/**
 * Lets a parser read a file that is elsewhere: known pieces at once, the rest in few, growing
 * fetches within a budget. Sequential reading beyond it meets the end of the file, so that a parser
 * that looks for something in 4 GB of nothing stops.
 */
export function createSparseFile(
  sizeBytes: number,
  known: readonly Piece[],
  fetch: FetchBytes,
): SparseFile {
  const pieces: Piece[] = [...known];
  let [budget, fetches, ahead] = [BUDGET_BYTES, 0, FIRST_FETCH_BYTES];
  let isTruncated = false;
  const find = (at: number) =>
    pieces.find(({ start, bytes }) => at >= start && at < start + bytes.length);

  /** The last byte of what to fetch from here on; before `at` when nothing may be fetched. */
  const reachFrom = (at: number, end: number, isBig: boolean): number => {
    if (fetches >= MAX_FETCHES) return at - 1;
    const allowed = Math.max(0, budget - (isBig ? RESERVE_BYTES : 0));
    return Math.min(Math.max(end, at + ahead - 1), at + allowed - 1, sizeBytes - 1);
  };
  const bring = async (at: number, last: number): Promise<Piece> => {
    fetches += 1;
    ahead = Math.min(2 * ahead, LAST_FETCH_BYTES);
    const piece = { start: at, bytes: await fetch(at, last) };
    budget -= piece.bytes.length;
    pieces.push(piece);
    return piece;
  };
  /** @returns how many bytes there are from `start` on without a gap, at most up to `end`. */
  const load = async (start: number, end: number): Promise<number> => {
    let at = start;
    while (at <= end) {
      const last = reachFrom(at, end, end - start >= BIG_READ_BYTES);
      const piece = find(at) ?? (last < at ? undefined : await bring(at, last));
      if (!piece || piece.bytes.length === 0) break;
      at = piece.start + piece.bytes.length;
    }
    return Math.min(at, end + 1) - start;
  };

  const copy = (into: Uint8Array, start: number, length: number): void => {
    for (let done = 0; done < length; ) {
      const piece = find(start + done);
      if (!piece) return;
      const from = start + done - piece.start;
      const part = piece.bytes.subarray(from, from + length - done);
      into.set(part, done);
      done += part.length;
    }
  };

  const peek = async (into: Uint8Array, options: IReadChunkOptions = {}): Promise<number> => {
    const position = options.position ?? tokenizer.position;
    const wanted = options.length ?? into.length;
    const length = Math.max(0, Math.min(wanted, sizeBytes - position));
    if (length < wanted && !options.mayBeLess) throw new EndOfStreamError();
    const loaded = length === 0 ? 0 : await load(position, position + length - 1);
    copy(into, position, loaded);
    if (loaded === length) return length;
    isTruncated = true;
    if (length > BIG_READ_BYTES && loaded > 0) return length;
    throw new EndOfStreamError();
  };

  const tokenizer: Writable<IRandomAccessTokenizer> = {
    fileInfo: { size: sizeBytes },
    position: 0,
    supportsRandomAccess: () => true,
    setPosition: (position) => {
      tokenizer.position = position;
    },
    peekBuffer: peek,
    async readBuffer(into, options) {
      const position = options?.position ?? tokenizer.position;
      const length = await peek(into, { ...options, position });
      tokenizer.position = position + length;
      return length;
    },
    async peekToken(token, position) {
      const bytes = allocate(token.len);
      await peek(bytes, { position: position ?? tokenizer.position });
      return token.get(bytes, 0);
    },
    async readToken(token, position) {
      const bytes = allocate(token.len);
      await tokenizer.readBuffer(bytes, { position: position ?? tokenizer.position });
      return token.get(bytes, 0);
    },
    peekNumber: (token) => tokenizer.peekToken(token),
    readNumber: (token) => tokenizer.readToken(token),
    async ignore(length) {
      if (!(length >= 0)) throw new RangeError("Nobody can read backwards.");
      const skipped = Math.min(length, Math.max(0, sizeBytes - tokenizer.position));
      tokenizer.position += skipped;
      return skipped;
    },
    close: async () => {},
    abort: async () => {},
  };
  return { tokenizer, isTruncated: () => isTruncated };
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

function allocate(length: number): Uint8Array {
  if (!(length >= 0 && length <= MAX_BUFFER_BYTES)) {
    throw new RangeError(`A tag of ${length} bytes is not read.`);
  }
  return new Uint8Array(length);
}
