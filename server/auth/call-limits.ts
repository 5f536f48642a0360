import type { FastifyReply, FastifyRequest } from "fastify";
import { clientKey } from "#server/base/client-key.ts";
import { AppError } from "#server/base/errors.ts";
import type { Allowance, Tally } from "#server/base/tally.ts";

const WINDOW_MS = 60_000;

/**
 * Procedures a minute that have no limit of their own: a hundred.
 *
 * Except for what signed-in people read: our own client asks for a page of the library with every
 * screenful that is scrolled past, for all of a screen whenever it opens, and again after each event,
 * in every window that somebody has open. That is counted for the account, mostly in memory, and a
 * program that asks 20 times a second, minute after minute, is not held up by it.
 *
 * Covers and pictures of people are counted in the same way, but apart: a screen of a large library
 * asks for 200 at once, and again when it is scrolled.
 */
const ALLOWANCES = {
  anyone: { max: 100, windowMs: WINDOW_MS, share: 1 },
  changes: { max: 100, windowMs: WINDOW_MS, share: 1 },
  reads: { max: 1_200, windowMs: WINDOW_MS, share: 50 },
  pictures: { max: 3_000, windowMs: WINDOW_MS, share: 50 },
} satisfies Readonly<Record<string, Allowance>>;

type Kind = keyof typeof ALLOWANCES;

declare module "fastify" {
  interface FastifyInstance {
    callTally: Tally;
  }
}

/**
 * Counts one procedure of a request, and says in the answer's headers how many are left; of a batch,
 * the fewest. Bytes of recordings are no procedures: the number of open streams bounds them
 * (`playback/stream-limit.ts`).
 *
 * @throws AppError `rate_limited`
 */
export const countCall = (
  request: FastifyRequest,
  reply: FastifyReply,
  type: "query" | "mutation" | "subscription",
): Promise<void> => count(request, reply, kindOf(request, type));

/**
 * The same for a cover or a picture of somebody. To be called before anything is looked up, so that
 * what is refused costs nothing.
 *
 * @throws AppError `rate_limited`
 */
export const countPicture = (request: FastifyRequest, reply: FastifyReply): Promise<void> =>
  count(request, reply, "pictures");

async function count(request: FastifyRequest, reply: FastifyReply, kind: Kind): Promise<void> {
  const { max } = ALLOWANCES[kind];
  const key = `calls ${kind} ${whoseOf(request)}`;
  const { hits, msLeft } = await request.server.callTally.take(key, ALLOWANCES[kind]);
  const seconds = Math.max(1, Math.ceil(msLeft / 1000));
  tellLimit(reply, { max, left: Math.max(0, max - hits), seconds });
  if (hits > max) throw tooMany(kind, seconds);
}

/** How much of a limit is left, in the two spellings that clients know. */
export function tellLimit(
  reply: FastifyReply,
  limit: { readonly max: number; readonly left: number; readonly seconds: number },
): void {
  const told = reply.getHeader("ratelimit-remaining");
  if (told !== undefined && Number(told) < limit.left) return;
  for (const prefix of ["ratelimit", "x-ratelimit"]) {
    reply.header(`${prefix}-limit`, limit.max);
    reply.header(`${prefix}-remaining`, limit.left);
    reply.header(`${prefix}-reset`, limit.seconds);
  }
}

function kindOf({ actor }: FastifyRequest, type: string): Kind {
  if (!actor) return "anyone";
  return type === "mutation" ? "changes" : "reads";
}

/**
 * The account, so that a household behind one address shares nothing. A token that has run out still
 * says whose browser it is: those that wake up together and renew it do not share, either.
 */
function whoseOf(request: FastifyRequest): string {
  if (request.actor) return request.actor.userId;
  return request.signedSessionId ? `session ${request.signedSessionId}` : clientKey(request);
}

const SOURCES: Readonly<Record<Kind, string>> = {
  anyone: "from your network",
  changes: "to change something with your account",
  reads: "with your account",
  pictures: "for pictures",
};

const tooMany = (kind: Kind, seconds: number): AppError =>
  new AppError(
    "rate_limited",
    `There were too many requests ${SOURCES[kind]} within a minute. Wait ${seconds} seconds and try again; nothing was changed.`,
    { retryAfterSeconds: seconds },
  );
