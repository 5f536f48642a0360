import { createHmac, createSecretKey } from "node:crypto";
import { crc32 } from "node:zlib";
import type { BandId, ConnectionId } from "#contract/ids.ts";

/** A file is kept in pieces of so many bytes; its last one may be shorter. */
export const BLOCK_BYTES = 256 * 1024;

/** The bytes that a block is of: another band, place, version or length is another file. */
export interface FileVersion {
  readonly bandId: BandId;
  readonly connectionId: ConnectionId;
  readonly ref: string;
  /** Strong: two answers that have it hold the same bytes. */
  readonly etag: string;
  readonly sizeBytes: number;
}

/** What is to be known of a block to find it and to know it again. */
export interface Block {
  /** The folder it is in, which is of one connection. */
  readonly shelf: string;
  readonly name: string;
  readonly lengthBytes: number;
  /** Its checksum begins with this, so that a block in another one's place is not taken for it. */
  readonly seed: number;
}

/** A version of a file, by names that tell nobody anything who has no key. */
export interface NamedFile {
  readonly id: string;
  readonly etag: string;
  readonly sizeBytes: number;
  /** @param index - counted from 0. */
  block(index: number): Block;
}

export interface Names {
  file(version: FileVersion): NamedFile;
  shelf(connectionId: ConnectionId): string;
}

/** What all names look like; nothing else in the cache's folder is ours. */
export const NAME = /^[\w-]{32}$/;

/** Making names costs more than finding what has them, and who seeks asks for one file many times. */
const MOST_FILES = 100;

/** @param key - secret, and for nothing else. */
export function createNames(key: Buffer): Names {
  const secret = createSecretKey(key);
  const nameOf = (parts: string): string =>
    createHmac("sha256", secret).update(parts).digest("base64url").slice(0, 32);
  const shelf = (connectionId: ConnectionId): string =>
    nameOf(JSON.stringify(["shelf", connectionId]));
  const nameFile = ({ connectionId, etag, sizeBytes }: FileVersion, parts: string): NamedFile => {
    const id = nameOf(parts);
    const place = shelf(connectionId);
    const toBlock = (index: number): Block => ({
      shelf: place,
      name: nameOf(JSON.stringify(["block", id, index])),
      lengthBytes: Math.min(BLOCK_BYTES, sizeBytes - index * BLOCK_BYTES),
      seed: crc32(`${id} ${index}`),
    });
    const block = remember(toBlock);
    return { id, etag, sizeBytes, block };
  };
  const files = new Map<string, NamedFile>();
  return {
    shelf,
    file(version) {
      const { bandId, connectionId, ref, etag, sizeBytes } = version;
      const parts = JSON.stringify(["file", bandId, connectionId, ref, etag, sizeBytes]);
      const file = files.get(parts) ?? nameFile(version, parts);
      files.delete(parts);
      files.set(parts, file);
      const [oldest] = files.keys();
      if (files.size > MOST_FILES && oldest !== undefined) files.delete(oldest);
      return file;
    },
  };
}

function remember<Given, Made>(make: (given: Given) => Made): (given: Given) => Made {
  const made = new Map<Given, Made>();
  return (given) => {
    const known = made.get(given);
    if (known !== undefined) return known;
    const value = make(given);
    made.set(given, value);
    return value;
  };
}
