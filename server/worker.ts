import type { JobHandler } from "#server/base/jobs.ts";

/** Every kind of job that this server can do. */
export const handlers: readonly JobHandler[] = [];

/** Queues that must exist before anything is sent. */
export const jobNames: readonly string[] = handlers.map((handler) => handler.name);
