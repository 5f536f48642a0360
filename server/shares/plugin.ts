import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { ShareId } from "#contract/ids.ts";
import { hashToken } from "#server/auth/crypto.ts";
import { forWholeApp } from "#server/auth/whole-app.ts";
import { isForGuest } from "#server/base/actor.ts";
import { parseInput } from "#server/base/errors.ts";
import { findGuestCookie } from "./cookies.ts";
import type { Guest } from "./guests.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Where `acceptsGuests` and `?share=` says so: nobody who is signed in asks then. */
    guest: Guest | null;
  }
}

const Query = z.object({ share: ShareId });

/** Says who asks as the guest of a public link. Whether they are one is for the route to find out. */
export const guestPlugin = forWholeApp(async (app, { deps }) => {
  app.decorateRequest("guest", null);
  app.addHook("onRequest", async (request) => {
    if (isForGuest(request)) request.guest = toGuest(request);
  });

  function toGuest(request: FastifyRequest): Guest {
    const { share } = parseInput(Query, request.query);
    const token = findGuestCookie(deps.config.http, request);
    return { shareId: share, guestHash: token === undefined ? null : hashToken(token) };
  }
});
