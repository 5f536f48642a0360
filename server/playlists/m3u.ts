import type { Track } from "#contract/library.ts";

type Written = Pick<Track, "title" | "artist" | "durationMs" | "path">;

/** What one line of a file names, as people would read it and in parts. */
export interface Named {
  readonly line: string;
  /** From the outermost folder to the file; `null` for what can be nothing in a library. */
  readonly parts: readonly string[] | null;
}

/**
 * A playlist as other programs read it: extended M3U in UTF-8, with paths as they are below the top of
 * their storage, so that it works beside a copy of it.
 */
export function writeM3u(name: string, tracks: readonly Written[]): string {
  const lines = ["#EXTM3U", `#PLAYLIST:${onOneLine(name)}`];
  for (const { title, artist, durationMs, path } of tracks) {
    const seconds = durationMs === null ? -1 : Math.round(durationMs / 1000);
    const called = artist === null ? title : `${artist} - ${title}`;
    lines.push(`#EXTINF:${seconds},${onOneLine(called)}`, toLine(path));
  }
  return `${lines.join("\n")}\n`;
}

/** What begins like a comment would be read as one. */
function toLine(path: string): string {
  const line = onOneLine(path);
  return line.startsWith("#") ? `./${line}` : line;
}

const onOneLine = (text: string): string => text.replaceAll(/[\r\n]+/g, " ");

/** What a file names, in its order. Comments and what extends M3U are left out. */
export function readM3u(text: string): Named[] {
  return text
    .replace(/^\ufeff/, "")
    .split(/\r\n|[\r\n]/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => ({ line, parts: toParts(line) }));
}

/** Addresses elsewhere mean nothing here, nor do paths that go up. */
function toParts(line: string): string[] | null {
  const path = toPath(line);
  if (path === null || path.includes("\0")) return null;
  const parts = path
    .normalize("NFC")
    .split("/")
    .filter((part) => part !== "" && part !== ".");
  return parts.length === 0 || parts.includes("..") ? null : parts;
}

function toPath(line: string): string | null {
  const file = /^file:\/\/[^/]*(\/.*)$/i.exec(line);
  if (file) return decode(file[1] ?? "");
  if (/^[a-z][a-z\d+.-]+:/i.test(line)) return null;
  // Other systems write `C:\Music\Live\take.mp3`.
  const isWindows = /^[a-z]:/i.test(line) || !line.includes("/");
  return isWindows ? line.replace(/^[a-z]:/i, "").replaceAll("\\", "/") : line;
}

function decode(path: string): string | null {
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}
