import { randomBytes } from "node:crypto";
import { type Answer, json } from "./fake-service.ts";
import { createTree, type Tree, type TreeNode } from "./fake-tree.ts";

/**
 * The files of a stand-in for OneDrive, as https://learn.microsoft.com/graph/api says of v1.0:
 *
 * - `children` (driveitem-list-children): pages with `$top`, the next one by `@odata.nextLink`, which
 *   counts for its own folder only (400 else); a file has an empty list, because only folders and
 *   packages can have children.
 * - `driveItem` (resources/driveitem): `cTag` is another one when the content is, `eTag` also when the
 *   metadata is; folders of OneDrive for Business have no `cTag`. `$select` leaves everything else out.
 * - `remoteItem` (resources/remoteitem): what lies in another drive has no facet of its own. Its
 *   `driveId` comes without the zeros before it, in another case than elsewhere: not published, but
 *   https://github.com/OneDrive/onedrive-api-docs/issues/1890 and 1902.
 * - `content` (driveitem-get-content): 302 to an address on another host that is good for a short time;
 *   a `Range` belongs there and not here.
 * - errors: https://learn.microsoft.com/graph/errors, 404 `itemNotFound`, 400 `invalidRequest`.
 *
 * OneDrive does not take some of the names that the suite has; ids are the only address here, so the
 * stand-in takes them all.
 */
export const GRAPH_ROOT = "0D8EBBD13A055121!sea8cc6beffdb43d7976fbc7da445c639";
export const OWN_DRIVE = "0d8ebbd13a055121";
const FOLDER = "folder";

export const createGraphTree = (): Tree =>
  createTree({
    root: GRAPH_ROOT,
    folder: FOLDER,
    shortcut: "shortcut",
    newId: (driveId) =>
      `${(driveId ?? OWN_DRIVE).toUpperCase()}!s${randomBytes(16).toString("hex")}`,
    newDriveId: () => `0${randomBytes(8).toString("hex").slice(1)}`,
  });

export interface GraphLimits {
  readonly url: string;
  /** No page is longer, whatever is asked for. */
  readonly pageSize: number;
  /** Makes an address that gives a file's bytes. */
  addressOf(node: TreeNode): string;
}

/** @param path - behind `/v1.0/`. */
export function answerGraph(
  tree: Tree,
  path: string,
  query: URLSearchParams,
  hasRange: boolean,
  limits: GraphLimits,
): Answer {
  const asked = parsePath(path);
  if (!asked) return toGraphError(400, "invalidRequest");
  const { driveId, itemId, verb } = asked;
  const id = itemId === "root" ? GRAPH_ROOT : itemId;
  const node = tree.nodes.get(id);
  const isThere = id === GRAPH_ROOT ? driveId === null : isIn(tree, node, driveId);
  if (!isThere) return toGraphError(404, "itemNotFound");
  if (verb === "children") return list(tree, id, path, query, limits);
  if (!node) return json({ id: GRAPH_ROOT, name: "root", folder: {}, root: {} });
  if (verb !== "content") return json(select(toItem(node), query));
  if (hasRange || !node.bytes) return toGraphError(400, "invalidRequest");
  return { status: 302, headers: { location: limits.addressOf(node) } };
}

export const toGraphError = (
  status: number,
  code: string,
  headers: Readonly<Record<string, string>> = {},
): Answer => {
  const said = { code, message: "AADSTS canary-graph-message", innerError: { code: "canary" } };
  const answer = json({ error: said }, status);
  return { ...answer, headers: { ...answer.headers, ...headers } };
};

function parsePath(path: string) {
  const match =
    /^(?:me\/drive|drives\/([^/]+))\/(?:items\/([^/]+)|(root))(?:\/(children|content))?$/.exec(
      path,
    );
  if (!match) return null;
  const [, drive = null, item, root, verb = null] = match;
  const driveId = drive && decodeURIComponent(drive).toLowerCase();
  return {
    driveId: driveId === OWN_DRIVE ? null : driveId,
    itemId: decodeURIComponent(item ?? root ?? ""),
    verb,
  };
}

/** Not what is in the bin, nor below it. */
function isIn(tree: Tree, node: TreeNode | undefined, driveId: string | null): node is TreeNode {
  if (!node || node.isTrashed || node.driveId !== driveId) return false;
  const parent = tree.nodes.get(node.parentId);
  return !parent || isIn(tree, parent, driveId);
}

function list(
  tree: Tree,
  id: string,
  path: string,
  query: URLSearchParams,
  { url, pageSize }: GraphLimits,
): Answer {
  const token = query.get("$skiptoken");
  const [from = "0", of] =
    token === null ? [] : Buffer.from(token, "base64url").toString().split("|");
  if (token !== null && of !== id) return toGraphError(400, "invalidRequest");
  const start = Number(from);
  const limit = Math.min(Number(query.get("$top") ?? 200), pageSize);
  const found = tree.childrenOf(id);
  const value = found
    .slice(start, start + limit)
    .map((node) => select(node.target ? toRemote(node, node.target) : toItem(node), query));
  if (start + limit >= found.length) return json({ value });
  const next = new URLSearchParams(query);
  next.set("$skiptoken", Buffer.from(`${start + limit}|${id}`).toString("base64url"));
  return json({ value, "@odata.nextLink": `${url}/v1.0/${path}?${next}` });
}

/** Without `$select` everything is answered, an address of the bytes too, which is left out here. */
export function select(
  item: Record<string, unknown>,
  query: URLSearchParams,
): Record<string, unknown> {
  const fields = query.get("$select")?.split(",");
  if (!fields) return item;
  return Object.fromEntries(Object.entries(item).filter(([name]) => fields.includes(name)));
}

const moment = (node: TreeNode): string => node.modifiedAt.toISOString();

function facetOf(node: TreeNode): Record<string, unknown> {
  if (node.mimeType === FOLDER) return { folder: { childCount: 0 } };
  if (node.mimeType === "package") return { package: { type: "oneNote" } };
  return { file: { mimeType: node.mimeType } };
}

function toItem(node: TreeNode): Record<string, unknown> {
  const guid = node.id.split("!")[1];
  return {
    id: node.id,
    name: node.name,
    size: node.bytes?.length ?? 0,
    eTag: `"{${guid}},${node.version}${node.name}"`,
    ...(node.bytes ? { cTag: `"c:{${guid}},${node.version}"` } : {}),
    // Of the item: it moves with a new name, too.
    lastModifiedDateTime: new Date().toISOString(),
    fileSystemInfo: { lastModifiedDateTime: moment(node) },
    parentReference: { driveId: node.driveId ?? OWN_DRIVE, id: node.parentId },
    ...facetOf(node),
  };
}

function toRemote(node: TreeNode, target: TreeNode): Record<string, unknown> {
  const driveId = (target.driveId ?? OWN_DRIVE).replace(/^0+/, "").toUpperCase();
  return {
    id: node.id,
    name: node.name,
    size: target.bytes?.length ?? 0,
    lastModifiedDateTime: moment(node),
    remoteItem: {
      id: target.id,
      size: target.bytes?.length ?? 0,
      parentReference: { driveId, driveType: "personal", id: target.parentId },
      ...facetOf(target),
    },
  };
}
