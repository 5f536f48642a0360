import type { JobHandler } from "#server/base/jobs.ts";
import { grantWish, wishMade } from "./wishes.ts";

export const authJobs: readonly JobHandler[] = [
  wishMade.handle((deps, wish) => grantWish(deps, wish)),
];
