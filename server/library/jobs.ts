import type { JobHandler } from "#server/base/jobs.ts";
import { storageResumed } from "#server/connections/pause.ts";
import { rootChosen } from "#server/connections/service.ts";
import { namingSaved, renameBand } from "./renaming.ts";
import { runScan } from "./scan.ts";
import { scanRequested } from "./scan-queue.ts";
import { scanAnew } from "./scans.ts";
import { tagsWanted } from "./tag-writing.ts";
import { writeWaiting } from "./tag-writing-run.ts";

/** Long, and without need of a key. */
export const scanJobs: readonly JobHandler[] = [
  scanRequested.handle((deps, { scanId }, signal) => runScan(deps, scanId, signal)),
];

export const libraryJobs: readonly JobHandler[] = [
  rootChosen.handle((deps, chosen) => scanAnew(deps, chosen)),
  storageResumed.handle((deps, resumed) => scanAnew(deps, resumed)),
  namingSaved.handle((deps, saved, signal) => renameBand(deps, saved, signal)),
  tagsWanted.handle((deps, wanted, signal) => writeWaiting(deps, wanted, signal)),
];
