import { createHash, randomBytes } from "node:crypto";

/**
 * The files of a stand-in for Google Drive, as https://developers.google.com/workspace/drive/api says:
 *
 * - `files.list` (reference/rest/v3/files/list): `q` is required to be understood, `fields` says what is
 *   answered, `pageToken` counts for the same `q` only (400 `invalid` else), `corpora=drive` needs
 *   `driveId`; shared drives show nothing without `includeItemsFromAllDrives` and `supportsAllDrives`.
 * - `files.get` (reference/rest/v3/files/get), 404 `notFound` for what is not there.
 * - Shortcuts (guides/shortcuts): `shortcutDetails`, no bytes of their own.
 * - Downloads (guides/manage-downloads): `alt=media` with `Range`; 403 `fileNotDownloadable` for what
 *   has no bytes; no validator among the headers.
 */
export interface DriveNode {
  readonly id: string;
  name: string;
  readonly mimeType: string;
  parentId: string;
  bytes: Buffer | null;
  driveId: string | null;
  readonly target: DriveNode | null;
  isTrashed: boolean;
  modifiedAt: Date;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | number>>;
  readonly body?: string | Buffer;
}

export const FOLDER = "application/vnd.google-apps.folder";
const SHORTCUT = "application/vnd.google-apps.shortcut";
export const ROOT = "0AroootOfAnna";

export type Tree = ReturnType<typeof createTree>;

export function createTree() {
  const nodes = new Map<string, DriveNode>();
  const drives = new Map<string, string>();
  const add = (node: Partial<DriveNode> & Pick<DriveNode, "name" | "parentId">): DriveNode => {
    const parent = nodes.get(node.parentId);
    const made: DriveNode = {
      id: `1${randomBytes(16).toString("base64url")}`,
      mimeType: "audio/mpeg",
      bytes: null,
      driveId: drives.has(node.parentId) ? node.parentId : (parent?.driveId ?? null),
      target: null,
      isTrashed: false,
      modifiedAt: new Date(),
      ...node,
    };
    nodes.set(made.id, made);
    return made;
  };
  const childrenOf = (parentId: string) =>
    [...nodes.values()].filter((node) => node.parentId === parentId && !node.isTrashed);
  const find = (path: string, from = ROOT): DriveNode | undefined =>
    path
      .split("/")
      .reduce<DriveNode | undefined>(
        (parent, name, depth) =>
          depth > 0 && !parent
            ? undefined
            : childrenOf(parent?.id ?? from).find((node) => node.name === name),
        undefined,
      );
  const mkdir = (path: string, from = ROOT): string =>
    path
      .split("/")
      .filter(Boolean)
      .reduce(
        (parentId, name) =>
          (
            childrenOf(parentId).find((node) => node.name === name) ??
            add({ name, parentId, mimeType: FOLDER })
          ).id,
        from,
      );
  const split = (path: string): [string, string] => {
    const at = path.lastIndexOf("/");
    return [path.slice(0, Math.max(at, 0)), path.slice(at + 1)];
  };
  return {
    nodes,
    drives,
    add,
    find,
    mkdir,
    childrenOf,
    put(path: string, bytes: Buffer | string, from = ROOT): DriveNode {
      const [folder, name] = split(path);
      const known = find(path, from);
      const node = known ?? add({ name, parentId: mkdir(folder, from) });
      return Object.assign(node, { bytes: Buffer.from(bytes), modifiedAt: new Date() });
    },
    link: (name: string, target: DriveNode, parentId = ROOT) =>
      add({ name, parentId, target, mimeType: SHORTCUT }),
    addDrive(name: string): string {
      const id = `0A${randomBytes(8).toString("hex")}`;
      drives.set(id, name);
      nodes.set(id, {
        ...{ id, name: "Drive", mimeType: FOLDER, parentId: "", bytes: null, driveId: id },
        ...{ target: null, isTrashed: false, modifiedAt: new Date() },
      });
      return id;
    },
    rename(from: string, to: string): void {
      const [folder, name] = split(to);
      Object.assign(find(from) ?? {}, { name, parentId: mkdir(folder) });
    },
  };
}

