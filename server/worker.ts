import { adminJobs } from "#server/admin/jobs.ts";
import { authJobs } from "#server/auth/jobs.ts";
import type { JobHandler } from "#server/base/jobs.ts";
import type { Role } from "#server/config.ts";
import { connectionJobs } from "#server/connections/jobs.ts";
import { leavingJobs } from "#server/leaving/jobs.ts";
import { libraryJobs, scanJobs } from "#server/library/jobs.ts";
import { mailJobs } from "#server/mail/jobs.ts";
import { waveformJobs } from "#server/waveforms/jobs.ts";

/** Long work that needs no key: what a worker does. */
const keyless: readonly JobHandler[] = [...scanJobs, ...waveformJobs];

/** What opens something that is sealed, writes to people, or is what somebody waits for. */
const keyed: readonly JobHandler[] = [
  ...authJobs,
  ...mailJobs,
  ...connectionJobs,
  ...libraryJobs,
  ...leavingJobs,
  ...adminJobs,
];

/** Every kind of job that this server can do. */
export const handlers: readonly JobHandler[] = [...keyed, ...keyless];

const BY_ROLE: Readonly<Record<Role, readonly JobHandler[]>> = {
  all: handlers,
  web: keyed,
  worker: keyless,
};

export const handlersOf = (role: Role): readonly JobHandler[] => BY_ROLE[role];

/** Queues that must exist before anything is sent. */
export const jobNames: readonly string[] = handlers.map((handler) => handler.name);
