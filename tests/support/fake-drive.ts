import { createHash, randomBytes } from "node:crypto";
import { type Answer, answerBytes, json } from "./fake-service.ts";
import { createTree, type Tree, type TreeNode } from "./fake-tree.ts";

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
export const FOLDER = "application/vnd.google-apps.folder";
export const ROOT = "0AroootOfAnna";

export const createDriveTree = (): Tree =>
  createTree({
    root: ROOT,
    folder: FOLDER,
    shortcut: "application/vnd.google-apps.shortcut",
    newId: () => `1${randomBytes(16).toString("base64url")}`,
    newDriveId: () => `0A${randomBytes(8).toString("hex")}`,
  });

const MY_DRIVE: TreeNode = {
  ...{ id: ROOT, name: "My Drive", mimeType: FOLDER, parentId: "", bytes: null, version: 0 },
  ...{ driveId: null, target: null, isTrashed: false, modifiedAt: new Date(0) },
};

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
  if (id === "root") return json(toFile(MY_DRIVE, fieldsOf(query)));
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

function toFile(node: TreeNode, fields: readonly string[]): Record<string, unknown> {
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

function download({ bytes, mimeType }: TreeNode, range: string): Answer {
  if (!bytes) return toError(403, "fileNotDownloadable");
  return answerBytes(bytes, mimeType, range) ?? toError(416, "requestedRangeNotSatisfiable");
}

const md5 = (bytes: Buffer): string => createHash("md5").update(bytes).digest("hex");

/** @see https://developers.google.com/workspace/drive/api/guides/handle-errors */
export const toError = (status: number, reason: string): Answer =>
  json({ error: { code: status, message: "No.", errors: [{ domain: "global", reason }] } }, status);

const notFound = (): Answer => toError(404, "notFound");
