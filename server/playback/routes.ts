import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import type { UserId } from "#contract/ids.ts";
import { NOT_DIRECT } from "#contract/playback.ts";
import { countPicture } from "#server/auth/call-limits.ts";
import { requireActor } from "#server/base/actor.ts";
import { AppError } from "#server/base/errors.ts";
import { requestedSize, sendPicture } from "#server/base/picture-answer.ts";
import type { Deps } from "#server/deps.ts";
import { openCover } from "#server/library/service.ts";
import { findElsewhere } from "./direct.ts";
import { withoutStorage } from "./failures.ts";
import { sendHls } from "./hls-answer.ts";
import { findListener, readPlayable, trackIdOf, type Use } from "./listeners.ts";
import { attachmentNamed } from "./media-type.ts";
import { OutsideOfFile } from "./range.ts";
import { createReadAhead } from "./read-ahead.ts";
import { createRepeats, type Repeats, type RepeatsOptions } from "./repeats.ts";
import { sendBytes } from "./sending.ts";
import { openTrack } from "./service.ts";
import { createStreamLimit } from "./stream-limit.ts";
import { headOf, requestOf } from "./track-head.ts";
import { sendWaveform } from "./waveform-answer.ts";

const STREAMS_A_USER = 20;

/** What plays has to stop when its listener is signed out, or the guest of a link that is taken back. */
const shared = { endsWithSession: true, acceptsGuests: true };

/** Bytes, so not tRPC: `<audio>` and `<img>` fetch these by themselves, with `Range` and cookies. */
export const playbackRoutes: FastifyPluginAsync<{ deps: Deps }> = async (app, { deps }) => {
  const limit = createStreamLimit(STREAMS_A_USER);
  const ahead = createReadAhead(deps);
  app.addHook("preClose", async () => ahead.stop());
  const begun: Begun = ({ userId }, playable, startByte) => {
    if (startByte === 0) ahead.begun(userId, playable);
  };
  const desk: Desk = { limit, begun, repeats: createRepeats(app, deps, { limit, begun }) };
  const config = {
    ...shared,
    readAhead: (request: FastifyRequest, userId: UserId) => readPlayable(deps, request, userId),
  };

  app.route({
    method: ["GET", "HEAD"],
    url: "/stream/:trackId",
    config,
    handler: (request, reply) => sendTrack(deps, desk, "stream", request, reply),
  });

  for (const url of ["/hls/:trackId/index.m3u8", "/hls/:trackId/:version/:kind/:name"]) {
    app.route({
      method: ["GET", "HEAD"],
      url,
      config,
      handler: (request, reply) => sendHls(deps, limit, request, reply),
    });
  }

  app.route({
    method: ["GET", "HEAD"],
    url: "/download/:trackId",
    config,
    handler: (request, reply) => sendTrack(deps, desk, "download", request, reply),
  });

  app.get("/cover/:trackId", async (request, reply) => {
    await countPicture(request, reply);
    const actor = requireActor(request);
    const trackId = trackIdOf(request);
    const cover = await openCover(deps, actor, trackId, requestedSize(request));
    if (!cover) throw new AppError("not_found", "This recording has no cover.");
    return sendPicture(request, reply, cover);
  });

  app.get("/waveform/:trackId", { config: { acceptsGuests: true } }, async (request, reply) => {
    await countPicture(request, reply);
    return sendWaveform(deps, request, reply);
  });
};

type Begun = RepeatsOptions["begun"];

interface Desk extends RepeatsOptions {
  readonly repeats: Repeats;
}

async function sendTrack(
  deps: Deps,
  { limit, begun, repeats }: Desk,
  use: Use,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { playable, key, signal } = await findListener(deps, request, reply, use);
  signal.throwIfAborted();
  const elsewhere = mayBeElsewhere(request, use) ? findElsewhere(deps, playable, signal) : null;
  if (elsewhere) {
    // Each time anew: the address is good for a few minutes, and whoever asks may not be any more.
    reply.headers({ location: elsewhere.href, "cache-control": "private, no-store" });
    return reply.code(302).send();
  }
  signal.addEventListener("abort", limit.enter(key), { once: true });

  const part = await openTrack(deps, playable, requestOf(request.raw), signal).catch(
    (error: unknown) => {
      // RFC 9110 §15.5.17: a 416 says how long the file is.
      if (error instanceof OutsideOfFile)
        reply.header("content-range", `bytes */${error.sizeBytes}`);
      // Who ended the link has said why.
      throw request.guest === null || signal.aborted ? error : withoutStorage(error);
    },
  );
  if (use === "download") reply.header("content-disposition", attachmentNamed(part.name));
  const { status, headers } = headOf(part);
  reply.code(status).headers(headers);
  if (part.content === null) return reply.code(304).send();
  if (part.content.body === null) return reply.send(null);
  const { actor } = request;
  if (use === "stream" && actor) {
    begun(actor, playable, part.range?.start ?? 0);
    repeats.admit({ request, reply, actor, playable, part });
  }
  return sendBytes(request, reply, part.content.body, signal);
}

/**
 * Guests come through us, so that a link that is taken back ends what they hear; and what is downloaded,
 * so that it has its name. `THROUGH_SERVER` is for who could not fetch it from where we said.
 */
const mayBeElsewhere = ({ method, guest, query }: FastifyRequest, use: Use): boolean =>
  method === "GET" &&
  use === "stream" &&
  guest === null &&
  (query as { direct?: unknown }).direct !== NOT_DIRECT;
