import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { createTicket } from "#server/auth/tickets.ts";
import { AppError, parseInput } from "#server/base/errors.ts";
import type { Deps } from "#server/deps.ts";
import { KINDS, type Kind } from "#server/transcoding/kinds.ts";
import { mediaPlaylist, multivariantPlaylist } from "#server/transcoding/playlists.ts";
import type { Recording, Transcoding } from "#server/transcoding/service.ts";
import type { OpenSource } from "#server/transcoding/source-server.ts";
import { withoutStorage } from "./failures.ts";
import { findListener, type Listener } from "./listeners.ts";
import { openTrack } from "./service.ts";
import type { Playable } from "./store.ts";
import type { StreamLimit } from "./stream-limit.ts";

const LIST_TYPE = "application/vnd.apple.mpegurl";
const LIST_CACHE = "private, max-age=60";
const SEGMENT_TYPE = "audio/mp4";
/** Another version of the file has other addresses. */
const SEGMENT_CACHE = "private, max-age=2592000, immutable";
/** A list names every segment: with one of a length that is made up it would fill the memory. */
const LONGEST_MS = 24 * 60 * 60 * 1000;
/** Who pauses for as long as it plays can still go on. */
const TICKET_SECONDS = 300;

const Query = z.object({
  codec: z.enum(["aac", "opus"]).default("aac"),
  quality: z.enum(["high", "low"]).optional(),
  ticket: z.string().optional(),
  share: z.string().optional(),
});
const Params = z.object({
  version: z.string().optional(),
  kind: z.string().optional(),
  name: z.string().optional(),
});

/** What stands below a recording's address. */
type Asked =
  | { readonly part: "index" }
  | { readonly part: "list" | "init"; readonly version: string; readonly kind: Kind }
  | {
      readonly part: "segment";
      readonly version: string;
      readonly kind: Kind;
      readonly index: number;
    };

interface Answer {
  readonly type: string;
  readonly cache: string;
  /** `null`: it is not made for who does not want it. */
  readonly body: string | Buffer | null;
}

/** A recording in segments, for whoever may have its stream. */
export async function sendHls(
  deps: Deps,
  limit: StreamLimit,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const listener = await findListener(deps, request, reply, "stream");
  const { signal, key } = listener;
  signal.throwIfAborted();
  signal.addEventListener("abort", limit.enter(key), { once: true });
  const { transcoding } = deps;
  if (!transcoding) throw isOff();
  try {
    const { type, cache, body } = await answer({ ...deps, transcoding }, request, listener);
    signal.throwIfAborted();
    return reply.headers({ "content-type": type, "cache-control": cache }).send(body);
  } catch (error) {
    throw request.guest === null || signal.aborted ? error : withoutStorage(error);
  }
}

type HlsDeps = Deps & { readonly transcoding: Transcoding };

async function answer(
  deps: HlsDeps,
  request: FastifyRequest,
  { playable, key, signal }: Listener,
): Promise<Answer> {
  const { transcoding } = deps;
  const asked = parseAsked(request, transcoding);
  if (!asked) throw noSuchPart();
  const recording = await openRecording(deps, playable, signal);
  const { version, durationMs } = recording;
  if (asked.part !== "index" && asked.version !== version) throw isOtherVersion();
  switch (asked.part) {
    case "index": {
      const { codec, quality, ...query } = parseInput(Query, request.query);
      const offers = transcoding.offers.filter(
        (each) => each.codec === codec && (quality === undefined || each.kind.startsWith(quality)),
      );
      if (offers.length === 0) throw noSuchPart();
      return toList(multivariantPlaylist(version, offers, toQuery(query)));
    }
    case "list":
      return toList(mediaPlaylist(durationMs, await queryForSegments(deps, request, recording)));
    case "init":
      return toSegment(transcoding.init(asked.kind));
    case "segment": {
      if (!transcoding.has(recording, asked.index)) throw noSuchPart();
      if (request.method === "HEAD") return toSegment(null);
      return toSegment(await transcoding.segment(recording, asked, key, signal));
    }
  }
}

function parseAsked({ params }: FastifyRequest, { offers }: Transcoding): Asked | undefined {
  const { version, kind: wanted, name: file = "" } = parseInput(Params, params);
  if (version === undefined) return { part: "index" };
  const kind = KINDS.find((each) => each === wanted);
  if (!kind || !offers.some((each) => each.kind === kind)) return undefined;
  if (file === "list.m3u8") return { part: "list", version, kind };
  if (file === "init.mp4") return { part: "init", version, kind };
  const [, index] = /^(0|[1-9]\d{0,5})\.m4s$/.exec(file) ?? [];
  return index === undefined ? undefined : { part: "segment", version, kind, index: Number(index) };
}

async function openRecording(
  deps: HlsDeps,
  playable: Playable,
  signal: AbortSignal,
): Promise<Recording> {
  const { track, connection } = playable;
  const { etag, modifiedAt, sizeBytes } = await openTrack(
    deps,
    playable,
    { wantsBytes: false },
    signal,
  );
  if (track.durationMs === null || track.durationMs === 0) throw hasNoLength();
  if (track.durationMs > LONGEST_MS) throw isTooLong();
  const open: OpenSource = async (range, until) => {
    const part = await openTrack(deps, playable, { wantsBytes: true, range }, until);
    const body = part.content?.body ?? null;
    if (part.etag === etag && part.sizeBytes === sizeBytes) return { ...part, body };
    body?.destroy();
    throw isOtherVersion();
  };
  const facts = { etag, modifiedAt, sizeBytes, durationMs: track.durationMs };
  return {
    bandId: connection.bandId,
    trackId: track.id,
    version: deps.transcoding.versionOf(facts),
    durationMs: track.durationMs,
    open,
  };
}

/** A ticket of five minutes begins a song, and one that it gives goes on with it. */
async function queryForSegments(
  deps: HlsDeps,
  request: FastifyRequest,
  { trackId, version, durationMs }: Recording,
): Promise<string> {
  const { share, ticket } = parseInput(Query, request.query);
  if (ticket === undefined || !request.actor) return toQuery({ share });
  const kind = parseAsked(request, deps.transcoding);
  const folder = kind?.part === "list" ? kind.kind : "";
  const seconds = TICKET_SECONDS + Math.ceil((2 * durationMs) / 1000);
  const object = `/hls/${trackId}/${version}/${folder}`;
  return toQuery({ ticket: (await createTicket(deps, request.actor, object, seconds)).text });
}

function toQuery(values: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(values).filter(
    (each): each is [string, string] => each[1] !== undefined,
  );
  return given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
}

const toList = (body: string): Answer => ({ type: LIST_TYPE, cache: LIST_CACHE, body });
const toSegment = (body: Answer["body"]): Answer => ({
  type: SEGMENT_TYPE,
  cache: SEGMENT_CACHE,
  body,
});

const isOff = (): AppError =>
  new AppError(
    "not_found",
    "This server sends recordings only as they are. Whoever runs it can switch HLS_STREAMING on.",
  );

const noSuchPart = (): AppError =>
  new AppError("not_found", "The recording has no such part. Open it again from its list.");

const hasNoLength = (): AppError =>
  new AppError(
    "not_found",
    "How long this recording is could not be read from its file, so that it plays only as it is.",
  );

const isTooLong = (): AppError =>
  new AppError(
    "not_found",
    "This recording is said to be longer than a day, so that it plays only as it is.",
  );

const isOtherVersion = (): AppError =>
  new AppError("not_found", "The file of this recording has changed. Open it again.");
