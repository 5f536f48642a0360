import type { FastifyRequest } from "fastify";
import type { AskSubscriptionTicket, SubscriptionTicket } from "#contract/auth.ts";
import type { SessionId, UserId } from "#contract/ids.ts";
import type { Actor } from "#server/base/actor.ts";
import type { Deps } from "#server/deps.ts";
import type { AccessClaims } from "./access-token.ts";
import * as store from "./session-store.ts";

/** A song may begin within this time; one that has begun goes on for as long as it takes. */
const LIFETIME_SECONDS = 300;

type TicketDeps = Pick<Deps, "db" | "sessionKeys">;

export interface Ticket {
  /** For the query parameter `ticket`. */
  readonly text: string;
  readonly expiresAt: Date;
}

/**
 * Lets somebody who can't send a cookie or a header fetch one thing, as the session that asks: a
 * loudspeaker, an `<audio>` element of another page. It opens nothing else, lives for five minutes and
 * dies with the session.
 *
 * A ticket is `session.user.end.kid.mac`; the end is in seconds by the database's clock, and the MAC
 * binds all of it to the object.
 *
 * @param object - the path that it is for, or what `subscriptionObject` makes.
 */
export async function createTicket(
  deps: TicketDeps,
  actor: Actor,
  object: string,
  lifetimeSeconds = LIFETIME_SECONDS,
): Promise<Ticket> {
  const endSeconds = await store.findMoment(deps.db, lifetimeSeconds);
  const claims = `${actor.sessionId}.${actor.userId}.${endSeconds}`;
  const signature = deps.sessionKeys.sign("ticket", messageOf(claims, object));
  return { text: `${claims}.${signature}`, expiresAt: new Date(endSeconds * 1000) };
}

export async function createSubscriptionTicket(
  deps: TicketDeps,
  actor: Actor,
  { path, input }: AskSubscriptionTicket,
): Promise<SubscriptionTicket> {
  const { text, expiresAt } = await createTicket(deps, actor, subscriptionObject(path, input));
  return { ticket: text, expiresAt: expiresAt.toISOString() };
}

/** A ticket that somebody shows, and what they ask for with it. */
interface ShownTicket {
  readonly text: string;
  readonly object: string;
}

/** Only what reads may come with a ticket: a change is authorised by a cookie or a header. */
export function findTicket(request: FastifyRequest): ShownTicket | undefined {
  const { ticket, input } = request.query as Record<string, unknown>;
  if (ticket === undefined) return undefined;
  if (request.method !== "GET" && request.method !== "HEAD") return undefined;
  const path = request.url.split("?")[0] ?? "";
  const object = path.startsWith("/trpc/")
    ? subscriptionObject(path.slice("/trpc/".length), String(input ?? ""))
    : partOfObject(path);
  return { text: String(ticket), object };
}

/**
 * A recording in segments is many things: one ticket is for its lists, and one, which these give, for
 * the segments of one of them.
 */
function partOfObject(path: string): string {
  const [, lists, segments = ""] = /^(\/hls\/[^/]+)(\/.*)?\/[^/]*$/.exec(path) ?? [];
  if (lists === undefined) return path;
  return path.endsWith(".m3u8") ? lists : lists + segments;
}

/** @returns whose it is, and until when; `undefined` for one of another object or none of ours. */
export function readTicket(
  deps: Pick<Deps, "sessionKeys">,
  { text, object }: ShownTicket,
): AccessClaims | undefined {
  const match = /^([0-9a-f-]{36})\.([0-9a-f-]{36})\.(\d{1,12})\.([\w-]{1,32}\.[\w-]{43})$/.exec(
    text,
  );
  if (!match) return undefined;
  const [, sessionId = "", userId = "", end = "", signature = ""] = match;
  const message = messageOf(`${sessionId}.${userId}.${end}`, object);
  if (!deps.sessionKeys.isSigned("ticket", message, signature)) return undefined;
  return {
    sessionId: sessionId as SessionId,
    userId: userId as UserId,
    goodFrom: 0,
    goodUntil: Number(end),
  };
}

/** What a subscription's ticket is for: the procedure, and what it is asked, as JSON. */
export const subscriptionObject = (path: string, input: string): string =>
  `/trpc/${path}?input=${input}`;

const messageOf = (claims: string, object: string): string => `${claims} ${object}`;
