import type { JobHandler } from "#server/base/jobs.ts";
import { scanFinished } from "#server/library/scan-queue.ts";
import { enlistStorage } from "./service.ts";

export const waveformJobs: readonly JobHandler[] = [
  scanFinished.handle((deps, { connectionId }) => enlistStorage(deps, connectionId)),
];
