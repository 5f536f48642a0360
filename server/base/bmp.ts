/** Pixels without compression, as the picture library takes them. */
export interface RawPicture {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
  readonly channels: 3;
}

const FILE_HEAD_BYTES = 14;
const INFO_HEAD_BYTES = 40;
const BI_RGB = 0;

/**
 * Reads a BMP of 24 or 32 bits a pixel without compression, which is what covers are. The picture
 * library knows every other kind of picture, but not this one.
 *
 * Layout: `BM | size (4) | 0 (4) | offset of pixels (4) | 40 | width (4) | height (4) | 1 | bits (2) |
 * compression (4) | …`; rows of BGR(A) from the bottom up (from the top when the height is
 * negative), each padded to four bytes.
 *
 * @throws RangeError for any other kind, a broken one, or one of too many pixels.
 */
export function decodeBmp(bytes: Buffer, maxPixels: number): RawPicture {
  const { offset, width, height, pixelBytes, isBottomUp } = readHead(bytes);
  if (width <= 0 || height === 0 || width * height > maxPixels) {
    throw new RangeError("The BMP has no pixels, or too many.");
  }
  const rowBytes = Math.ceil((width * pixelBytes) / 4) * 4;
  if (offset + rowBytes * height > bytes.length) throw new RangeError("The BMP is cut off.");

  const data = Buffer.allocUnsafe(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    const y = Math.floor(pixel / width);
    const row = offset + rowBytes * (isBottomUp ? height - 1 - y : y);
    const from = row + (pixel - y * width) * pixelBytes;
    data[pixel * 3] = bytes[from + 2] as number;
    data[pixel * 3 + 1] = bytes[from + 1] as number;
    data[pixel * 3 + 2] = bytes[from] as number;
  }
  return { data, width, height, channels: 3 };
}

function readHead(bytes: Buffer) {
  const signedHeight = bytes.readInt32LE(22);
  const [bits, compression] = [bytes.readUInt16LE(28), bytes.readUInt32LE(30)];
  const headBytes = bytes.readUInt32LE(FILE_HEAD_BYTES);
  if (headBytes < INFO_HEAD_BYTES || ![24, 32].includes(bits) || compression !== BI_RGB) {
    throw new RangeError("This kind of BMP is not read.");
  }
  return {
    offset: bytes.readUInt32LE(10),
    width: bytes.readInt32LE(18),
    height: Math.abs(signedHeight),
    pixelBytes: bits / 8,
    isBottomUp: signedHeight > 0,
  };
}
