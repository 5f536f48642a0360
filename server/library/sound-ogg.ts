import { createHash, type Hash } from "node:crypto";
import type { SoundBytes } from "./sound-bytes.ts";

const HEAD_BYTES = 27;
/** More of a comment is none; pictures lie in it too. */
const MOST_HEADER_BYTES = 64 * 1024 * 1024;

interface Page {
  readonly serial: number;
  /** Flags and granule position: what a page is, whatever its number. */
  readonly place: Buffer;
  readonly lacing: Buffer;
  readonly bodyStart: number;
  readonly end: number;
}

/**
 * An Ogg file begins with packets about the stream, of which the second is the comment. What follows on
 * pages of its own is the sound; those may get other numbers, and so other checksums.
 *
 * @returns `null` also for several streams in one file, and for what is neither Vorbis nor Opus.
 * @see https://www.rfc-editor.org/rfc/rfc3533#section-6
 */
export async function digestOgg(bytes: SoundBytes, start: number): Promise<string | null> {
  const headers = await readHeaders(bytes, start);
  if (!headers) return null;
  const hash = createHash("sha256");
  headers.packets.forEach((packet, index) => {
    if (index !== 1) hash.update(`${packet.length} `).update(packet);
  });
  return (await hashPages(bytes, headers, hash)) ? hash.digest("hex") : null;
}

interface Headers {
  readonly packets: readonly Buffer[];
  readonly serial: number;
  /** Where the first page of sound begins. */
  readonly end: number;
}

async function readHeaders(bytes: SoundBytes, start: number): Promise<Headers | null> {
  const packets: Buffer[] = [];
  const rest: Buffer[] = [];
  let [at, serial] = [start, -1];
  for (let wanted = 1; packets.length < wanted; wanted = countHeaders(packets[0])) {
    const page = at - start > MOST_HEADER_BYTES ? null : await readPage(bytes, at);
    if (!page || (serial !== -1 && page.serial !== serial)) return null;
    const body = Buffer.from(await bytes.read(page.bodyStart, page.end - page.bodyStart));
    takePackets(page, body, { packets, rest });
    [at, serial] = [page.end, page.serial];
  }
  // Sound begins on a page of its own.
  const isClean = packets.length === countHeaders(packets[0]) && rest.length === 0;
  return isClean ? { packets, serial, end: at } : null;
}

/** A value of 255 says that the packet goes on. @param into - whole packets, and the pieces of the next. */
function takePackets(
  { lacing }: Page,
  body: Buffer,
  { packets, rest }: { readonly packets: Buffer[]; readonly rest: Buffer[] },
): void {
  let used = 0;
  for (const length of lacing) {
    rest.push(body.subarray(used, used + length));
    used += length;
    if (length < 255) packets.push(Buffer.concat(rest.splice(0)));
  }
}

/** @returns more than there ever are, for a stream that is not known. */
function countHeaders(first: Buffer | undefined): number {
  if (!first) return 1;
  if (first.toString("latin1", 0, 7) === "\x01vorbis") return 3;
  return first.toString("latin1", 0, 8) === "OpusHead" ? 2 : Number.POSITIVE_INFINITY;
}

async function hashPages(
  bytes: SoundBytes,
  { serial, end }: Headers,
  hash: Hash,
): Promise<boolean> {
  let at = end;
  while (at < bytes.sizeBytes) {
    const page = await readPage(bytes, at);
    if (!page || page.serial !== serial) return false;
    hash.update(page.place).update(page.lacing);
    await bytes.hash(hash, page.bodyStart, page.end);
    at = page.end;
  }
  return at > end;
}

async function readPage(bytes: SoundBytes, at: number): Promise<Page | null> {
  const head = Buffer.from(await bytes.read(at, HEAD_BYTES));
  if (head.length < HEAD_BYTES || head.toString("latin1", 0, 4) !== "OggS") return null;
  const count = head[26] ?? 0;
  const lacing = Buffer.from(await bytes.read(at + HEAD_BYTES, count));
  const bodyStart = at + HEAD_BYTES + count;
  const end = bodyStart + lacing.reduce((sum, length) => sum + length, 0);
  if (end > bytes.sizeBytes) return null;
  return { serial: head.readUInt32LE(14), place: head.subarray(5, 14), lacing, bodyStart, end };
}
