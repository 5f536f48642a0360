import type { FastifyRequest } from "fastify";
import type { UserRole } from "#contract/auth.ts";
import type { SessionId, UserId } from "#contract/ids.ts";
import { clientKey } from "./client-key.ts";
import { AppError } from "./errors.ts";

/** On whose behalf something is done. */
export interface Actor {
  readonly userId: UserId;
  readonly sessionId: SessionId;
  readonly role: UserRole;
}

/** Where somebody asks from, for the lists and logs that they see. */
export interface Device {
  readonly userAgent: string;
  readonly ipAddress: string;
  /** What limits count it by: the address, or the network of an IPv6 one. */
  readonly network: string;
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** `?share=` asks as the guest of that public link, whoever is signed in. */
    readonly acceptsGuests?: boolean;
  }
  interface FastifyRequest {
    /** Set by `auth/plugin.ts` before any route; `null` when nobody is signed in. */
    actor: Actor | null;
  }
}

export const deviceOf = (request: FastifyRequest): Device => ({
  userAgent: (request.headers["user-agent"] ?? "").slice(0, 300),
  ipAddress: request.ip.slice(0, 64),
  network: clientKey(request),
});

/** What comes along then of a session does not count. */
export const isForGuest = ({ routeOptions, query }: FastifyRequest): boolean =>
  routeOptions.config.acceptsGuests === true && (query as { share?: unknown }).share !== undefined;

/** @throws AppError `unauthenticated` */
export function requireActor(request: FastifyRequest): Actor {
  if (!request.actor) throw signInFirst();
  return request.actor;
}

/**
 * Why an actor does not get what no band of theirs has. For most it is as if it did not exist. An
 * administrator looks after accounts and not after what is in them, and is told so: of every id, so
 * that it does not tell them either which there are.
 *
 * @param sentence - for everybody else.
 */
export const notTheirs = ({ role }: Pick<Actor, "role">, sentence: string): AppError =>
  role === "admin"
    ? new AppError(
        "forbidden",
        "None of your bands has this. Administrators look after accounts, and do not reach the storages and recordings of others.",
      )
    : new AppError("not_found", sentence);

export const signInFirst = (): AppError =>
  new AppError("unauthenticated", "You are not signed in. Sign in, and you will be back here.");
