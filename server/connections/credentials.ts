import type { BandId, ConnectionId } from "#contract/ids.ts";
import { defineSealedColumn } from "#server/base/sealed-column.ts";
import type { Deps } from "#server/deps.ts";
import { unseal } from "./unsealing.ts";

export interface SealedConnection {
  readonly id: ConnectionId;
  readonly bandId: BandId;
  readonly sealedCredential: string;
}

/** Where a credential belongs; it opens nowhere else. */
export const sealedCredentials = defineSealedColumn({
  table: "connections",
  column: "sealed_credential",
  reads: { id: "id", bandId: "band_id" },
  place: ({ id, bandId }) => ({ rowId: id, ownerId: bandId }),
});

export const credentialPlace = (id: ConnectionId, bandId: BandId) =>
  sealedCredentials.placeOf({ id, bandId });

/** For providers alone, which parse it. */
export const openCredential = (deps: Pick<Deps, "vault">, row: SealedConnection): unknown =>
  JSON.parse(unseal(deps.vault, row.sealedCredential, credentialPlace(row.id, row.bandId)));

export const sealCredential = (
  deps: Pick<Deps, "vault">,
  { id, bandId }: Pick<SealedConnection, "id" | "bandId">,
  credential: unknown,
): string => deps.vault.seal(JSON.stringify(credential), credentialPlace(id, bandId));
