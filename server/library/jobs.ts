import type { JobHandler } from "#server/base/jobs.ts";
import { rootChosen } from "#server/connections/service.ts";
import { runScan } from "./scan.ts";
import { scanRequested } from "./scan-queue.ts";
import { scanNewRoot } from "./scans.ts";

/** Long, and without need of a key. */
export const scanJobs: readonly JobHandler[] = [
  scanRequested.handle((deps, { scanId }, signal) => runScan(deps, scanId, signal)),
];

export const libraryJobs: readonly JobHandler[] = [
  rootChosen.handle((deps, chosen) => scanNewRoot(deps, chosen)),
];
