import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { parseInput } from "./errors.ts";
import { checkConditions } from "./preconditions.ts";

const PictureQuery = z.object({
  size: z.enum(["small", "large"]).default("small"),
  /** The hash that the caller knows: then the answer may be kept for good. */
  v: z.string().optional(),
});

export const requestedSize = (request: FastifyRequest): "small" | "large" =>
  parseInput(PictureQuery, request.query).size;

/** Sends a picture that we have drawn; `hash` is that of its content. */
export function sendPicture(
  request: FastifyRequest,
  reply: FastifyReply,
  { hash, bytes }: { readonly hash: string; readonly bytes: Buffer },
): FastifyReply {
  const { size, v } = parseInput(PictureQuery, request.query);
  const etag = `"${hash}-${size}"`;
  reply.headers({
    "cache-control": v === hash ? "private, max-age=2592000, immutable" : "private, no-cache",
    etag,
  });
  const ifNoneMatch = request.headers["if-none-match"];
  const verdict = checkConditions({ ifNoneMatch }, { etag, modifiedAt: null });
  if (verdict === "not_modified") return reply.code(304).send();
  return reply.header("content-type", "image/webp").send(bytes);
}
