import { MAX_PICTURE_BYTES } from "#contract/pictures.ts";

/** The server keeps half of it; what is sent of a photograph is small then, and without its place. */
const MAX_SIDE = 1024;

/** The first that is small enough. */
const QUALITIES = [0.9, 0.75, 0.5];

/** The browser can't read it, whatever its name says. */
export class UnreadablePicture extends Error {
  override readonly name = "UnreadablePicture";
}

/**
 * Cuts a square out of the middle of a picture, and makes it small enough to be sent.
 *
 * @returns a JPEG.
 * @throws UnreadablePicture
 */
export async function scalePicture(file: Blob): Promise<Blob> {
  const picture = await createImageBitmap(file).catch((cause: unknown) => {
    throw new UnreadablePicture("This is no picture.", { cause });
  });
  const canvas = drawSquare(picture);
  picture.close();
  for (const quality of QUALITIES) {
    const scaled = await encode(canvas, quality);
    if (scaled.size <= MAX_PICTURE_BYTES) return scaled;
  }
  throw new UnreadablePicture("It does not get small enough.");
}

function drawSquare(picture: ImageBitmap): HTMLCanvasElement {
  const { width, height } = picture;
  const side = Math.min(width, height);
  const canvas = document.createElement("canvas");
  canvas.width = Math.min(side, MAX_SIDE);
  canvas.height = canvas.width;
  const context = canvas.getContext("2d");
  if (!context) throw new UnreadablePicture("This browser draws nothing.");
  // A JPEG can't be seen through.
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  const [left, top] = [(width - side) / 2, (height - side) / 2];
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, left, top, side, side, 0, 0, canvas.width, canvas.height);
  return canvas;
}

const encode = (canvas: HTMLCanvasElement, quality: number): Promise<Blob> =>
  new Promise((resolve, reject) => {
    const take = (scaled: Blob | null) =>
      scaled ? resolve(scaled) : reject(new UnreadablePicture("This browser draws nothing."));
    canvas.toBlob(take, "image/jpeg", quality);
  });

/** Without the `data:…,` before it. */
export const toBase64 = (file: Blob): Promise<string> =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ""));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
