import type { JobHandler } from "#server/base/jobs.ts";
import { settleToken, upstreamTokenDue } from "./upstream-tokens.ts";
import { grantWish, wishMade } from "./wishes.ts";

export const authJobs: readonly JobHandler[] = [
  wishMade.handle((deps, wish) => grantWish(deps, wish)),
  upstreamTokenDue.handle((deps, due, signal) => settleToken(deps, due, signal)),
];
