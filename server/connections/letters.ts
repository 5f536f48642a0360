import type { Letter } from "#server/mail/letter.ts";

/** To the owners of a band, once, when a provider has ended our access. */
export const reconnectLetter = (name: string, connection: string, url: string): Letter => ({
  subject: `Reconnect ${connection}`,
  greeting: `Hello ${name},`,
  paragraphs: [
    `${connection} no longer accepts the access that Backline was given. It was taken back there, the password was changed, or the access had an end.`,
    "Your library, comments and playlists are kept. Recordings of this storage play again as soon as you reconnect it.",
  ],
  action: { label: "Reconnect", url },
  notes: [],
});
