import { createPcmReader, NoSuchSound } from "./pcm-file.ts";
import { createPeakFolder, type Peaks } from "./peaks.ts";
import { kindOfSound, type SoundKind } from "./sound-kind.ts";

interface Decoded {
  readonly channelData: readonly Float32Array[];
  readonly samplesDecoded: number;
  readonly sampleRate: number;
}

/** What the decoders in WebAssembly have in common. */
interface Decoder {
  readonly ready: Promise<void>;
  decode(bytes: Uint8Array): Decoded | Promise<Decoded>;
  flush?(): Decoded | Promise<Decoded>;
  free(): void;
}

/** Nothing here reads such files; ffmpeg would. */
export class NoDecoder extends Error {}

/** Silence is so small in FLAC that a larger piece could become a hundred megabytes. */
const PIECE_BYTES = 8 * 1024;
/** Of the beginning, to see what it is. */
const HEAD_BYTES = 256;

/** Loaded when there is the first of a kind: each is a few hundred kilobytes. */
const DECODERS: Partial<Record<SoundKind, () => Promise<Decoder>>> = {
  mp3: async () => new (await import("mpg123-decoder")).MPEGDecoder(),
  flac: async () => new (await import("@wasm-audio-decoders/flac")).FLACDecoder(),
  vorbis: async () => new (await import("@wasm-audio-decoders/ogg-vorbis")).OggVorbisDecoder(),
  opus: async () => new (await import("ogg-opus-decoder")).OggOpusDecoder(),
};

/**
 * Decodes what comes in without any program, a piece at a time.
 *
 * @returns `undefined` when there is no sound in it.
 * @throws NoDecoder; whatever a decoder makes of a broken file.
 */
export async function decode(
  source: AsyncIterable<Buffer>,
  name: string,
): Promise<Peaks | undefined> {
  const pieces = inPieces(source);
  const first = await pieces.next();
  if (first.done) return undefined;
  const kind = kindOfSound(first.value, name);
  const all = startingWith(first.value, pieces);
  if (kind === "wav" || kind === "aiff") return readPcm(kind, all);
  const open = DECODERS[kind];
  if (!open) throw new NoDecoder(`Nothing decodes ${kind} here.`);
  return runDecoder(await open(), all);
}

async function readPcm(kind: "wav" | "aiff", pieces: AsyncIterable<Buffer>) {
  const folder = createPeakFolder();
  const reader = createPcmReader(kind, folder);
  try {
    for await (const piece of pieces) reader.push(piece);
  } catch (error) {
    // Other codings in a WAV are rare; ffmpeg knows most of them.
    throw error instanceof NoSuchSound ? new NoDecoder(error.message) : error;
  }
  return folder.finish(reader.sampleRateHz());
}

async function runDecoder(decoder: Decoder, pieces: AsyncIterable<Buffer>) {
  const folder = createPeakFolder();
  let sampleRateHz = 0;
  const take = ({ channelData, samplesDecoded, sampleRate }: Decoded): void => {
    if (samplesDecoded === 0) return;
    sampleRateHz ||= sampleRate;
    folder.add(channelData, samplesDecoded);
  };
  await decoder.ready;
  try {
    for await (const piece of pieces) take(await decoder.decode(piece));
    if (decoder.flush) take(await decoder.flush());
  } finally {
    decoder.free();
  }
  return folder.finish(sampleRateHz);
}

/** The first is long enough to see what it is, unless that is all there is. */
async function* inPieces(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, undefined> {
  let head: Buffer | null = Buffer.alloc(0);
  for await (const chunk of source) {
    let rest: Buffer = chunk;
    if (head !== null) {
      head = Buffer.concat([head, chunk]);
      if (head.length < HEAD_BYTES) continue;
      rest = head;
      head = null;
    }
    for (let at = 0; at < rest.length; at += PIECE_BYTES) yield rest.subarray(at, at + PIECE_BYTES);
  }
  if (head !== null && head.length > 0) yield head;
}

async function* startingWith(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}
