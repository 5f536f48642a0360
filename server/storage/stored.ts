import type { Readable } from "node:stream";
import type { RangeLine } from "#server/base/egress/range-line.ts";

/** First and last byte, both inclusive, as in RFC 9110 §14.1.2. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface StoredFolder {
  readonly kind: "folder";
  /** The provider's address of it, unique in the storage; `null` is never used: the top has no entry. */
  readonly ref: string;
  readonly name: string;
  /** For people, from the top of the storage, parts joined by `/`, no leading slash. */
  readonly path: string;
  /**
   * Another one whenever anything below the folder changes, at any depth: an unchanged one means
   * that nothing below has to be listed. `null` where the storage does not promise that.
   */
  readonly treeTag: string | null;
}

export interface StoredFile {
  readonly kind: "file";
  readonly ref: string;
  readonly name: string;
  readonly path: string;
  /** Stays the same when the file is renamed or moved; `null` where the provider has no such thing. */
  readonly fileId: string | null;
  /** `null` when the storage does not say. */
  readonly sizeBytes: number | null;
  /** A validator as in RFC 9110 §8.8.3, quotes and `W/` included; `null` when there is none. */
  readonly etag: string | null;
  readonly modifiedAt: Date | null;
  /** What the storage claims; never trusted for what we send. */
  readonly contentType: string | null;
}

export interface Page {
  readonly entries: readonly (StoredFolder | StoredFile)[];
  /** Pass it as `cursor` for what follows; `null` when this was the last page. */
  readonly next: string | null;
  /**
   * From below the top to the folder that was listed, itself included, on every page. Absent where a
   * ref is the folder's path, so that it tells that by itself.
   */
  readonly trail?: readonly Step[];
}

export interface Step {
  readonly ref: string;
  readonly name: string;
}

/** Bytes of a file on their way, with what the storage said of the file in the same answer. */
export interface OpenedRange {
  readonly range: ByteRange;
  /** The whole file's size now. It differs from what a listing said when the file has changed. */
  readonly sizeBytes: number;
  /** The validator that came with these bytes; `null` when the answer had none. */
  readonly etag: string | null;
  readonly modifiedAt: Date | null;
  /** Yields exactly the range, or fails with an `AppError`. Destroy it to stop the transfer. */
  readonly body: Readable;
  /** The short way to other ranges of this very version; absent where there is none. */
  readonly line?: (() => RangeLine | undefined) | undefined;
}
