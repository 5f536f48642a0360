import type { TrackId } from "#contract/ids.ts";
import { downloadPath, hlsPath, streamPath, waveformPath } from "#contract/playback.ts";
import type { AskTicket, MediaTicket } from "#contract/tickets.ts";
import { createTicket } from "#server/auth/tickets.ts";
import type { Actor } from "#server/base/actor.ts";
import type { Deps } from "#server/deps.ts";
import { getTrack } from "#server/library/service.ts";

const PATHS = {
  stream: streamPath,
  hls: (trackId) => hlsPath(trackId),
  download: downloadPath,
  cover: (trackId) => `/cover/${trackId}`,
  waveform: waveformPath,
} satisfies Record<AskTicket["use"], (trackId: TrackId) => string>;

const hlsObject = (trackId: TrackId): string => `/hls/${trackId}`;

/** @throws AppError `not_found` for a track that the actor can't play, whose ticket would open nothing. */
export async function giveTicket(
  deps: Pick<Deps, "db" | "sessionKeys">,
  actor: Actor,
  { trackId, use }: AskTicket,
): Promise<MediaTicket> {
  await getTrack(deps, actor, trackId);
  const path = PATHS[use](trackId);
  const object = use === "hls" ? hlsObject(trackId) : path;
  const { text, expiresAt } = await createTicket(deps, actor, object);
  return { path: `${path}?ticket=${text}`, expiresAt: expiresAt.toISOString() };
}
