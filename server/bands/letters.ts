import type { Letter } from "#server/mail/letter.ts";

/** To everybody who was in it, but for who removed it. */
export const bandRemovedLetter = (
  name: string,
  { band, remover }: { readonly band: string; readonly remover: string },
  url: string,
): Letter => ({
  subject: `${band} was removed`,
  greeting: `Hello ${name},`,
  paragraphs: [
    `${remover}, who owned ${band}, has removed it. Its library is gone from Backline, for you as for everybody in it, and cannot be brought back. The access to its storages that was kept here is destroyed.`,
    "The recordings themselves were not touched: they lie in the storages where they lay before. Your account, your own library and your other bands stay as they are.",
    "To hear here again what lies in a storage of yours, connect that storage to your own library. For the rest, ask whoever it belongs to.",
  ],
  action: { label: "Open Backline", url },
  notes: [],
});
