import { AppError } from "#server/base/errors.ts";
import type { ByteRange } from "#server/storage/stored.ts";

/** No byte of the file is in the range. Carries the size, which the answer must name. */
export class OutsideOfFile extends AppError {
  readonly sizeBytes: number;

  constructor(sizeBytes: number) {
    super("range_not_satisfiable", "The file is shorter than the part that was asked for.");
    this.sizeBytes = sizeBytes;
  }
}

const ONE_RANGE = /^bytes=\s*(?:(\d+)-(\d*)|-(\d+))\s*$/i;

/**
 * Reads a `Range` header against a file of a known size.
 *
 * @returns the range to send as 206, or `null` to send the whole file as 200: there was no header,
 *   or it is one that RFC 9110 §14.2 tells us to ignore (another unit, several ranges, bad syntax).
 * @throws OutsideOfFile when no byte of the file is in the range.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-14.1.2
 */
export function parseRange(header: string | undefined, sizeBytes: number): ByteRange | null {
  const match = header === undefined ? null : ONE_RANGE.exec(header);
  if (!match) return null;
  const [, first, last, suffix] = match;
  if (suffix !== undefined) return lastBytes(Number(suffix), sizeBytes);

  const start = Number(first);
  const end = last === "" || last === undefined ? sizeBytes - 1 : Number(last);
  if (last !== "" && last !== undefined && end < start) return null;
  if (start >= sizeBytes) throw new OutsideOfFile(sizeBytes);
  return { start, end: Math.min(end, sizeBytes - 1) };
}

function lastBytes(count: number, sizeBytes: number): ByteRange | null {
  if (count === 0) throw new OutsideOfFile(sizeBytes);
  // A 206 cannot say 'nothing', so the last bytes of an empty file are the empty file.
  if (sizeBytes === 0) return null;
  return { start: Math.max(0, sizeBytes - count), end: sizeBytes - 1 };
}
