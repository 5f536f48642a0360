import type { JobHandler } from "#server/base/jobs.ts";
import { exportRequested, makeExport } from "./exports.ts";

export const leavingJobs: readonly JobHandler[] = [
  exportRequested.handle((deps, { exportId }, signal) => makeExport(deps, exportId, signal)),
];
