import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { WaveformAbsence } from "#contract/waveforms.ts";
import { requireActor } from "#server/base/actor.ts";
import { parseInput } from "#server/base/errors.ts";
import { checkConditions } from "#server/base/preconditions.ts";
import type { Deps } from "#server/deps.ts";
import { noSuchRecording, openLinkFirst } from "#server/shares/guests.ts";
import { toDat, toJson } from "#server/waveforms/formats.ts";
import { FINEST_SAMPLES } from "#server/waveforms/peaks.ts";
import { openWaveform, openWaveformOf } from "#server/waveforms/service.ts";
import { trackIdOf } from "./listeners.ts";
import { attachmentNamed } from "./media-type.ts";
import { findSharedPlayable } from "./store.ts";

const Query = z.object({
  /** Samples a pixel; the finest that there is, or the next wider power of two. */
  zoom: z.coerce
    .number()
    .int()
    .min(FINEST_SAMPLES)
    .max(1 << 24)
    .optional(),
  /** As a file to keep, of audiowaveform's formats. */
  format: z.enum(["dat", "json"]).optional(),
  /** The hash that the caller knows: then the answer may be kept for good. */
  v: z.string().optional(),
});

const SENTENCES: Readonly<Record<WaveformAbsence["reason"], string>> = {
  waiting: "The waveform of this recording is being made. Look again in a moment.",
  missing: "The file is not in its storage at the moment, so that no waveform can be made of it.",
  broken:
    "No waveform can be made of this file: it may be damaged. It is tried again when it changes.",
  unsupported:
    "This server cannot read this kind of file, so it has no waveform; with ffmpeg installed it can. It plays all the same.",
};
const AGAIN_SECONDS = 3;

/** For members of the band, and guests of a public link from when they have opened it. */
export async function sendWaveform(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { zoom, format, v } = parseInput(Query, request.query);
  const waveform = await openFor(deps, request);
  if (waveform.kind === "absent") return sendAbsence(reply, waveform.reason);
  const { hash, name } = waveform;
  const etag = `"${hash.slice(0, 32)}-${zoom ?? "all"}-${format ?? "dat"}"`;
  reply.headers({
    "cache-control": v === hash ? "private, max-age=2592000, immutable" : "private, no-cache",
    etag,
    "x-content-hash": hash,
  });
  const ifNoneMatch = request.headers["if-none-match"];
  if (checkConditions({ ifNoneMatch }, { etag, modifiedAt: null }) === "not_modified") {
    return reply.code(304).send();
  }
  const peaks = await waveform.peaks(zoom ?? (format ? FINEST_SAMPLES : null));
  if (format) reply.header("content-disposition", attachmentNamed(`${name}.${format}`));
  if (format === "json") return reply.type("application/json").send(toJson(peaks));
  return reply.type("application/octet-stream").send(toDat(peaks));
}

async function openFor(deps: Deps, request: FastifyRequest) {
  const { guest } = request;
  if (guest === null) return openWaveform(deps, requireActor(request), trackIdOf(request));
  const trackId = trackIdOf(request);
  const found = await findSharedPlayable(deps.db, guest, trackId);
  if (!found) throw openLinkFirst();
  if (!found.playable) throw noSuchRecording();
  return openWaveformOf(deps, trackId);
}

function sendAbsence(reply: FastifyReply, reason: WaveformAbsence["reason"]): FastifyReply {
  const isSoon = reason === "waiting";
  const absence: WaveformAbsence = {
    code: "not_found",
    message: SENTENCES[reason],
    reason,
    ...(isSoon ? { retryAfterSeconds: AGAIN_SECONDS } : {}),
  };
  if (isSoon) reply.header("retry-after", String(AGAIN_SECONDS));
  return reply.code(404).header("cache-control", "no-store").send(absence);
}
