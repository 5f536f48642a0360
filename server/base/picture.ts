import type { Sharp } from "sharp";
import { decodeBmp } from "./bmp.ts";

/** A picture in the two sizes that screens show, both WebP without any metadata. */
export interface Thumbnails {
  readonly small: Buffer;
  readonly large: Buffer;
}

/** The small one is always a square of 96 pixels. */
export interface LargeSize {
  readonly pixels: number;
  /** `inside` keeps all of the picture and enlarges none; `square` cuts off what is too long. */
  readonly shape: "inside" | "square";
}

/** Nothing of it has been decoded, only its head was read. */
export class TooManyPixels extends RangeError {
  override readonly name = "TooManyPixels";
}

type PictureType = "png" | "jpeg" | "gif" | "webp" | "avif" | "bmp";

const MAX_PIXELS = 40_000_000;
const SMALL_PIXELS = 96;
const QUALITY = 80;
const TIMEOUT_SECONDS = 10;

let turn: Promise<unknown> = Promise.resolve();

/**
 * What a picture is by its first bytes, whatever it is called. Everything that can hold scripts or
 * name other files (SVG, HTML, PDF) is none.
 */
export function sniffPicture(bytes: Buffer): PictureType | undefined {
  const at = (start: number, text: string) =>
    bytes.toString("latin1", start, start + text.length) === text;
  if (at(0, "\x89PNG\r\n\x1a\n")) return "png";
  if (at(0, "\xff\xd8\xff")) return "jpeg";
  if (at(0, "GIF87a") || at(0, "GIF89a")) return "gif";
  if (at(0, "RIFF") && at(8, "WEBP")) return "webp";
  if (at(4, "ftypavif") || at(4, "ftypavis")) return "avif";
  if (at(0, "BM")) return "bmp";
  return undefined;
}

/**
 * Draws a picture anew, small; nothing of the original but its pixels is kept. One at a time in the
 * whole process, because it would otherwise take the threads that streams need.
 *
 * @throws TooManyPixels beyond 40 million; else whatever is wrong with it: no picture, broken, too slow.
 */
export function drawThumbnails(picture: Buffer, size: LargeSize): Promise<Thumbnails> {
  const mine = turn.then(() => draw(picture, size));
  turn = mine.catch(() => {});
  return mine;
}

async function draw(picture: Buffer, { pixels, shape }: LargeSize): Promise<Thumbnails> {
  const isSquare = shape === "square";
  const source = await open(picture);
  const large = await encode(
    source.autoOrient().resize(pixels, pixels, {
      fit: isSquare ? "cover" : "inside",
      withoutEnlargement: !isSquare,
    }),
  );
  const small = await encode(
    (await open(large)).resize(SMALL_PIXELS, SMALL_PIXELS, { fit: "cover" }),
  );
  return { small, large };
}

const encode = (picture: Sharp): Promise<Buffer> =>
  picture.webp({ quality: QUALITY }).timeout({ seconds: TIMEOUT_SECONDS }).toBuffer();

/** The library is large and many servers never meet a picture, so it is loaded at the first one. */
async function open(picture: Buffer): Promise<Sharp> {
  const type = sniffPicture(picture);
  if (!type) throw new TypeError("This is no picture that we draw.");
  const { default: sharp } = await import("sharp");
  sharp.concurrency(1);
  sharp.cache(false);
  const limits = { limitInputPixels: MAX_PIXELS, pages: 1 };
  if (type !== "bmp") {
    const { width, height } = await sharp(picture, {
      ...limits,
      limitInputPixels: false,
    }).metadata();
    if (width * height > MAX_PIXELS) throw new TooManyPixels("There are too many pixels in it.");
    return sharp(picture, limits);
  }
  const { data, ...raw } = decodeBmp(picture, MAX_PIXELS);
  return sharp(data, { ...limits, raw });
}
