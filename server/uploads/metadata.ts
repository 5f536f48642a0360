import { z } from "zod";
import { BandId } from "#contract/ids.ts";
import { AppError, parseInput } from "#server/base/errors.ts";

const Modified = z.union([z.iso.date(), z.iso.datetime({ offset: true, local: true })]);

const Metadata = z.object({
  bandId: BandId,
  filename: z.string().min(1).max(4096),
  modified: Modified.transform((text) => new Date(text)).optional(),
});
export type Metadata = z.output<typeof Metadata>;

/**
 * Reads `Upload-Metadata`: `key base64, key base64`. What we do not know is left out.
 *
 * @throws AppError `invalid_input`
 */
export function parseMetadata(header: string | undefined): Metadata {
  const said: Record<string, string> = {};
  for (const pair of (header ?? "").split(",")) {
    const [key = "", value = "", ...rest] = pair.trim().split(/ +/);
    if (key === "") continue;
    if (rest.length > 0 || Object.hasOwn(said, key) || !/^[A-Za-z0-9+/]*={0,2}$/.test(value)) {
      throw unreadable("Upload-Metadata");
    }
    said[key] = decode(value);
  }
  return parseInput(Metadata, said);
}

/**
 * Reads `Upload-Length` and `Upload-Offset`.
 *
 * @throws AppError `invalid_input`
 */
export function parseCount(name: string, header: string | undefined): number {
  const count = /^\d{1,16}$/.test(header ?? "") ? Number(header) : Number.NaN;
  if (!Number.isSafeInteger(count)) throw unreadable(name);
  return count;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function decode(base64: string): string {
  try {
    return utf8.decode(Buffer.from(base64, "base64"));
  } catch (cause) {
    throw unreadable("Upload-Metadata", cause);
  }
}

const unreadable = (header: string, cause?: unknown): AppError =>
  new AppError(
    "invalid_input",
    `The header ${header} is missing or not as tus 1.0.0 has it. Nothing was changed.`,
    { cause },
  );
