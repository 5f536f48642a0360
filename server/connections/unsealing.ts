import type { SealedPlace, Vault } from "#server/base/vault.ts";

interface Unsealed {
  readonly sealed: string;
  readonly plaintext: string;
}

const MAX_KEPT = 1_000;

/** What was opened last in each place. */
const keptBy = new WeakMap<Vault, Map<string, Unsealed>>();

/**
 * Opens what a row holds, as `Vault.open` does. The many ranges of a song ask for the same again and
 * again, and opening costs more than finding the row, so the last of each row is kept. It is used
 * only for the very same sealed text in the same place, and the caller has just read that text: it
 * never outlives a new credential.
 */
export function unseal(vault: Vault, sealed: string, place: SealedPlace): string {
  const kept = keptBy.get(vault) ?? new Map<string, Unsealed>();
  keptBy.set(vault, kept);
  const where = [place.table, place.column, place.rowId, place.ownerId].join(" ");
  const known = kept.get(where);
  if (known?.sealed === sealed) return known.plaintext;

  const plaintext = vault.open(sealed, place);
  kept.delete(where);
  kept.set(where, { sealed, plaintext });
  const [oldest] = kept.keys();
  if (oldest !== undefined && kept.size > MAX_KEPT) kept.delete(oldest);
  return plaintext;
}