/** @param pageSize - no page is longer, whatever is asked for. */
export function answerFiles(
  tree: Tree,
  path: string,
  query: URLSearchParams,
  range: string,
  pageSize: number,
): Answer {
  if (path === "drives") {
    const drives = [...tree.drives].map(([id, name]) => ({ id, name }));
    return json({ drives });
  }
  if (path === "files") return list(tree, query, pageSize);
  const id = path.slice("files/".length);
  const node = tree.nodes.get(id);
  if (!node || (node.driveId && query.get("supportsAllDrives") !== "true")) return notFound();
  return query.get("alt") === "media" ? download(node, range) : json(toFile(node, fieldsOf(query)));
}

function list(tree: Tree, query: URLSearchParams, pageSize: number): Answer {
  const q = query.get("q") ?? "";
  const [, asked] = /^'([\w-]+)' in parents and trashed = false$/.exec(q) ?? [];
  if (!asked) return toError(400, "invalid");
  const parentId = asked === "root" ? ROOT : asked;
  if (parentId !== ROOT && !tree.nodes.has(parentId)) return notFound();
  const seesAll = query.get("includeItemsFromAllDrives") === "true";
  const driveId = query.get("corpora") === "drive" ? query.get("driveId") : null;
  const found = tree
    .childrenOf(parentId)
    .filter((node) =>
      node.driveId === null ? driveId === null : seesAll && node.driveId === driveId,
    );
  const token = query.get("pageToken");
  const [from = "0", of] =
    token === null ? [] : Buffer.from(token, "base64url").toString().split("|");
  if (token !== null && of !== parentId) return toError(400, "invalid");
  const start = Number(from);
  const limit = Math.min(Number(query.get("pageSize") ?? 100), pageSize);
  const files = found.slice(start, start + limit).map((node) => toFile(node, fieldsOf(query)));
  const isLast = start + limit >= found.length;
  const next = Buffer.from(`${start + limit}|${parentId}`).toString("base64url");
  return json({ files, ...(isLast ? {} : { nextPageToken: next }) });
}

/** Of `nextPageToken,files(id,…)` or `id,…`. Without, Google answers `kind,id,name,mimeType` alone. */
function fieldsOf(query: URLSearchParams): readonly string[] {
  const given = query.get("fields") ?? "id,name,mimeType";
  const inside = /files\((.*)\)$/.exec(given)?.[1] ?? given;
  return inside.replace(/\([^)]*\)/g, "").split(",");
}

function toFile(node: DriveNode, fields: readonly string[]): Record<string, unknown> {
  const { id, name, mimeType, bytes, driveId, target } = node;
  const all: Record<string, unknown> = {
    ...{ id, name, mimeType, trashed: node.isTrashed, modifiedTime: node.modifiedAt.toISOString() },
    ...(driveId ? { driveId } : {}),
    ...(bytes ? { size: String(bytes.length), md5Checksum: md5(bytes) } : {}),
    ...(target
      ? { shortcutDetails: { targetId: target.id, targetMimeType: target.mimeType } }
      : {}),
  };
  return Object.fromEntries(Object.entries(all).filter(([name]) => fields.includes(name)));
}

function download({ bytes, mimeType }: DriveNode, range: string): Answer {
  if (!bytes) return toError(403, "fileNotDownloadable");
  const said = { "content-type": mimeType };
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
  if (first === undefined) return { status: 200, headers: said, body: bytes };
  const [start, end] = [Number(first), Math.min(Number(last), bytes.length - 1)];
  if (start >= bytes.length) return toError(416, "requestedRangeNotSatisfiable");
  const contentRange = `bytes ${start}-${end}/${bytes.length}`;
  return {
    status: 206,
    headers: { ...said, "content-range": contentRange },
    body: bytes.subarray(start, end + 1),
  };
}

const md5 = (bytes: Buffer): string => createHash("md5").update(bytes).digest("hex");

export const json = (value: unknown, status = 200): Answer => ({
  status,
  headers: { "content-type": "application/json; charset=UTF-8" },
  body: JSON.stringify(value),
});

/** @see https://developers.google.com/workspace/drive/api/guides/handle-errors */
export const toError = (status: number, reason: string): Answer =>
  json({ error: { code: status, message: "No.", errors: [{ domain: "global", reason }] } }, status);

const notFound = (): Answer => toError(404, "notFound");
