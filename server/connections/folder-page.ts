import { extname } from "node:path";
import type { Page } from "#server/storage/provider.ts";

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
  page.entries.filter(
    (entry) => entry.kind === "file" && AUDIO.has(extname(entry.name).toLowerCase()),
  ).length;

/** From the top to this folder. A ref is its path in every storage that has folders by name. */
export function breadcrumbOf(
  top: string,
  folder: string | null,
): { ref: string | null; name: string }[] {
  const parts = folder === null || folder === "" ? [] : folder.split("/");
  return [
    { ref: null, name: top },
    ...parts.map((name, index) => ({ ref: parts.slice(0, index + 1).join("/"), name })),
  ];
}
