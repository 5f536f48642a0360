import type { AudioFile } from "#server/library/audio-file.ts";

/** So much of a file is kept: enough for a few seconds of sound behind the tags. */
const KEPT_BYTES = 60_000;

/** What a scan reads first of each file, at either end. */
const EDGE_BYTES = 16 * 1024;

/** A file as a bad disk or a bad line leaves it: cut off, or with other bytes in places. */
export function damage(bytes: Buffer, random: () => number): Buffer {
  const at = (end: number) => Math.floor(random() * end);
  let broken = Buffer.from(bytes.subarray(0, KEPT_BYTES));
  if (random() < 0.3) broken = broken.subarray(0, at(broken.length));
  const ranges = 1 + at(20);
  for (let range = 0; range < ranges && broken.length > 0; range += 1) {
    // Headers are where most goes wrong.
    const start = at(random() < 0.5 ? Math.min(200, broken.length) : broken.length);
    const end = Math.min(broken.length, start + 1 + at(16));
    for (let place = start; place < end; place += 1) broken[place] = at(256);
  }
  return broken;
}

/** As a scan gives it to whoever reads tags. */
export const toTagFile = (name: string, bytes: Buffer): AudioFile => ({
  name,
  sizeBytes: bytes.length,
  head: bytes.subarray(0, EDGE_BYTES),
  tail: bytes.subarray(Math.max(EDGE_BYTES, bytes.length - EDGE_BYTES)),
});
