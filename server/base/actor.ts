import type { FastifyRequest } from "fastify";
import type { UserRole } from "#contract/auth.ts";
import type { SessionId, UserId } from "#contract/ids.ts";
import { AppError } from "./errors.ts";

/** On whose behalf something is done. */
export interface Actor {
  readonly userId: UserId;
  readonly sessionId: SessionId;
  readonly role: UserRole;
}

declare module "fastify" {
  interface FastifyRequest {
    /** Set by `auth/plugin.ts` before any route; `null` when nobody is signed in. */
    actor: Actor | null;
  }
}

/** @throws AppError `unauthenticated` */
export function requireActor(request: FastifyRequest): Actor {
  if (!request.actor) throw signInFirst();
  return request.actor;
}

export const signInFirst = (): AppError =>
  new AppError("unauthenticated", "You are not signed in. Sign in, and you will be back here.");
