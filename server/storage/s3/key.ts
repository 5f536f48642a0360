import { encodeAws } from "./sigv4.ts";

/** In UTF-8. @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
const MAX_KEY_BYTES = 1024;

/**
 * Whether an object of this key can be asked for. S3 allows more: no address leads to a key with
 * `.` or `..` as a part, because everybody on the way takes them for folders.
 */
export function isKey(key: string): boolean {
  return (
    key !== "" &&
    key.isWellFormed() &&
    !key.includes("\0") &&
    Buffer.byteLength(key) <= MAX_KEY_BYTES &&
    !key.split("/").some((part) => part === "." || part === "..")
  );
}

/** `prefix/` as the ref `prefix`. One that begins with `/` stays whole: `/` would be nothing else. */
export const toFolderRef = (prefix: string): string =>
  prefix.startsWith("/") ? prefix : prefix.slice(0, -1);

/** @returns `undefined` for what is no folder's ref. */
export function findPrefix(ref: string): string | undefined {
  const isRooted = ref.startsWith("/");
  if (isRooted && !ref.endsWith("/")) return undefined;
  const prefix = isRooted ? ref : `${ref}/`;
  return isKey(prefix) ? prefix : undefined;
}

/** For people: S3 has names that are empty (`Live//take 1.mp3`). */
export const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1) || "/";

/** A key as it stands in an address; its slashes stay. */
export const encodeKey = (key: string): string => key.split("/").map(encodeAws).join("/");
