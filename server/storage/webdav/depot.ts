import type { Readable } from "node:stream";
import { z } from "zod";
import { AppError } from "#server/base/errors.ts";
import type { StoredFile } from "#server/storage/stored.ts";
import type { Part } from "#server/storage/writing.ts";
import type { Dav } from "./api.ts";
import { toFolderUrl } from "./href.ts";

export const Session = z.object({
  /** Refs: where the file is to lie, the folders on the way there, and where those begin. */
  folder: z.string(),
  above: z.array(z.string()),
  root: z.string(),
  /** What it is to be called, should nothing else be; and until then. */
  name: z.string(),
  hiddenName: z.string(),
  sizeBytes: z.int().min(0),
});
export type Session = z.infer<typeof Session>;

export interface WritableDav {
  readonly dav: Dav;
  /** Of the storage's top; ends in `/`. */
  readonly url: URL;
  readonly isNextcloud: boolean;
  readonly signal: AbortSignal;
  /** @throws AppError `not_found` */
  stat(ref: string): Promise<StoredFile>;
}

/** Where the bytes are until the file has its name. */
export interface Depot {
  partBytes(sizeBytes: number): number;
  begin(session: Session): Promise<void>;
  put(session: Session, part: Part, body: Readable): Promise<void>;
  /** Whether it has all that was put there. */
  isWhole(session: Session): Promise<boolean>;
  /** @returns false when the name is taken. */
  move(session: Session, to: URL): Promise<boolean>;
  discard(session: Session): Promise<void>;
}

export const join = (...parts: string[]): string => parts.filter((part) => part !== "").join("/");

export const toBodyHeaders = (bytes: number): Record<string, string> => ({
  "content-length": String(bytes),
  "content-type": "application/octet-stream",
});

export async function findFile(
  server: Pick<WritableDav, "stat">,
  ref: string,
): Promise<StoredFile | null> {
  try {
    return await server.stat(ref);
  } catch (error) {
    if (error instanceof AppError && error.code === "not_found") return null;
    throw error;
  }
}

/** Those that are there answer 405; one that is a file is met when something goes into it. */
export async function makeFolders(
  { dav, url, signal }: WritableDav,
  { above }: Session,
): Promise<void> {
  for (const ref of above) {
    const at = toFolderUrl(url, ref);
    await dav.change({ method: "MKCOL", url: at, expected: [201, 301, 405], signal });
  }
}
