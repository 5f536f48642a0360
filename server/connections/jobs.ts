import type { JobHandler } from "#server/base/jobs.ts";
import { accessReleased, giveBackAccess } from "./release.ts";

export const connectionJobs: readonly JobHandler[] = [
  accessReleased.handle((deps, released, signal) => giveBackAccess(deps, released, signal)),
];
