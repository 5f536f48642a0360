import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { rename } from "node:fs/promises";
import { basename } from "node:path/posix";
import type { FileTags } from "#contract/edits.ts";
import { AppError } from "#server/base/errors.ts";
import type { ParsedFile } from "./audio-file.ts";
import { EDGE_BYTES, toFingerprint } from "./remote-file.ts";
import { toFileTags } from "./shown.ts";
import { withBytes } from "./sound-bytes.ts";
import { digestSound } from "./sound-digest.ts";
import type { TagReader } from "./tag-reader.ts";
import { differing, toWrittenTags, writeTags } from "./tag-writer.ts";

/** A copy of a file that says what was wanted, and sounds as it did. */
export interface Rewritten {
  readonly path: string;
  readonly sizeBytes: number;
  readonly fingerprint: string;
  /** SHA-256 of all of it, hex. */
  readonly sha256: string;
  /** What the library reads in it. */
  readonly tags: FileTags;
}

interface ReadFile {
  readonly parsed: ParsedFile;
  readonly sizeBytes: number;
  readonly fingerprint: string;
}

/**
 * Puts tags into a copy of a file, and proves what has come of it: the sound is the same by every byte, what
 * was wanted is read in it, and nothing else that is read of it has changed.
 *
 * @param path - of the copy. It gets another name, and may be left broken.
 * @param name - of the file.
 * @param write - is not believed anything.
 * @returns what the file says, where that is what is wanted already.
 * @throws AppError `unsupported_media_type` with the sentence why its tags are better left alone.
 */
export async function rewriteCopy(
  reader: TagReader,
  {
    path,
    name,
    wanted,
  }: { readonly path: string; readonly name: string; readonly wanted: FileTags },
  write: typeof writeTags = writeTags,
): Promise<Rewritten | { readonly unchanged: FileTags }> {
  const sound = await digestSound(path);
  const before = await readCopy(reader, path, name);
  if (!sound || !before) throw nameUnknown();
  const inFile = toFileTags(before.parsed.tags);
  const fields = differing(wanted, inFile);
  if (fields.length === 0) return { unchanged: inFile };

  // The library that writes goes by the ending.
  const copy = `${path}.${sound.kind}`;
  await rename(path, copy);
  const { kind } = sound;
  if (!(await write({ path: copy, kind, tags: toWrittenTags(wanted), fields }))) {
    throw nameBroken();
  }
  if ((await digestSound(copy))?.digest !== sound.digest) throw nameBroken();
  const after = await readCopy(reader, copy, name);
  if (!after || toRest(after.parsed) !== toRest(before.parsed)) throw nameBroken();
  const tags = toFileTags(after.parsed.tags);
  if (differing(wanted, tags).length > 0) throw nameUnsayable();
  const { sizeBytes, fingerprint } = after;
  return { path: copy, sizeBytes, fingerprint, sha256: await digestAll(copy), tags };
}

const readCopy = (reader: TagReader, path: string, name: string): Promise<ReadFile | null> =>
  withBytes(path, async ({ sizeBytes, read }) => {
    const fetch = async (start: number, end: number): Promise<Buffer> =>
      Buffer.from(await read(start, end - start + 1));
    const isSmall = sizeBytes <= 2 * EDGE_BYTES;
    const head = await fetch(0, isSmall ? sizeBytes - 1 : EDGE_BYTES - 1);
    const tail = isSmall ? Buffer.alloc(0) : await fetch(sizeBytes - EDGE_BYTES, sizeBytes - 1);
    const fingerprint = toFingerprint({ sizeBytes, head, tail, fetch });
    const parsed = await reader.read({ name: basename(name), sizeBytes, head, tail }, fetch);
    return parsed && { parsed, sizeBytes, fingerprint };
  });

/** All that is read of a file and is not written. */
function toRest({ tags, picture }: ParsedFile): string {
  const { details, isCompilation, codec, sampleRateHz, channels } = tags;
  const drawn = picture && createHash("sha256").update(picture).digest("hex");
  return JSON.stringify({ details, isCompilation, codec, sampleRateHz, channels, drawn });
}

async function digestAll(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path)) hash.update(piece);
  return hash.digest("hex");
}

const nameUnknown = (): AppError =>
  new AppError(
    "unsupported_media_type",
    "Tags are written into MP3, FLAC, Ogg Vorbis, Opus, M4A, WAV and AIFF files as they usually are, and this one is none of them or has parts in an unusual order. Use a tag editor of your own on it if others should see the edit.",
  );

const nameBroken = (): AppError =>
  new AppError(
    "unsupported_media_type",
    "Tags cannot be put into this file without changing something else in it. Use a tag editor of your own on it if others should see the edit.",
  );

const nameUnsayable = (): AppError =>
  new AppError(
    "unsupported_media_type",
    "The tags of this kind of file cannot say what was edited, such as several artists, or a name with a slash in it. Use other words, or a tag editor of your own on the file.",
  );
