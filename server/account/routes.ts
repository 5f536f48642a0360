import type { FastifyPluginAsync } from "fastify";
import { z } from "zod";
import { UserId } from "#contract/ids.ts";
import { requireActor } from "#server/base/actor.ts";
import { parseInput } from "#server/base/errors.ts";
import { checkConditions } from "#server/base/preconditions.ts";
import type { Deps } from "#server/deps.ts";
import { openPicture } from "./pictures.ts";

const Params = z.object({ userId: UserId });
const PictureQuery = z.object({
  size: z.enum(["small", "large"]).default("small"),
  v: z.string().optional(),
});

/** Bytes, so not tRPC: an `<img>` fetches these by itself. */
export const accountRoutes: FastifyPluginAsync<{ deps: Deps }> = async (app, { deps }) => {
  app.get("/picture/:userId", async (request, reply) => {
    const actor = requireActor(request);
    const { userId } = parseInput(Params, request.params);
    const { size, v } = parseInput(PictureQuery, request.query);
    const picture = await openPicture(deps, actor, userId, size);
    const isPinned = v === picture.hash;
    const etag = `"${picture.hash}-${size}"`;
    reply.headers({
      "cache-control": isPinned ? "private, max-age=2592000, immutable" : "private, no-cache",
      etag,
    });
    const ifNoneMatch = request.headers["if-none-match"];
    const verdict = checkConditions({ ifNoneMatch }, { etag, modifiedAt: null });
    if (verdict === "not_modified") return reply.code(304).send();
    return reply.header("content-type", "image/webp").send(picture.bytes);
  });
};
