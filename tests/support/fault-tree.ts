import { createHash } from "node:crypto";
import { type Kept, readKept } from "./fault-writing.ts";

/**
 * What a file holds: its bytes, those of a file on the disk, or only a size, for files that are made up
 * while they are sent.
 */
export type Content = Buffer | string | Kept | { readonly sizeBytes: number };

export interface FileNode {
  readonly kind: "file";
  readonly fileId: number;
  sizeBytes: number;
  /** Both inclusive. */
  bytes(start: number, end: number): Buffer;
  /** With quotes. */
  etag: string;
  modifiedAt: Date;
  contentType: string;
}

export interface FolderNode {
  readonly kind: "folder";
  readonly fileId: number;
  readonly children: Map<string, Node>;
  etag: string;
  modifiedAt: Date;
}

export type Node = FileNode | FolderNode;

/** Paths are decoded, parts joined by `/`, from the top of the storage; `""` is the top. */
export interface Tree {
  readonly top: FolderNode;
  find(path: string): Node | undefined;
  /** Makes a file or replaces what it holds (its id stays); folders on the way are made too. */
  put(path: string, content: Content, file?: { contentType?: string; modifiedAt?: Date }): void;
  mkdir(path: string): void;
  remove(path: string): void;
  /** Rename or move: the id and a file's etag stay, as they do in a Nextcloud. */
  move(from: string, to: string): void;
  /** The same bytes with a new etag and time. */
  touch(path: string): void;
  /** Makes `path` the very folder that `target` is: with a parent as target, a cycle without end. */
  link(path: string, target: string): void;
}

/** The byte at a position of a file that was put by its size alone: found again at any offset. */
export function generatedBytes(start: number, end: number): Buffer {
  const bytes = Buffer.allocUnsafe(end - start + 1);
  for (let index = 0; index < bytes.length; index += 1) {
    const position = start + index;
    bytes[index] = (position ^ (position >>> 8) ^ Math.floor(position / 65_536)) & 0xff;
  }
  return bytes;
}

/** A change gives every folder above it one new etag, as a Nextcloud does. */
export function createTree(): Tree {
  let lastId = 50;
  let lastChange = 0;

  const nextId = (): number => {
    lastId += 1;
    return lastId;
  };
  const nextEtag = (): string => {
    lastChange += 1;
    return `"${createHash("md5").update(String(lastChange)).digest("hex")}"`;
  };
  const createFolder = (): FolderNode => ({
    kind: "folder",
    fileId: nextId(),
    children: new Map(),
    etag: nextEtag(),
    modifiedAt: new Date(),
  });
  const top = createFolder();

  const find = (path: string): Node | undefined => {
    let node: Node | undefined = top;
    for (const part of parts(path)) {
      node = node?.kind === "folder" ? node.children.get(part) : undefined;
    }
    return node;
  };
  const openFolder = (path: string): FolderNode => {
    let folder = top;
    for (const part of parts(path)) {
      const next = folder.children.get(part) ?? createFolder();
      if (next.kind === "file") throw new Error(`${path} is below a file.`);
      folder.children.set(part, next);
      folder = next;
    }
    return folder;
  };
  const bumpAbove = (path: string): void => {
    const etag = nextEtag();
    const above = parts(path);
    while (above.length > 0) {
      above.pop();
      const folder = find(above.join("/"));
      if (folder) folder.etag = etag;
    }
  };
  const require = (path: string): Node => {
    const node = find(path);
    if (!node) throw new Error(`There is no ${path}.`);
    return node;
  };
  const place = (path: string, node: Node): void => {
    openFolder(parentOf(path)).children.set(nameOf(path), node);
    bumpAbove(path);
  };

  return {
    top,
    find,
    put(path, content, { contentType, modifiedAt } = {}) {
      const before = find(path);
      place(path, {
        kind: "file",
        fileId: before?.fileId ?? nextId(),
        ...toBytes(content),
        etag: nextEtag(),
        modifiedAt: modifiedAt ?? new Date(),
        contentType: contentType ?? guessType(path),
      });
    },
    mkdir(path) {
      openFolder(path);
      bumpAbove(path);
    },
    remove(path) {
      require(path);
      openFolder(parentOf(path)).children.delete(nameOf(path));
      bumpAbove(path);
    },
    move(from, to) {
      const node = require(from);
      openFolder(parentOf(from)).children.delete(nameOf(from));
      bumpAbove(from);
      place(to, node);
    },
    touch(path) {
      const node = require(path);
      node.etag = nextEtag();
      node.modifiedAt = new Date();
      bumpAbove(path);
    },
    link(path, target) {
      place(path, require(target));
    },
  };
}

const parts = (path: string): string[] => path.split("/").filter((part) => part !== "");
const nameOf = (path: string): string => parts(path).at(-1) ?? "";
const parentOf = (path: string): string => parts(path).slice(0, -1).join("/");

function toBytes(content: Content): Pick<FileNode, "sizeBytes" | "bytes"> {
  if (typeof content === "object" && !Buffer.isBuffer(content)) {
    const { sizeBytes } = content;
    if (!("path" in content)) return { sizeBytes, bytes: generatedBytes };
    return { sizeBytes, bytes: (start, end) => readKept(content, start, end) };
  }
  const all = Buffer.from(content);
  return { sizeBytes: all.length, bytes: (start, end) => all.subarray(start, end + 1) };
}

const types: Readonly<Record<string, string>> = {
  mp3: "audio/mpeg",
  flac: "audio/flac",
  ogg: "audio/ogg",
  wav: "audio/x-wav",
  txt: "text/plain",
  html: "text/html",
};

const guessType = (path: string): string =>
  types[path.split(".").at(-1)?.toLowerCase() ?? ""] ?? "application/octet-stream";

/** The paths of all files. */
export const filesOf = (folder: FolderNode, above = ""): string[] =>
  [...folder.children].flatMap(([name, node]) =>
    node.kind === "file" ? [above + name] : filesOf(node, `${above}${name}/`),
  );
