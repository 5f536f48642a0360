import type { JobHandler } from "#server/base/jobs.ts";
import { lookAtQuota, quotaWanted } from "./quota.ts";
import { refusalMet, tellOwnersOf } from "./refusal.ts";
import { accessReleased, giveBackAccess } from "./release.ts";

export const connectionJobs: readonly JobHandler[] = [
  accessReleased.handle((deps, released, signal) => giveBackAccess(deps, released, signal)),
  refusalMet.handle((deps, { connectionId }) => tellOwnersOf(deps, connectionId)),
  quotaWanted.handle((deps, { connectionId }, signal) => lookAtQuota(deps, connectionId, signal)),
];
