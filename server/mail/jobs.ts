import type { JobHandler } from "#server/base/jobs.ts";
import { deliverMail, mailQueued } from "./service.ts";

export const mailJobs: readonly JobHandler[] = [
  mailQueued.handle((deps, { mailId }) => deliverMail(deps, mailId)),
];
