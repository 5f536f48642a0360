import { extname } from "node:path";

/** What browsers and players call these, whatever a storage calls them. */
const TYPES: Readonly<Record<string, string>> = {
  ".aac": "audio/aac",
  ".aif": "audio/aiff",
  ".aiff": "audio/aiff",
  ".alac": "audio/mp4",
  ".flac": "audio/flac",
  ".m4a": "audio/mp4",
  ".m4b": "audio/mp4",
  ".mp3": "audio/mpeg",
  ".oga": "audio/ogg",
  ".ogg": "audio/ogg",
  ".opus": "audio/ogg",
  ".wav": "audio/wav",
  ".wma": "audio/x-ms-wma",
};

/** Never a type that a browser would run: what is not audio by its name is only bytes. */
export const mediaTypeOf = (name: string): string =>
  TYPES[extname(name).toLowerCase()] ?? "application/octet-stream";

/**
 * A `Content-Disposition` that saves under the right name in every script.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6266#appendix-D
 */
export function attachmentNamed(name: string): string {
  const ascii = name.normalize("NFKD").replaceAll(/[^\x20-\x7e]|["\\%/]/g, "_");
  const encoded = encodeURIComponent(name.toWellFormed()).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
