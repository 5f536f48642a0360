import { drawThumbnails, type Thumbnails } from "#server/base/picture.ts";

/** A cover: whole in its large size, whatever its shape. */
export const makeThumbnails = (picture: Buffer): Promise<Thumbnails> =>
  drawThumbnails(picture, { pixels: 640, shape: "inside" });
