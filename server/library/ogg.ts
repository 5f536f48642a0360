import { Buffer } from "node:buffer";

/** Longest page there is: a head of 27 bytes, 255 lacing values, 255 × 255 bytes. */
export const MAX_OGG_PAGE_BYTES = 65_307;

const HEAD_BYTES = 27;
const OPUS_RATE_HZ = 48_000;

/** How the granule positions of a stream become time. */
interface OggStream {
  readonly serial: number;
  readonly rateHz: number;
  /** Samples that a decoder drops at the beginning. */
  readonly preSkip: number;
}

/**
 * How long an Ogg file plays: the granule position of its last page is a count of samples.
 *
 * A page is `OggS | version 0 | flags | granule (8) | serial (4) | sequence (4) | CRC (4) | n | n
 * lacing values`, all little-endian.
 *
 * @param head - the file's first page at least.
 * @param tail - the file's last bytes, as many as the longest page to be sure.
 * @returns `undefined` when the tail holds no page of the first stream.
 * @see https://www.rfc-editor.org/rfc/rfc3533#section-6
 */
export function oggDurationMs(head: Uint8Array, tail: Uint8Array): number | undefined {
  const stream = readStream(toBuffer(head));
  if (!stream) return undefined;
  const samples = findLastGranule(toBuffer(tail), stream.serial);
  if (samples === undefined || samples <= stream.preSkip) return undefined;
  return Math.round(((samples - stream.preSkip) / stream.rateHz) * 1000);
}

/** The first packet names the codec. Opus always counts at 48 kHz, whatever went in. */
function readStream(head: Buffer): OggStream | undefined {
  if (head.toString("latin1", 0, 4) !== "OggS" || head.length < HEAD_BYTES) return undefined;
  const serial = head.readUInt32LE(14);
  const packet = head.subarray(HEAD_BYTES + (head[26] ?? 0));
  const rateHz = readRate(packet);
  if (!rateHz) return undefined;
  const isOpus = packet.toString("latin1", 0, 8) === "OpusHead";
  return { serial, rateHz, preSkip: isOpus ? packet.readUInt16LE(10) : 0 };
}

function readRate(packet: Buffer): number | undefined {
  if (packet.length < 40 && packet.length < 19) return undefined;
  const starts = (magic: string) => packet.toString("latin1", 0, magic.length) === magic;
  if (starts("OpusHead")) return OPUS_RATE_HZ;
  if (starts("\x01vorbis")) return packet.readUInt32LE(12);
  if (packet.length < 40) return undefined;
  if (starts("Speex   ")) return packet.readUInt32LE(36);
  // `\x7fFLAC | major | minor | packets (2) | fLaC | block head (4) | STREAMINFO`: rate in 20 bits.
  if (starts("\x7fFLAC")) return packet.readUIntBE(27, 3) >> 4;
  return undefined;
}

/** −1 stands on pages in which no packet ends. */
function findLastGranule(tail: Buffer, serial: number): number | undefined {
  for (
    let at = tail.lastIndexOf("OggS");
    at >= 0;
    at = at > 0 ? tail.lastIndexOf("OggS", at - 1) : -1
  ) {
    if (at + HEAD_BYTES > tail.length || tail[at + 4] !== 0) continue;
    if (tail.readUInt32LE(at + 14) !== serial) continue;
    const granule = tail.readBigInt64LE(at + 6);
    if (granule >= 0n && granule <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(granule);
  }
  return undefined;
}

const toBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
