import { Buffer } from "node:buffer";
import type { Codec } from "./kinds.ts";

/** Takes a stream in pieces of any length and gives what it is made of, whole. */
export interface FrameReader {
  push(piece: Buffer): Buffer[];
}

const ADTS_HEAD_BYTES = 7;
const PAGE_HEAD_BYTES = 27;
/** `OpusHead` and `OpusTags`. */
const OPUS_HEADS = 2;

export const createFrameReader = (codec: Codec): FrameReader =>
  codec === "aac" ? createReader(takeAdts) : createReader(createOggTaker());

/** @returns how many bytes it used up; 0 when there have to be more of them. */
type Take = (bytes: Buffer, frames: Buffer[]) => number;

function createReader(take: Take): FrameReader {
  let rest: Buffer = Buffer.alloc(0);
  return {
    push(piece) {
      rest = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
      const frames: Buffer[] = [];
      for (;;) {
        const used = take(rest, frames);
        if (used === 0) return frames;
        rest = rest.subarray(used);
      }
    },
  };
}

/** The head has the length of the whole in 13 bits from bit 30. @see ISO/IEC 14496-3, 1.A.2.2 */
function takeAdts(bytes: Buffer, frames: Buffer[]): number {
  if (bytes.length < ADTS_HEAD_BYTES) return 0;
  const length = (bytes.readUIntBE(3, 3) >> 5) & 0x1fff;
  if (bytes.readUInt16BE(0) >> 4 !== 0xfff || length <= ADTS_HEAD_BYTES) {
    throw new Error("ffmpeg gives something else than ADTS.");
  }
  if (bytes.length < length) return 0;
  frames.push(bytes.subarray(ADTS_HEAD_BYTES, length));
  return length;
}

/**
 * A packet is laid in pieces of 255 bytes, and a shorter one ends it; it may go on on the next page.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3533#section-6
 */
function createOggTaker(): Take {
  let packets = 0;
  let begun: Buffer[] = [];
  const close = (frames: Buffer[]): void => {
    packets += 1;
    if (packets > OPUS_HEADS) frames.push(Buffer.concat(begun));
    begun = [];
  };
  return (bytes, frames) => {
    if (bytes.length < PAGE_HEAD_BYTES) return 0;
    if (bytes.toString("latin1", 0, 4) !== "OggS") {
      throw new Error("ffmpeg gives something else than Ogg.");
    }
    const lacing = bytes.subarray(PAGE_HEAD_BYTES, PAGE_HEAD_BYTES + bytes.readUInt8(26));
    let at = PAGE_HEAD_BYTES + bytes.readUInt8(26);
    const end = lacing.reduce((sum, each) => sum + each, at);
    if (bytes.length < end) return 0;
    for (const length of lacing) {
      begun.push(bytes.subarray(at, at + length));
      at += length;
      if (length < 255) close(frames);
    }
    return end;
  };
}
