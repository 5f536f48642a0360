import type { AttachedConnection } from "#server/connections/service.ts";
import { workThrough } from "./batches.ts";
import * as store from "./cover-store.ts";
import { createCoverKeeper } from "./covers.ts";
import { createPace } from "./pace.ts";
import { readWhole } from "./remote-file.ts";
import type { RunDeps, ScanRun } from "./scan-run.ts";

interface Outcome {
  readonly folder: string;
  readonly hash: string | null;
  readonly bytesRead: number;
}

const PACE = { start: 4, most: 8, tries: 2, patienceMs: 0 };
const MAX_PICTURE_BYTES = 8 * 1024 * 1024;

/** Gives tracks without a picture of their own the one that lies beside them. */
export async function readFolderCovers(
  deps: RunDeps,
  run: ScanRun,
  { storage }: AttachedConnection,
  options: { readonly firstWaitMs: number },
): Promise<void> {
  const { signal } = run;
  const { connectionId, id: scanId } = run.scan;
  const wanted = await store.listWantedCovers(deps.db, connectionId, scanId);
  const pace = createPace({ ...PACE, ...options, signal });
  const keeper = createCoverKeeper(deps, run);

  await workThrough<(typeof wanted)[number], Outcome>({
    queue: [...wanted],
    async work({ path: folder, coverRef }) {
      let bytesRead = 0;
      const noteBytes = (count: number): void => {
        bytesRead += count;
      };
      const reach = { storage, pace, signal, noteBytes };
      // A picture that cannot be read is no reason to fail: the tracks can be played without.
      const picture = await readWhole(reach, coverRef, MAX_PICTURE_BYTES).catch((error) => {
        signal.throwIfAborted();
        deps.log.debug({ err: error }, "a picture could not be read");
      });
      return { folder, hash: picture ? await keeper.keep(picture) : null, bytesRead };
    },
    save: (outcomes) =>
      run.commit(async (tx) => {
        for (const { folder, hash } of outcomes) {
          if (hash) await store.saveFolderCover(tx, connectionId, folder, hash);
        }
        const bytesRead = outcomes.reduce((sum, each) => sum + each.bytesRead, 0);
        return { result: undefined, counts: { bytesRead } };
      }),
    width: pace.width,
    signal,
  });
}
