import { createHash } from "node:crypto";
import * as store from "./cover-store.ts";
import { makeThumbnails } from "./picture.ts";
import type { RunDeps, ScanRun } from "./scan-run.ts";

/** Keeps the pictures of a scan, each once, however many tracks carry it. */
export interface CoverKeeper {
  /** @returns the hash by which it is kept; `null` for what is no picture, or not a usable one. */
  keep(picture: Uint8Array): Promise<string | null>;
  /** How many wait to be drawn. */
  waiting(): number;
}

export function createCoverKeeper(deps: RunDeps, run: ScanRun): CoverKeeper {
  const known = new Map<string, Promise<string | null>>();
  const { bandId } = run.scan;
  let waiting = 0;

  const draw = async (hash: string, picture: Buffer): Promise<string | null> => {
    if (await store.hasCover(deps.db, bandId, hash)) return hash;
    waiting += 1;
    try {
      const thumbnails = await makeThumbnails(picture).catch((error) => {
        deps.log.debug({ err: error }, "a cover could not be drawn");
      });
      if (!thumbnails) return null;
      await run.commit(async (tx) => {
        await store.insertCover(tx, { bandId, hash, ...thumbnails });
        return { result: undefined };
      });
      return hash;
    } finally {
      waiting -= 1;
    }
  };

  return {
    waiting: () => waiting,
    keep(picture) {
      const bytes = Buffer.from(picture.buffer, picture.byteOffset, picture.byteLength);
      const hash = createHash("sha256").update(bytes).digest("hex");
      const drawing = known.get(hash) ?? draw(hash, bytes);
      known.set(hash, drawing);
      return drawing;
    },
  };
}
