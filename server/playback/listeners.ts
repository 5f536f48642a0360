import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { TrackId, type UserId } from "#contract/ids.ts";
import { requireActor } from "#server/base/actor.ts";
import { whenClosed } from "#server/base/closing.ts";
import { AppError, parseInput } from "#server/base/errors.ts";
import type { Deps } from "#server/deps.ts";
import { listTopicOf } from "#server/shares/content.ts";
import { endWithShare } from "#server/shares/ending.ts";
import { noSuchRecording, openLinkFirst } from "#server/shares/guests.ts";
import { requirePlayable } from "./service.ts";
import { findPlayable, findSharedPlayable, type Playable } from "./store.ts";

/** Who asks for a recording's bytes, and may have them. */
export interface Listener {
  readonly playable: Playable;
  /** What their open recordings are counted by. */
  readonly key: string;
  /** Aborted when the answer is over, or they may not have it any more. */
  readonly signal: AbortSignal;
}

export type Use = "stream" | "download";

/**
 * A member of the band, or the guest of a public link.
 *
 * @throws AppError `unauthenticated`; `not_found`; `forbidden` for what the link does not allow.
 */
export const findListener = (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  use: Use,
): Promise<Listener> =>
  request.guest === null
    ? findMember(request)
    : findGuest(deps, request.guest, whenClosed(reply), trackIdOf(request), use);

/** Where the recording is, for `readAhead`. */
export const readPlayable = async (
  deps: Pick<Deps, "db">,
  request: FastifyRequest,
  userId: UserId,
): Promise<Playable | undefined> => findPlayable(deps.db, userId, trackIdOf(request));

const Params = z.object({ trackId: TrackId });

/** @throws AppError `invalid_input` */
export const trackIdOf = ({ params }: FastifyRequest): TrackId =>
  parseInput(Params, params).trackId;

/** Nobody is told more than that they are nobody. */
async function findMember(request: FastifyRequest): Promise<Listener> {
  const actor = requireActor(request);
  // Who cannot be told of the session's end gets nothing.
  const signal = request.over ?? AbortSignal.abort();
  signal.throwIfAborted();
  return {
    playable: requirePlayable(actor, await (request.ahead as ReturnType<typeof readPlayable>)),
    key: actor.userId,
    signal,
  };
}

async function findGuest(
  deps: Deps,
  guest: NonNullable<FastifyRequest["guest"]>,
  answer: AbortController,
  trackId: TrackId,
  use: Use,
): Promise<Listener> {
  // Before the link is read, so that no end of it falls in between.
  const { signal, endAfter, endWithList } = endWithShare(
    deps,
    { guest, trackId, isDownload: use === "download" },
    answer,
  );
  const found = await findSharedPlayable(deps.db, guest, trackId);
  signal.throwIfAborted();
  if (!found) throw openLinkFirst();
  const { playable, canDownload, hasBegun, msLeft } = found;
  if (!playable) throw noSuchRecording();
  if (use === "download" && !canDownload) throw onlyListening();
  if (!hasBegun) throw beginFirst();
  endAfter(msLeft);
  endWithList(listTopicOf(found));
  return { playable, key: guest.guestHash ?? "", signal };
}

const onlyListening = (): AppError =>
  new AppError("forbidden", "With this link the recording can be heard, but not downloaded.");

const beginFirst = (): AppError =>
  new AppError("forbidden", "Open the link's page and press play: each listen is counted once.");
