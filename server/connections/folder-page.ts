import { extname } from "node:path";
import type { Page, Step } from "#server/storage/stored.ts";

/** Enough to tell a folder of music from a folder of invoices; the scan knows better. */
const AUDIO = new Set(
  ".aac .aif .aiff .alac .flac .m4a .m4b .mp3 .oga .ogg .opus .wav .wma".split(" "),
);

const byName = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

export const foldersOf = (page: Page): { ref: string; name: string }[] =>
  page.entries
    .filter((entry) => entry.kind === "folder")
    .map(({ ref, name }) => ({ ref, name }))
    .sort((left, right) => byName.compare(left.name, right.name));

export const audioFilesOf = (page: Page): number =>
  page.entries.filter((entry) => entry.kind === "file" && isAudioName(entry.name)).length;

export const isAudioName = (name: string): boolean => AUDIO.has(extname(name).toLowerCase());

/** From below the top to this folder. A ref is its path in every storage that has folders by name. */
export function trailOf(page: Page, folder: string | null): readonly Step[] {
  if (page.trail) return page.trail;
  const parts = folder === null || folder === "" ? [] : folder.split("/");
  return parts.map((name, index) => ({ ref: parts.slice(0, index + 1).join("/"), name }));
}

/** As people read it. */
export const pathOf = (page: Page, folder: string | null): string =>
  trailOf(page, folder)
    .map(({ name }) => name)
    .join("/");
