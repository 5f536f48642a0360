import { z } from "zod";
import { readBounded } from "#server/base/egress/body.ts";
import { AppError } from "#server/base/errors.ts";
import { withDeadline } from "#server/storage/deadline.ts";
import { type FailedAnswer, nameThrottle, parseRetryAfter } from "#server/storage/http.ts";
import type { StorageIo } from "#server/storage/provider.ts";
import { requireWelcome } from "./restraint.ts";

/** Parts of addresses that a browser shows; what stands before the first one is the installation. */
const pages: ReadonlySet<string> = new Set([
  "apps",
  "f",
  "index.php",
  "login",
  "ocs",
  "public.php",
  "remote.php",
  "s",
  "settings",
  "status.php",
]);

const MAX_STATUS_BYTES = 64 * 1024;
const STATUS_TIMEOUT_MS = 30_000;
/** After twelve wrong passwords a Nextcloud shuts out the whole address, for up to half an hour. */
const THROTTLE_SECONDS = 600;
const MAINTENANCE_SECONDS = 300;

const Status = z.object({
  installed: z.boolean(),
  maintenance: z.boolean(),
  needsDbUpgrade: z.boolean().default(false),
  versionstring: z.string().max(64),
  productname: z.string().min(1).max(64),
});

/** A Nextcloud or ownCloud that answered. */
export interface Nextcloud {
  /** Where it is installed; ends in `/`. */
  readonly base: URL;
  /** 'Nextcloud 33.0.2' */
  readonly product: string;
  readonly name: string;
}

/**
 * Looks for a Nextcloud or ownCloud behind an address as people paste it: of the start page, of a
 * folder in the Files app, or a DAV address of any age. No credential is sent.
 *
 * @returns `undefined` when there is none; what is there may still speak WebDAV.
 * @throws AppError `storage_unavailable` in maintenance, and whatever the network has to say.
 */
export async function findNextcloud(address: URL, io: StorageIo): Promise<Nextcloud | undefined> {
  for (const base of toBases(address)) {
    const found = await withDeadline(address.host, io.signal, STATUS_TIMEOUT_MS, (signal) =>
      findStatus(base, io, signal),
    );
    if (!found) continue;
    const { status } = found;
    if (!status.installed) throw nameSetup(found.base.host);
    if (status.maintenance || status.needsDbUpgrade) throw nameMaintenance(found.base.host);
    const product = `${status.productname} ${status.versionstring}`.trim();
    return { base: found.base, product, name: status.productname };
  }
  return undefined;
}

/** The DAV root of an account. */
export function toFilesUrl(base: URL, userId: string): string {
  return new URL(`remote.php/dav/files/${encodeURIComponent(userId)}/`, base).href;
}

/**
 * What sabre/dav's error documents tell beyond a status. A disabled account looks like an outage
 * (503), and a whole network that is shut out after wrong passwords like too many requests.
 */
export function nameNextcloudFailure(failed: FailedAnswer, now: Date): AppError | undefined {
  const { status, host, explanation, headers } = failed;
  if (status === 503 && /DisabledUserException|Account disabled/.test(explanation)) {
    return new AppError(
      "storage_refused",
      `Your account at ${host} is disabled. Your library is kept; ask the people who run it to enable the account again.`,
    );
  }
  if (status === 503 && /ServerMaintenanceMode|maintenance mode/i.test(explanation)) {
    return nameMaintenance(host);
  }
  if (status !== 429) return undefined;
  return nameThrottle(host, parseRetryAfter(headers["retry-after"], now) ?? THROTTLE_SECONDS);
}

function toBases(address: URL): URL[] {
  const parts = address.pathname.split("/").filter((part) => part !== "");
  const end = parts.findIndex((part) => pages.has(part));
  const before = end === -1 ? parts : parts.slice(0, end);
  const paths = [
    ...new Set([before, parts].map((each) => each.map((part) => `${part}/`).join(""))),
  ];
  return paths.map((path) => new URL(`/${path}`, address.origin));
}

/** Follows redirects, since nothing secret is sent: to https, or to the name with `www`. */
async function findStatus(
  base: URL,
  io: StorageIo,
  signal: AbortSignal,
): Promise<{ base: URL; status: z.output<typeof Status> } | undefined> {
  requireWelcome(io, base.host);
  const url = new URL("status.php", base);
  const answer = await io.egress.request({ url, maxRedirects: 3, signal });
  if (answer.status !== 200 || !answer.url.pathname.endsWith("/status.php")) {
    answer.body.destroy();
    return undefined;
  }
  const text = (await readBounded(answer.body, MAX_STATUS_BYTES)).toString("utf8");
  const status = parseStatus(text);
  return status && { base: new URL(".", answer.url), status };
}

function parseStatus(text: string): z.output<typeof Status> | undefined {
  try {
    return Status.safeParse(JSON.parse(text)).data;
  } catch {
    // Any other web server answers a page here.
    return undefined;
  }
}

export function nameNoNextcloud(host: string): AppError {
  return new AppError(
    "storage_refused",
    `No Nextcloud answers at this address of ${host}. Check it; another kind of server is connected with a user name and password.`,
  );
}

function nameMaintenance(host: string): AppError {
  return new AppError(
    "storage_unavailable",
    `${host} is in maintenance at the moment. Nothing is lost; try again when its administrators have finished.`,
    { retryAfterSeconds: MAINTENANCE_SECONDS },
  );
}

function nameSetup(host: string): AppError {
  return new AppError(
    "storage_refused",
    `The cloud at ${host} is not set up yet. Finish its installation in a browser, then connect it.`,
  );
}
