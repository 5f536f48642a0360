import { z } from "zod";
import type { ProviderId } from "#contract/connections.ts";
import { type BandId, ConnectionId } from "#contract/ids.ts";
import { noteEvent } from "#server/audit/service.ts";
import { type Tx, write } from "#server/base/db.ts";
import { defineJob } from "#server/base/jobs.ts";
import type { Deps } from "#server/deps.ts";
import { sendLetter } from "#server/mail/service.ts";
import { reconnectLetter } from "./letters.ts";
import { listOwners } from "./renewal-store.ts";
import { findConnectionById } from "./store.ts";

/** A process without keys was refused by a storage, and can write to nobody. */
export const refusalMet = defineJob(
  "connections.refused",
  z.object({ connectionId: ConnectionId }),
);

/** Unless somebody has reconnected it meanwhile. */
export const tellOwnersOf = (
  deps: Pick<Deps, "config" | "db" | "jobs" | "now" | "vault">,
  connectionId: ConnectionId,
): Promise<void> =>
  write(deps, async (tx) => {
    const row = await findConnectionById(deps.db, connectionId);
    if (row?.health === "needs_reconnect") await tellOwners(deps, tx, row);
  });

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
