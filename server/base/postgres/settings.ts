import { totalmem } from "node:os";
import type { Endpoint } from "./endpoint.ts";

/**
 * How our PostgreSQL is set up: small when idle (about 22 MB), enough for a band's library.
 *
 * They are arguments and not lines of `postgresql.conf`, so that a new Backline needs no migration
 * to change one.
 */
export function toServerArguments(
  endpoint: Endpoint,
  cluster: string,
  overrides: Readonly<Record<string, string>>,
): string[] {
  const settings: Readonly<Record<string, string>> = {
    ...memory,
    shared_buffers: `${toSharedMegabytes(availableBytes())}MB`,
    ...logging,
    ...listening(endpoint),
    timezone: "UTC",
    ...overrides,
    // Tells a later start which process this server belongs to: see `leftover.ts`.
    cluster_name: `${CLUSTER_NAME}${process.pid}`,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  return ["-D", cluster, ...flags];
}

export const CLUSTER_NAME = "backline-";

const memory = {
  max_connections: "60",
  effective_cache_size: "512MB",
  work_mem: "8MB",
  maintenance_work_mem: "64MB",
  max_wal_size: "512MB",
  jit: "off",
  // One query, one core: a second listener gets the other. It also keeps parallel queries out of
  // /dev/shm, of which a container has 64 MB by default.
  max_parallel_workers_per_gather: "0",
  max_parallel_maintenance_workers: "0",
  max_logical_replication_workers: "0",
};

const MEGABYTE = 1024 * 1024;

/** What a container may have, or else the machine. */
const availableBytes = (): number => Math.min(totalmem(), process.constrainedMemory() || Infinity);

/**
 * A large library is searched in less than half the time where most of its indexes fit in here. No more
 * of it is used than is needed, and a small machine has others who need theirs.
 *
 * @param bytes - of memory.
 */
export const toSharedMegabytes = (bytes: number): number =>
  Math.round(Math.min(Math.max(bytes / 32 / MEGABYTE, 64), 512));

/**
 * Errors are the app's to report. What it must not do here is copy somebody's e-mail address into a
 * file: "Key (email)=(…) already exists" is a detail, and so is the statement.
 */
const logging = {
  log_timezone: "UTC",
  log_checkpoints: "off",
  log_error_verbosity: "terse",
  log_min_error_statement: "panic",
  lc_messages: "C",
};

function listening(endpoint: Endpoint): Readonly<Record<string, string>> {
  const port = String(endpoint.port);
  if (endpoint.password !== undefined) return { port, listen_addresses: endpoint.host };
  return {
    port,
    listen_addresses: "",
    unix_socket_directories: `"${endpoint.host}"`,
    unix_socket_permissions: "0700",
  };
}
