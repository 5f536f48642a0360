import { createHash, type Hash } from "node:crypto";
import type { SoundBytes } from "./sound-bytes.ts";

interface Box {
  readonly name: string;
  /** Of its content. */
  readonly start: number;
  readonly end: number;
}

/** More of an index is none. */
const MOST_INDEX_BYTES = 64 * 1024 * 1024;
const CONTAINERS = new Set(["trak", "mdia", "minf", "stbl", "edts", "dinf"]);
/** Index and sound in pieces: where a piece lies is said in too many places. */
const FRAGMENTS = new Set(["moof", "sidx", "mfra", "styp"]);

/**
 * Boxes: `size (4) | name (4) | content`. What is heard lies in `mdat`, at places that the tracks in `moov`
 * name; where those are counts from the beginning of the sound.
 *
 * @returns `null` also for what is fragmented.
 * @see ISO/IEC 14496-12
 */
export async function digestMp4(bytes: SoundBytes): Promise<string | null> {
  const boxes = await listBoxes(bytes);
  const index = boxes?.find(({ name }) => name === "moov");
  if (!boxes || !index || index.end - index.start > MOST_INDEX_BYTES) return null;
  if (boxes.some(({ name }) => FRAGMENTS.has(name))) return null;
  const sounds = boxes.filter(({ name }) => name === "mdat");
  const hash = createHash("sha256");
  for (const { start, end } of sounds) {
    hash.update(`mdat ${end - start} `);
    await bytes.hash(hash, start, end);
  }
  const moov = Buffer.from(await bytes.read(index.start, index.end - index.start));
  return hashIndex(moov, sounds, hash) ? hash.digest("hex") : null;
}

async function listBoxes(bytes: SoundBytes): Promise<Box[] | null> {
  const boxes: Box[] = [];
  for (let at = 0; at < bytes.sizeBytes; ) {
    const box = toBox(Buffer.from(await bytes.read(at, 16)), at, bytes.sizeBytes);
    if (!box) return null;
    boxes.push(box);
    at = box.end;
  }
  return boxes;
}

/** A size of 1 stands for one of eight bytes behind the name, one of 0 for the rest. */
function toBox(head: Buffer, at: number, most: number): Box | null {
  if (head.length < 8) return null;
  const name = head.toString("latin1", 4, 8);
  const said = head.readUInt32BE(0);
  if (said === 1 && head.length < 16) return null;
  const size = said === 1 ? Number(head.readBigUInt64BE(8)) : said === 0 ? most - at : said;
  const headBytes = said === 1 ? 16 : 8;
  const end = at + size;
  return size < headBytes || end > most ? null : { name, start: at + headBytes, end };
}

interface Index {
  readonly moov: Buffer;
  readonly sounds: readonly Box[];
  readonly hash: Hash;
}

/** @returns false where it is not as it should be. */
const hashIndex = (moov: Buffer, sounds: readonly Box[], hash: Hash): boolean =>
  hashBoxes({ moov, sounds, hash }, { start: 0, end: moov.length }, false);

function hashBoxes(
  index: Index,
  { start, end }: Pick<Box, "start" | "end">,
  isTrack: boolean,
): boolean {
  for (let at = start; at < end; ) {
    const box = toBox(index.moov.subarray(at, at + 16), at, end);
    if (!box || box.name === "mvex") return false;
    const isHeard = isTrack || box.name === "trak" || box.name === "mvhd";
    if (isHeard && !hashBox(index, box)) return false;
    at = box.end;
  }
  return true;
}

function hashBox(index: Index, box: Box): boolean {
  const { name, start, end } = box;
  if (CONTAINERS.has(name)) return hashBoxes(index, box, true);
  // What is said of a track is no sound.
  if (name === "udta" || name === "meta") return true;
  const content = index.moov.subarray(start, end);
  const isPlaces = name === "stco" || name === "co64";
  const places = isPlaces ? toPlaces(content, name === "stco" ? 4 : 8, index.sounds) : null;
  index.hash.update(`${name} `).update(places?.join(" ") ?? content);
  return !isPlaces || places !== null;
}

/** `version and flags (4) | count (4) | places`. @returns each as `which mdat:how far into it`. */
function toPlaces(content: Buffer, width: 4 | 8, sounds: readonly Box[]): string[] | null {
  if (content.length < 8) return null;
  const count = content.readUInt32BE(4);
  if (8 + count * width > content.length) return null;
  const places: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const at = 8 + index * width;
    const place = width === 4 ? content.readUInt32BE(at) : Number(content.readBigUInt64BE(at));
    const sound = sounds.findIndex(({ start, end }) => place >= start && place < end);
    const from = sounds[sound]?.start;
    if (from === undefined) return null;
    places.push(`${sound}:${place - from}`);
  }
  return places;
}
