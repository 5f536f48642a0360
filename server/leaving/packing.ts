import { Readable } from "node:stream";
import { ZipFile } from "yazl";

/** One file of an archive; its text is asked for when its turn comes. */
export interface ExportFile {
  /** Within the archive, made of safe names. */
  readonly path: string;
  content(): AsyncIterable<string | Buffer>;
}

/** In the database's rows; a download has one in memory at a time. */
const PART_BYTES = 1024 * 1024;

/**
 * Makes a ZIP of files that are never whole in memory.
 *
 * @param save - gets the archive in pieces of a megabyte, one after the other.
 * @returns its size.
 */
export async function pack(
  files: readonly ExportFile[],
  at: Date,
  signal: AbortSignal,
  save: (bytes: Buffer, part: number) => Promise<void>,
): Promise<number> {
  const zip = new ZipFile();
  const archive = zip.outputStream as Readable;
  const giveUp = (error: unknown): void => void archive.destroy(error as Error);
  zip.on("error", giveUp);
  for (const { path, content } of files) {
    zip.addReadStreamLazy(path, { mtime: at, mode: 0o100644 }, (take) =>
      take(null, Readable.from(content()).on("error", giveUp)),
    );
  }
  zip.end();

  let [sizeBytes, part] = [0, 0];
  for await (const bytes of inParts(archive)) {
    signal.throwIfAborted();
    await save(bytes, part);
    sizeBytes += bytes.length;
    part += 1;
  }
  return sizeBytes;
}

async function* inParts(archive: Readable): AsyncGenerator<Buffer> {
  let [waiting, length]: [Buffer[], number] = [[], 0];
  for await (const chunk of archive as AsyncIterable<Buffer>) {
    waiting.push(chunk);
    length += chunk.length;
    if (length < PART_BYTES) continue;
    yield Buffer.concat(waiting);
    [waiting, length] = [[], 0];
  }
  if (length > 0) yield Buffer.concat(waiting);
}
