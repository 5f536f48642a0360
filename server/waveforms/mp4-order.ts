/** Bytes of a file, both ends included. */
export type ReadBytes = (start: number, end: number) => AsyncIterable<Buffer>;

const HEAD_BYTES = 64 * 1024;
/** The index of four hours has less than a megabyte. */
const MAX_INDEX_BYTES = 32 * 1024 * 1024;
const CONTAINERS = ["moov", "trak", "mdia", "minf", "stbl"];

interface Box {
  readonly type: string;
  readonly start: number;
  readonly headerBytes: number;
  readonly end: number;
}

/**
 * An MP4 with its index first, because ffmpeg cannot go back in a pipe. Where the index comes last,
 * as a recorder writes it, it is fetched before the sound; each byte of the file is read once.
 *
 * @param read - opens a part of the file; whoever reads it to the end or leaves closes it.
 */
export async function* indexFirst(sizeBytes: number, read: ReadBytes): AsyncGenerator<Buffer> {
  const head = await collect(read(0, Math.min(HEAD_BYTES, sizeBytes) - 1));
  const sound = findSoundBeforeIndex(head);
  const isMoved =
    sound !== undefined && sound.end < sizeBytes && sizeBytes - sound.end <= MAX_INDEX_BYTES;
  if (!isMoved) {
    yield head;
    if (head.length < sizeBytes) yield* read(head.length, sizeBytes - 1);
    return;
  }
  const known = head.subarray(sound.end);
  const from = sound.end + known.length;
  const rest = from < sizeBytes ? await collect(read(from, sizeBytes - 1)) : Buffer.alloc(0);
  const index = Buffer.concat([known, rest]);
  shiftOffsets(index, sound.start, index.length);
  yield head.subarray(0, sound.start);
  yield index;
  yield head.subarray(sound.start, sound.end);
  if (head.length < sound.end) yield* read(head.length, sound.end - 1);
}

function findSoundBeforeIndex(head: Buffer): Box | undefined {
  for (const box of boxesOf(head, 0, head.length)) {
    if (box.type === "moov") return undefined;
    if (box.type === "mdat") return box;
  }
  return undefined;
}

function* boxesOf(bytes: Buffer, from: number, to: number): Generator<Box> {
  for (let start = from; start + 16 <= to; ) {
    const small = bytes.readUInt32BE(start);
    const headerBytes = small === 1 ? 16 : 8;
    const size = small === 1 ? Number(bytes.readBigUInt64BE(start + 8)) : small;
    if (size < headerBytes || !Number.isSafeInteger(start + size)) return;
    const type = bytes.toString("latin1", start + 4, start + 8);
    yield { type, start, headerBytes, end: start + size };
    start += size;
  }
}

/** What the index says of places in the file, from one on, is so much further back now. */
function shiftOffsets(index: Buffer, from: number, by: number): void {
  const visit = (start: number, end: number): void => {
    for (const box of boxesOf(index, start, end)) {
      const [inner, last] = [box.start + box.headerBytes, Math.min(box.end, end)];
      if (CONTAINERS.includes(box.type)) visit(inner, last);
      if (box.type === "stco") shiftTable(index, { inner, last, width: 4 }, from, by);
      if (box.type === "co64") shiftTable(index, { inner, last, width: 8 }, from, by);
    }
  };
  visit(0, index.length);
}

/** `version and flags uint32 | count uint32 | offset of each chunk`. */
function shiftTable(
  index: Buffer,
  { inner, last, width }: { inner: number; last: number; width: 4 | 8 },
  from: number,
  by: number,
): void {
  if (inner + 8 > last) return;
  const count = Math.min(index.readUInt32BE(inner + 4), Math.floor((last - inner - 8) / width));
  for (let entry = 0; entry < count; entry += 1) {
    const at = inner + 8 + entry * width;
    if (width === 4) shiftSmall(index, at, from, by);
    else shiftLarge(index, at, from, by);
  }
}

function shiftSmall(index: Buffer, at: number, from: number, by: number): void {
  const place = index.readUInt32BE(at);
  if (place >= from && place + by <= 0xffffffff) index.writeUInt32BE(place + by, at);
}

function shiftLarge(index: Buffer, at: number, from: number, by: number): void {
  const place = index.readBigUInt64BE(at);
  if (place >= from && place < 1n << 62n) index.writeBigUInt64BE(place + BigInt(by), at);
}

async function collect(pieces: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}
