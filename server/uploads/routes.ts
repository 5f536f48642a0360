import type { IncomingMessage } from "node:http";
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { UploadId } from "#contract/ids.ts";
import { UPLOADS_PATH } from "#contract/uploads.ts";
import { countCall } from "#server/auth/call-limits.ts";
import { type Actor, requireActor } from "#server/base/actor.ts";
import { AppError, parseInput } from "#server/base/errors.ts";
import { requireNoMaintenance } from "#server/base/maintenance.ts";
import type { Deps } from "#server/deps.ts";
import { createUpload } from "./creation.ts";
import { removeUpload } from "./discarding.ts";
import { parseCount, parseMetadata } from "./metadata.ts";
import { dropRest } from "./pieces.ts";
import { receiveBytes } from "./receiving.ts";
import { requireOwn } from "./service.ts";

const VERSION = "1.0.0";
const BYTES = "application/offset+octet-stream";

const Params = z.object({ uploadId: UploadId });

export interface UploadRouteOptions {
  readonly deps: Deps;
  /** @throws AppError `csrf_failed` */
  readonly requireCsrf: (request: FastifyRequest) => void;
}

const config = { isTus: true, endsWithSession: true } as const;
const one = `${UPLOADS_PATH}/:uploadId`;

/**
 * Bytes in parts, so not tRPC: tus 1.0.0, which many clients speak and which says where an upload goes
 * on that was interrupted.
 *
 * @see https://tus.io/protocols/resumable-upload
 */
export const uploadRoutes: FastifyPluginAsync<UploadRouteOptions> = async (app, options) => {
  const { deps } = options;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(BYTES, (_request, payload, done) => done(null, payload));
  // What says that it is JSON has nothing to say here; see `auth/origin.ts`.
  app.addContentTypeParser("application/json", (_request, payload, done) => {
    dropRest(payload);
    done(null);
  });
  app.addHook("onRequest", async (request, reply) => {
    reply.header("tus-resumable", VERSION).header("cache-control", "no-store");
    if (request.method !== "OPTIONS") requireVersion(request, reply);
  });

  app.options(UPLOADS_PATH, { config }, async (_request, reply) =>
    reply
      .code(204)
      .headers({ "tus-version": VERSION, "tus-extension": "creation,expiration,termination" })
      .send(),
  );

  app.post(UPLOADS_PATH, { config }, async (request, reply) => {
    const actor = await admit(options, request, reply);
    const { headers } = request;
    const sizeBytes = parseCount("Upload-Length", headerOf(headers, "upload-length"));
    const metadata = parseMetadata(headerOf(headers, "upload-metadata"));
    const upload = await createUpload(deps, actor, { ...metadata, sizeBytes });
    tellExpiry(reply, upload);
    tellPartSize(reply, upload);
    return reply.code(201).header("location", `${UPLOADS_PATH}/${upload.id}`).send();
  });

  app.head(one, { config }, async (request, reply) => {
    await countCall(request, reply, "query");
    const upload = await requireOwn(deps, requireActor(request), idOf(request));
    tellExpiry(reply, upload);
    tellPartSize(reply, upload);
    reply.headers({ "upload-offset": upload.offsetBytes, "upload-length": upload.sizeBytes });
    return reply.code(200).send();
  });

  app.patch(one, { config }, async (request, reply) => {
    try {
      const upload = await receive(options, request, reply);
      tellExpiry(reply, upload);
      return reply.code(204).header("upload-offset", upload.offsetBytes).send();
    } finally {
      dropRest(request.raw);
    }
  });

  app.delete(one, { config }, async (request, reply) => {
    const actor = await admit(options, request, reply);
    await removeUpload(deps, actor, idOf(request));
    return reply.code(204).send();
  });
};

async function receive(options: UploadRouteOptions, request: FastifyRequest, reply: FastifyReply) {
  const actor = await admit(options, request, reply, "query");
  const { headers, raw } = request;
  if (headers["content-type"] !== BYTES) throw notBytes();
  const length = headerOf(headers, "content-length");
  const arrival = {
    offset: parseCount("Upload-Offset", headerOf(headers, "upload-offset")),
    bytes: length === undefined ? null : parseCount("Content-Length", length),
    body: raw satisfies IncomingMessage,
  };
  // Who cannot be told of the session's end gets nothing.
  const signal = request.over ?? AbortSignal.abort();
  return receiveBytes(options.deps, actor, idOf(request), arrival, signal);
}

/** What every procedure that changes something goes through, for a raw route. */
async function admit(
  { deps, requireCsrf }: UploadRouteOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  counted: "mutation" | "query" = "mutation",
): Promise<Actor> {
  await countCall(request, reply, counted);
  const actor = requireActor(request);
  requireCsrf(request);
  if (actor.role !== "admin") await requireNoMaintenance(deps);
  return actor;
}

function requireVersion(request: FastifyRequest, reply: FastifyReply): void {
  if (request.headers["tus-resumable"] === VERSION) return;
  reply.header("tus-version", VERSION);
  throw new AppError(
    "precondition_failed",
    `This server speaks version ${VERSION} of the tus protocol only. Nothing was changed.`,
  );
}

const idOf = (request: FastifyRequest): UploadId => parseInput(Params, request.params).uploadId;

function headerOf(headers: FastifyRequest["headers"], name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(",") : value;
}

function tellExpiry(reply: FastifyReply, { expiresAt }: { readonly expiresAt: Date }): void {
  reply.header("upload-expires", expiresAt.toUTCString());
}

/** A storage without parts takes all of it as one. */
function tellPartSize(
  reply: FastifyReply,
  { partBytes, sizeBytes }: { readonly partBytes: number; readonly sizeBytes: number },
): void {
  reply.header("upload-part-size", Math.min(partBytes, sizeBytes));
}

const notBytes = (): AppError =>
  new AppError("unsupported_media_type", `Only ${BYTES} is accepted here. Nothing was changed.`);
