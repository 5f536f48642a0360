import type { Track } from "#contract/library.ts";
import { useIsOwner } from "../frame/band.ts";
import { useConnections } from "../storage/connections.ts";
import { deleting } from "../words/deleting.ts";

/**
 * What deleting a recording is called.
 *
 * @returns `null` for who may not, and where its storage does not allow it.
 */
export function useDeletable(
  track: Pick<Track, "bandId" | "connectionId" | "state">,
): string | null {
  const isOwner = useIsOwner();
  const { data: connections = [] } = useConnections(track.bandId);
  if (!isOwner) return null;
  if (track.state === "missing") return deleting.leaveLibrary;
  const storage = connections.find((each) => each.id === track.connectionId);
  return storage?.deleting === "on" && storage.health !== "paused" ? deleting.deleteFile : null;
}
