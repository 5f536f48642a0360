import type { FastifyPluginAsync, FastifyReply } from "fastify";
import { OneExport } from "#contract/leaving.ts";
import { deviceOf, requireActor } from "#server/base/actor.ts";
import { parseInput } from "#server/base/errors.ts";
import type { Deps } from "#server/deps.ts";
import { describeExport, type OpenedExport, openExport } from "./download.ts";

/** Bytes, so not tRPC: the browser saves them itself. */
export const exportRoutes: FastifyPluginAsync<{ deps: Deps }> = async (app, { deps }) => {
  app.route({
    method: ["GET", "HEAD"],
    url: "/exports/:exportId",
    config: { endsWithSession: true },
    async handler(request, reply) {
      const actor = requireActor(request);
      const { exportId } = parseInput(OneExport, request.params);
      if (request.method === "HEAD") {
        writeHead(reply, await describeExport(deps, actor, exportId));
        return reply.send(null);
      }
      // Who cannot be told of the session's end gets nothing.
      const signal = request.over ?? AbortSignal.abort();
      signal.throwIfAborted();
      const opened = await openExport(deps, actor, exportId, deviceOf(request));
      signal.addEventListener("abort", () => opened.body.destroy(), { once: true });
      whenClosed(reply, () => settle(deps, reply, opened));
      signal.throwIfAborted();
      writeHead(reply, opened);
      return reply.send(opened.body);
    },
  });
};

function writeHead(
  reply: FastifyReply,
  { name, sizeBytes }: Pick<OpenedExport, "name" | "sizeBytes">,
): void {
  reply.headers({
    "cache-control": "private, no-store",
    "content-disposition": `attachment; filename="${name}"`,
    "content-length": sizeBytes,
    "content-type": "application/zip",
  });
}

function whenClosed({ raw }: FastifyReply, act: () => void): void {
  if (raw.closed) act();
  else raw.once("close", act);
}

/**
 * Every byte has left, or the browser or the session was gone before. An archive whose end could not
 * be noted can be downloaded again, a minute later.
 */
function settle(deps: Pick<Deps, "log">, { raw }: FastifyReply, opened: OpenedExport): void {
  opened.settle(opened.body.readableEnded && raw.writableFinished).catch((error: unknown) => {
    deps.log.warn({ err: error }, "the end of a download was not noted");
  });
}
