import type { FastifyPluginAsync } from "fastify";
import { z } from "zod";
import { UserId } from "#contract/ids.ts";
import { countPicture } from "#server/auth/call-limits.ts";
import { requireActor } from "#server/base/actor.ts";
import { parseInput } from "#server/base/errors.ts";
import { requestedSize, sendPicture } from "#server/base/picture-answer.ts";
import type { Deps } from "#server/deps.ts";
import { openPicture } from "./pictures.ts";

const Params = z.object({ userId: UserId });

/** Bytes, so not tRPC: an `<img>` fetches these by itself. */
export const accountRoutes: FastifyPluginAsync<{ deps: Deps }> = async (app, { deps }) => {
  app.get("/picture/:userId", async (request, reply) => {
    await countPicture(request, reply);
    const actor = requireActor(request);
    const { userId } = parseInput(Params, request.params);
    const picture = await openPicture(deps, actor, userId, requestedSize(request));
    return sendPicture(request, reply, picture);
  });
};
