import { createHash } from "node:crypto";
import type { SoundBytes } from "./sound-bytes.ts";

/** Chunks that only say something, or nothing, by their names. */
const WAV_SAYS = new Set(["id3 ", "ID3 ", "JUNK"]);
const AIFF_SAYS = new Set(["ID3 ", "NAME", "AUTH", "(c) ", "ANNO"]);

export const digestWav = (bytes: SoundBytes): Promise<string | null> =>
  digestChunks(bytes, { isBigEndian: false, says: WAV_SAYS, sound: "data" });

export const digestAiff = (bytes: SoundBytes): Promise<string | null> =>
  digestChunks(bytes, { isBigEndian: true, says: AIFF_SAYS, sound: "SSND" });

interface Form {
  readonly isBigEndian: boolean;
  readonly says: ReadonlySet<string>;
  readonly sound: string;
}

/**
 * `RIFF or FORM | size (4) | kind (4) | chunks`; a chunk is `name (4) | size (4) | content | padding to
 * an even number`. Every chunk counts that does not only say something.
 *
 * @returns `null` also where a size is not true, as in a recording that was cut off.
 */
async function digestChunks(bytes: SoundBytes, form: Form): Promise<string | null> {
  const hash = createHash("sha256");
  let hasSound = false;
  let at = 12;
  while (at + 8 <= bytes.sizeBytes) {
    const head = Buffer.from(await bytes.read(at, 12));
    const name = head.toString("latin1", 0, 4);
    const size = form.isBigEndian ? head.readUInt32BE(4) : head.readUInt32LE(4);
    const end = at + 8 + size;
    if (end > bytes.sizeBytes) return null;
    hasSound ||= name === form.sound;
    if (!form.says.has(name) && !isInfo(name, head)) {
      hash.update(`${name} ${size} `);
      await bytes.hash(hash, at + 8, end);
    }
    at = end + (size % 2);
  }
  return hasSound ? hash.digest("hex") : null;
}

const isInfo = (name: string, head: Buffer): boolean =>
  name === "LIST" && head.toString("latin1", 8, 12) === "INFO";
