import type { Sharp } from "sharp";
import { decodeBmp } from "./bmp.ts";

/** A cover in the two sizes that screens show, both WebP without any metadata. */
export interface Thumbnails {
  readonly small: Buffer;
  readonly large: Buffer;
}

type PictureType = "png" | "jpeg" | "gif" | "webp" | "avif" | "bmp";

const MAX_PIXELS = 40_000_000;
const SMALL_PIXELS = 96;
const LARGE_PIXELS = 640;
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
 * @throws whatever is wrong with it: no picture, broken, more than 40 million pixels, too slow.
 */
export function makeThumbnails(picture: Buffer): Promise<Thumbnails> {
  const mine = turn.then(() => draw(picture));
  turn = mine.catch(() => {});
  return mine;
}

async function draw(picture: Buffer): Promise<Thumbnails> {
  const source = await open(picture);
  const large = await encode(
    source
      .autoOrient()
      .resize(LARGE_PIXELS, LARGE_PIXELS, { fit: "inside", withoutEnlargement: true }),
  );
  const small = await encode(
    (await open(large)).resize(SMALL_PIXELS, SMALL_PIXELS, { fit: "cover" }),
  );
  return { small, large };
}

const encode = (picture: Sharp): Promise<Buffer> =>
  picture.webp({ quality: QUALITY }).timeout({ seconds: TIMEOUT_SECONDS }).toBuffer();

/** The library is large and many servers never meet a cover, so it is loaded at the first one. */
async function open(picture: Buffer): Promise<Sharp> {
  const type = sniffPicture(picture);
  if (!type) throw new TypeError("This is no picture that we draw.");
  const { default: sharp } = await import("sharp");
  sharp.concurrency(1);
  sharp.cache(false);
  const limits = { limitInputPixels: MAX_PIXELS, pages: 1 };
  if (type !== "bmp") return sharp(picture, limits);
  const { data, ...raw } = decodeBmp(picture, MAX_PIXELS);
  return sharp(data, { ...limits, raw });
}
