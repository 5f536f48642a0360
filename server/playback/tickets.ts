import { downloadPath, streamPath, waveformPath } from "#contract/playback.ts";
import type { AskTicket, MediaTicket } from "#contract/tickets.ts";
import { createTicket } from "#server/auth/tickets.ts";
import type { Actor } from "#server/base/actor.ts";
import type { Deps } from "#server/deps.ts";
import { getTrack } from "#server/library/service.ts";

const PATHS = {
  stream: streamPath,
  download: downloadPath,
  cover: (trackId) => `/cover/${trackId}`,
  waveform: waveformPath,
} satisfies Record<AskTicket["use"], typeof streamPath>;

/** @throws AppError `not_found` for a track that the actor can't play, whose ticket would open nothing. */
export async function giveTicket(
  deps: Pick<Deps, "db" | "sessionKeys">,
  actor: Actor,
  { trackId, use }: AskTicket,
): Promise<MediaTicket> {
  await getTrack(deps, actor, trackId);
  const path = PATHS[use](trackId);
  const { text, expiresAt } = await createTicket(deps, actor, path);
  return { path: `${path}?ticket=${text}`, expiresAt: expiresAt.toISOString() };
}
