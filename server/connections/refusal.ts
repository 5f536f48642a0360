import type { ProviderId } from "#contract/connections.ts";
import type { BandId, ConnectionId } from "#contract/ids.ts";
import { noteEvent } from "#server/audit/service.ts";
import type { Tx } from "#server/base/db.ts";
import type { Deps } from "#server/deps.ts";
import { sendLetter } from "#server/mail/service.ts";
import { reconnectLetter } from "./letters.ts";
import { listOwners } from "./renewal-store.ts";

/**
 * A storage does not take our access any more: its owners get a mail and a line in the audit. In the
 * transaction that marks it, so that each time it happens is told once.
 */
export async function tellOwners(
  deps: Pick<Deps, "config" | "jobs" | "now" | "vault">,
  tx: Tx,
  { id, bandId, provider }: { id: ConnectionId; bandId: BandId; provider: ProviderId },
): Promise<void> {
  const url = new URL(`/b/${bandId}/storage/${id}/reconnect`, deps.config.http.publicUrl).href;
  for (const { userId, email, name, connection } of await listOwners(tx, id)) {
    const letter = reconnectLetter(name, connection, url);
    // Somebody who signs in through a media server may have none.
    if (email !== null) await sendLetter(deps, tx, "reconnect", email, letter);
    await noteEvent(deps, tx, {
      action: "connection.refused",
      actorId: null,
      subjectId: userId,
      bandId,
      details: { providers: [provider] },
    });
  }
}
