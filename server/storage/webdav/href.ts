/** Refs that are longer or deeper are not listed; a folder that contains itself ends here. */
const MAX_REF_LENGTH = 4096;
const MAX_DEPTH = 100;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * A ref is the decoded path below the DAV root: parts joined by `/`, no slash at either end, `""`
 * for the root itself. It is kept as the server spelt it (a server that compares bytes would not
 * find a normalised name), and it is what people read as well.
 */
export function toUrl(root: URL, ref: string): URL {
  const path = ref.split("/").map(encodeURIComponent).join("/");
  return new URL(root.pathname + path, root);
}

/** The same for who asks for parts of one file again and again. Nobody may change what it returns. */
export function createLastUrl(root: URL): (ref: string) => URL {
  let last: { readonly ref: string; readonly url: URL } | undefined;
  return (ref) => {
    if (last?.ref !== ref) last = { ref, url: toUrl(root, ref) };
    return last.url;
  };
}

/** Apache sends whoever leaves the slash out to the address with one. */
export function toFolderUrl(root: URL, ref: string): URL {
  return ref === "" ? root : toUrl(root, `${ref}/`);
}

/** Whether a ref can only mean something below the root. Callers get refs from people too. */
export function isRef(ref: string): boolean {
  if (ref === "") return true;
  const parts = ref.split("/");
  return ref.length <= MAX_REF_LENGTH && parts.length <= MAX_DEPTH && parts.every(isName);
}

/**
 * Where an href of a listing is, below the root.
 *
 * Servers send absolute URLs or absolute paths, encode with upper- or lower-case hex or not at all
 * (`#` and `?` stand for themselves then), and normalise names; so decoded parts are compared, in
 * NFC. A `+` is a plus. The host may be written in another way than ours, but must be ours.
 *
 * @returns `null` for what is not below the root or is no name: another host, `..` however it is
 *   encoded, an encoded slash, NUL, text that is not UTF-8.
 */
export function toRef(root: URL, href: string): string | null {
  const path = toPath(root, href.trim());
  const parts = path === null ? null : toParts(path);
  if (parts === null) return null;
  const rootParts = toParts(root.pathname) ?? [];
  if (!rootParts.every((part, index) => isSame(part, parts[index]))) return null;
  const ref = parts.slice(rootParts.length).join("/");
  return isRef(ref) ? ref : null;
}

/** Whether two refs mean the same thing to a server that normalises names. */
export function isSameRef(one: string, other: string): boolean {
  return isSame(one, other);
}

const isSame = (one: string, other: string | undefined): boolean =>
  one === other || one.normalize("NFC") === other?.normalize("NFC");

/** The port is left out of the comparison: proxies pass a Host header without it. */
function toPath(root: URL, href: string): string | null {
  if (href.startsWith("/")) return href;
  const absolute = /^https?:\/\/([^/?#]*)(\/.*)?$/is.exec(href);
  if (!absolute) return null;
  const origin = `http://${absolute[1]}/`;
  if (!URL.canParse(origin) || new URL(origin).hostname !== root.hostname) return null;
  return absolute[2] ?? "/";
}

function toParts(path: string): string[] | null {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "") continue;
    const decoded = decodePart(part);
    if (decoded === null || !isName(decoded)) return null;
    parts.push(decoded);
  }
  return parts;
}

function decodePart(part: string): string | null {
  if (!part.includes("%")) return part;
  try {
    return decodeURIComponent(part);
  } catch {
    return decodeUnencoded(part);
  }
}

/** A `%` without two hex digits stands for itself: some servers do not encode it. */
function decodeUnencoded(part: string): string | null {
  try {
    return part.replace(/(?:%[0-9a-f]{2})+/gi, (run) =>
      utf8.decode(Buffer.from(run.replaceAll("%", ""), "hex")),
    );
  } catch {
    return null;
  }
}

const isName = (part: string): boolean =>
  part !== "" && part !== "." && part !== ".." && !part.includes("/") && !part.includes("\0");
