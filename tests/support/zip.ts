import { crc32, inflateRawSync } from "node:zlib";

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;

/**
 * Reads a ZIP as programs do that unpack one: by its central directory.
 *
 * @returns the files by their names, in order.
 * @throws Error for what is no whole ZIP, or when a file is not what its checksum says.
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT §4.3
 */
export function readZip(bytes: Buffer): Map<string, Buffer> {
  const end = bytes.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  if (end === -1 || bytes.readUInt32LE(end) !== END) throw new Error("This is no whole ZIP.");
  const files = new Map<string, Buffer>();
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (bytes.readUInt32LE(at) !== CENTRAL) throw new Error("A file is missing in the directory.");
    const nameLength = bytes.readUInt16LE(at + 28);
    const name = bytes.toString("utf8", at + 46, at + 46 + nameLength);
    if (files.has(name)) throw new Error(`There are two of ${name}.`);
    files.set(name, readFile(bytes, at));
    at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return files;
}

function readFile(bytes: Buffer, central: number): Buffer {
  const method = bytes.readUInt16LE(central + 10);
  const length = bytes.readUInt32LE(central + 20);
  const local = bytes.readUInt32LE(central + 42);
  if (bytes.readUInt32LE(local) !== LOCAL) throw new Error("A file is not where it should be.");
  const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
  const packed = bytes.subarray(start, start + length);
  const content = method === 8 ? inflateRawSync(packed) : packed;
  if (crc32(content) !== bytes.readUInt32LE(central + 16)) throw new Error("A file is damaged.");
  return content;
}
