import { createHash } from "node:crypto";
import type { Egress, EgressRequest, EgressResponse } from "#server/base/egress/client.ts";
import { AppError } from "#server/base/errors.ts";
import { type Expectation, nameThrottle, send } from "#server/storage/http.ts";
import type { StorageIo } from "#server/storage/provider.ts";

/**
 * A Nextcloud shuts out the whole address of this server after twelve wrong passwords within half an
 * hour, so a refused one is tried a few times in that time and not with every request.
 */
const REFUSED_MS = 10 * 60_000;
const MAX_KEPT = 1_000;

interface Held {
  readonly error: AppError;
  readonly untilMs: number;
}

/** What this process was told, by the way out that it used. */
const heldBy = new WeakMap<Egress, Map<string, Held>>();

type Io = Pick<StorageIo, "egress" | "now" | "isAskedFor">;

/**
 * Sends a request to a Nextcloud unless that is known to make things worse: nothing goes to a host
 * that wants to be left alone before the time that it named, and a credential that was refused is not
 * sent on, be it by a request that waited beside the refused one.
 *
 * @throws AppError as `send` does; the same again while nothing is sent.
 */
export async function sendGently(
  io: Io,
  request: EgressRequest,
  expectation: Expectation,
): Promise<EgressResponse> {
  const { host } = new URL(request.url);
  requireWelcome(io, host);
  const credential = toKey(host, request.headers?.authorization);
  const refused = findHeld(io, credential);
  if (refused && !io.isAskedFor) throw refused.error;
  try {
    const answer = await send(io, request, expectation);
    heldOf(io).delete(credential);
    return answer;
  } catch (error) {
    if (error instanceof AppError) note(io, host, credential, error);
    throw error;
  }
}

/** @throws AppError `rate_limited` while the host wants to be left alone, with the rest of the time. */
export function requireWelcome(io: Io, host: string): void {
  const held = findHeld(io, host);
  if (!held) return;
  throw nameThrottle(host, Math.max(1, Math.ceil((held.untilMs - io.now().getTime()) / 1000)));
}

function note(io: Io, host: string, credential: string, error: AppError): void {
  const nowMs = io.now().getTime();
  if (error.code === "rate_limited") {
    keep(io, host, { error, untilMs: nowMs + (error.retryAfterSeconds ?? 0) * 1000 });
  }
  if (error.code === "storage_reconnect") {
    keep(io, credential, { error, untilMs: nowMs + REFUSED_MS });
  }
}

function keep(io: Io, key: string, held: Held): void {
  const all = heldOf(io);
  all.delete(key);
  all.set(key, held);
  const [oldest] = all.keys();
  if (oldest !== undefined && all.size > MAX_KEPT) all.delete(oldest);
}

function findHeld(io: Io, key: string): Held | undefined {
  const held = heldOf(io).get(key);
  return held && held.untilMs > io.now().getTime() ? held : undefined;
}

function heldOf({ egress }: Io): Map<string, Held> {
  const all = heldBy.get(egress) ?? new Map<string, Held>();
  heldBy.set(egress, all);
  return all;
}

/** No credential is kept, only what tells that it is the same. */
const toKey = (host: string, authorization = ""): string =>
  createHash("sha256").update(`${host} ${authorization}`).digest("base64url");
