import { formatDuration, plural } from "./format.ts";

export const playlists = {
  title: "Playlists",
  list: "Playlists of this band",
  failed: "The playlists can’t be shown at the moment",
  empty: {
    title: "No playlists yet",
    text: "A playlist has recordings of the library in the order that you like: a set list, the takes to choose from, the songs to learn.",
    forListeners: "Editors and owners of this band make them.",
  },
  create: "New playlist",
  name: "Name",
  submit: "Make playlist",
  facts: (items: number, durationMs: number) =>
    [plural(items, "recording"), durationMs > 0 ? formatDuration(durationMs) : ""]
      .filter(Boolean)
      .join(" · "),
  by: (name: string) => `by ${name}`,
  more: (name: string) => `More for ${name}`,
  rename: "Rename…",
  renameTitle: "Rename playlist",
  save: "Save",
  export: "Export as M3U8",
  import: "Import M3U…",
  remove: "Delete playlist…",
  removeTitle: (name: string) => `Delete “${name}”?`,
  removeTexts: ["Its recordings stay in the library. Nobody can bring the list back."],
  removeConfirm: "Delete playlist",
  removed: (name: string) => `“${name}” was deleted.`,
  nothing: "Nothing is in it yet. Add recordings from their menu in the library.",
  items: "Recordings in their order",
  play: "Play",
  back: "Playlists",
  position: (at: number) => `Place ${at}`,
  moreForItem: (title: string) => `More for ${title} in this playlist`,
  up: "Move up",
  down: "Move down",
  top: "Move to the top",
  take: "Take out of the playlist",
  moved: (title: string, at: number) => `${title} is at place ${at} now.`,
  taken: (title: string) => `“${title}” is no longer in the playlist.`,
  showMore: "Show more",
  add: "Add to playlist…",
  addTitle: (tracks: string) => `Add ${tracks} to a playlist`,
  added: (tracks: string, name: string) => `Added ${tracks} to ${name}.`,
  orNew: "Or make a new one",
  imported: (found: number, unknown: number) =>
    unknown === 0
      ? `${plural(found, "recording")} imported.`
      : `${plural(found, "recording")} imported; ${plural(unknown, "line")} of the file mean nothing in this library.`,
};
