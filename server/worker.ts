import { authJobs } from "#server/auth/jobs.ts";
import type { JobHandler } from "#server/base/jobs.ts";
import { connectionJobs } from "#server/connections/jobs.ts";
import { leavingJobs } from "#server/leaving/jobs.ts";
import { libraryJobs } from "#server/library/jobs.ts";
import { mailJobs } from "#server/mail/jobs.ts";

/** Every kind of job that this server can do. */
export const handlers: readonly JobHandler[] = [
  ...authJobs,
  ...mailJobs,
  ...connectionJobs,
  ...libraryJobs,
  ...leavingJobs,
];

/** Queues that must exist before anything is sent. */
export const jobNames: readonly string[] = handlers.map((handler) => handler.name);
