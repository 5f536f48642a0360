import { randomBytes } from "node:crypto";

/** Small recordings, made byte by byte: valid for whoever reads tags, silent for whoever plays. */

export type Tagging = Readonly<Record<string, string>>;

const ascii = (text: string): Buffer => Buffer.from(text, "latin1");

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function uint32LE(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** Seven bits a byte. */
const syncSafe = (value: number): Buffer =>
  Buffer.from([(value >> 21) & 0x7f, (value >> 14) & 0x7f, (value >> 7) & 0x7f, value & 0x7f]);

function id3Frame(id: string, content: Buffer): Buffer {
  return Buffer.concat([ascii(id), syncSafe(content.length), Buffer.from([0, 0]), content]);
}

/** ID3v2.4: text frames such as `TIT2` in UTF-8, and a front cover. */
export function id3(tags: Tagging, picture?: Buffer): Buffer {
  const frames = Object.entries(tags).map(([id, text]) =>
    id3Frame(id, Buffer.concat([Buffer.from([3]), Buffer.from(text)])),
  );
  if (picture) {
    const head = Buffer.concat([Buffer.from([0]), ascii("image/png\0"), Buffer.from([3, 0])]);
    frames.push(id3Frame("APIC", Buffer.concat([head, picture])));
  }
  const body = Buffer.concat(frames);
  return Buffer.concat([ascii("ID3"), Buffer.from([4, 0, 0]), syncSafe(body.length), body]);
}

/** 128 kbit/s, 44.1 kHz: 417 bytes and 1152 samples a frame. */
const MP3_FRAME = Buffer.concat([Buffer.from([0xff, 0xfb, 0x90, 0x00]), Buffer.alloc(413)]);
const MP3_FRAME_SECONDS = 1152 / 44_100;

export const mp3Frames = (seconds: number): Buffer =>
  Buffer.concat(Array<Buffer>(Math.round(seconds / MP3_FRAME_SECONDS)).fill(MP3_FRAME));

/** No two are the same, as no two recordings are: the last bytes are random. */
export const mp3 = (tags: Tagging = {}, seconds = 1, picture?: Buffer): Buffer =>
  Buffer.concat([
    Object.keys(tags).length > 0 || picture ? id3(tags, picture) : Buffer.alloc(0),
    mp3Frames(seconds),
    randomBytes(64).map((byte) => byte & 0x7f),
  ]);

function vorbisComments(tags: Tagging): Buffer {
  const lines = Object.entries(tags).map(([key, value]) => {
    const line = Buffer.from(`${key}=${value}`);
    return Buffer.concat([uint32LE(line.length), line]);
  });
  return Buffer.concat([uint32LE(0), uint32LE(lines.length), ...lines]);
}

/** FLAC's own form of a picture. */
function flacPicture(picture: Buffer): Buffer {
  const type = ascii("image/png");
  return Buffer.concat([
    uint32(3),
    uint32(type.length),
    type,
    uint32(0),
    Buffer.alloc(16),
    uint32(picture.length),
    picture,
  ]);
}

function flacBlock(type: number, content: Buffer, isLast = false): Buffer {
  const head = uint32(content.length);
  head[0] = type | (isLast ? 0x80 : 0);
  return Buffer.concat([head, content]);
}

/** STREAMINFO of 16 bits, stereo, 44.1 kHz. */
function streamInfo(seconds: number): Buffer {
  const bytes = Buffer.alloc(34);
  const samples = BigInt(Math.round(seconds * 44_100));
  bytes.writeUInt16BE(4096, 0);
  bytes.writeUInt16BE(4096, 2);
  bytes.writeBigUInt64BE((44_100n << 44n) | (1n << 41n) | (15n << 36n) | samples, 10);
  return bytes;
}

export function flac(tags: Tagging, seconds = 1, picture?: Buffer): Buffer {
  return Buffer.concat([
    ascii("fLaC"),
    flacBlock(0, streamInfo(seconds)),
    ...(picture ? [flacBlock(6, flacPicture(picture))] : []),
    flacBlock(4, vorbisComments(tags), true),
    randomBytes(2_000),
  ]);
}

export function wav(seconds: number, claimedSeconds = seconds): Buffer {
  const [rate, bytesPerSecond] = [8_000, 16_000];
  const data = randomBytes(Math.round(seconds * bytesPerSecond));
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + claimedSeconds * bytesPerSecond, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(bytesPerSecond, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36);
  head.writeUInt32LE(claimedSeconds * bytesPerSecond, 40);
  return Buffer.concat([head, data]);
}

export interface OggPage {
  readonly flags?: number;
  /** In samples; −1 for a page in which no packet ends. */
  readonly granule: number;
  readonly serial?: number;
  readonly content: Buffer;
}

/** One packet a page. */
export function oggPage(
  { flags = 0, granule, serial = 7, content }: OggPage,
  sequence = 0,
): Buffer {
  const lacing = [
    ...Array<number>(Math.floor(content.length / 255)).fill(255),
    content.length % 255,
  ];
  const head = Buffer.alloc(27);
  head.write("OggS", 0);
  head[5] = flags;
  head.writeBigInt64LE(BigInt(granule), 6);
  head.writeUInt32LE(serial, 14);
  head.writeUInt32LE(sequence, 18);
  head[26] = lacing.length;
  return Buffer.concat([head, Buffer.from(lacing), content]);
}

const oggFile = (pages: readonly OggPage[]): Buffer =>
  Buffer.concat(pages.map((page, sequence) => oggPage(page, sequence)));

export function vorbisHead(rateHz: number): Buffer {
  const head = Buffer.concat([ascii("\x01vorbis"), Buffer.alloc(23)]);
  head[11] = 2;
  head.writeUInt32LE(rateHz, 12);
  head[28] = 0xb8;
  head[29] = 1;
  return head;
}

export function opusHead(preSkip: number): Buffer {
  const head = Buffer.concat([ascii("OpusHead"), Buffer.alloc(11)]);
  head[8] = 1;
  head[9] = 2;
  head.writeUInt16LE(preSkip, 10);
  head.writeUInt32LE(44_100, 12);
  return head;
}

const soundPages = (from: number, to: number, count: number): OggPage[] =>
  Array.from({ length: count }, (_, index) => ({
    flags: index === count - 1 ? 4 : 0,
    granule: Math.round(from + ((to - from) * (index + 1)) / count),
    content: randomBytes(4_000),
  }));

export const vorbis = (tags: Tagging, seconds: number): Buffer =>
  oggFile([
    { flags: 2, granule: 0, content: vorbisHead(44_100) },
    {
      granule: 0,
      content: Buffer.concat([ascii("\x03vorbis"), vorbisComments(tags), Buffer.from([1])]),
    },
    { granule: 0, content: Buffer.concat([ascii("\x05vorbis"), Buffer.alloc(200)]) },
    ...soundPages(0, seconds * 44_100, 40),
  ]);

export const opus = (tags: Tagging, seconds: number, preSkip = 312): Buffer =>
  oggFile([
    { flags: 2, granule: 0, content: opusHead(preSkip) },
    { granule: 0, content: Buffer.concat([ascii("OpusTags"), vorbisComments(tags)]) },
    ...soundPages(0, seconds * 48_000 + preSkip, 40),
  ]);

/** Raw AAC: frames of 1024 samples at 44.1 kHz, of two sizes in turn. */
export function adts(seconds: number): Buffer {
  const count = Math.round((seconds * 44_100) / 1024);
  const frames = Array.from({ length: count }, (_, index) => {
    const length = index % 2 === 0 ? 300 : 420;
    const head = Buffer.from([
      0xff,
      0xf1,
      0x50,
      0x80 | (length >> 11),
      (length >> 3) & 0xff,
      ((length & 7) << 5) | 0x1f,
      0xfc,
    ]);
    return Buffer.concat([head, Buffer.alloc(length - 7)]);
  });
  return Buffer.concat(frames);
}
