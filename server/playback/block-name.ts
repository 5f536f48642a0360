import { createHmac } from "node:crypto";
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

/** @param key - secret, and for nothing else. */
export function createNames(key: Buffer): Names {
  const nameOf = (...parts: readonly (string | number)[]): string =>
    createHmac("sha256", key).update(JSON.stringify(parts)).digest("base64url").slice(0, 32);
  const shelf = (connectionId: ConnectionId): string => nameOf("shelf", connectionId);
  return {
    shelf,
    file({ bandId, connectionId, ref, etag, sizeBytes }) {
      const id = nameOf("file", bandId, connectionId, ref, etag, sizeBytes);
      const place = shelf(connectionId);
      const blocks = new Map<number, Block>();
      const toBlock = (index: number): Block => ({
        shelf: place,
        name: nameOf("block", id, index),
        lengthBytes: Math.min(BLOCK_BYTES, sizeBytes - index * BLOCK_BYTES),
        seed: crc32(`${id} ${index}`),
      });
      return {
        id,
        etag,
        sizeBytes,
        block(index) {
          const known = blocks.get(index);
          if (known) return known;
          const block = toBlock(index);
          blocks.set(index, block);
          return block;
        },
      };
    },
  };
}
