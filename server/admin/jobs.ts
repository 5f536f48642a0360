import type { JobHandler } from "#server/base/jobs.ts";
import { resealAll, resealingWanted } from "./resealing.ts";

export const adminJobs: readonly JobHandler[] = [
  resealingWanted.handle(async (deps, _wanted, signal) => {
    await resealAll(deps, signal);
  }),
];
