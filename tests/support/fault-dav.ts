import type { ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { readUid } from "./fault-nextcloud.ts";
import type { Fault } from "./fault-server.ts";
import type { FileNode, Node } from "./fault-tree.ts";
import type { Exchange } from "./fault-world.ts";
import { sendWriting } from "./fault-writing.ts";

const CHUNK_BYTES = 65_536;
const MADE_UP_BATCH = 500;

/** A WebDAV server as far as we need one: OPTIONS, PROPFIND Depth 0 and 1, GET, HEAD, and changes. */
export async function sendDav(exchange: Exchange): Promise<void> {
  const { request, response, path, world } = exchange;
  if (world.persona === "plain" && readUid(world, request.headers.authorization) === null) {
    response.setHeader("www-authenticate", 'Basic realm="Files"');
    return sendText(response, 401, "Sign in first.");
  }
  if (await sendWriting(exchange)) return;
  const node = path === null ? undefined : world.tree.find(path);
  if (path === null || !node) return sendText(response, 404, "Not here.");
  switch (request.method) {
    case "OPTIONS":
      response.writeHead(200, { dav: "1, 3", allow: "OPTIONS, GET, HEAD, PROPFIND" });
      response.end();
      return;
    case "PROPFIND":
      return sendListing(exchange, path, node);
    case "GET":
    case "HEAD":
      return sendFile(exchange, node);
    default:
      return sendText(response, 405, "Only reading here.");
  }
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain" });
  response.end(text);
}

async function sendListing(exchange: Exchange, path: string, node: Node): Promise<void> {
  const { request, response, pathname, fault, world } = exchange;
  const base = pathname.replace(/\/$/, "");
  const isDeep = request.headers.depth !== "0" && node.kind === "folder";
  const children = isDeep ? [...node.children] : [];
  const entries = [
    toResponse(exchange, node, node.kind === "folder" ? `${base}/` : base, path === ""),
    ...children.map(([name, child]) => {
      const href = `${base}/${encodeName(name, world.persona)}`;
      return toResponse(exchange, child, child.kind === "folder" ? `${href}/` : href, false);
    }),
  ];
  const open = `<?xml version="1.0" encoding="utf-8"?>\n<d:multistatus xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns" xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.org/ns">`;
  const close = "</d:multistatus>";
  const rewrite = fault.rewriteXml ?? ((xml: string) => xml);

  response.writeHead(207, { "content-type": "application/xml; charset=utf-8" });
  if (!fault.madeUpEntries) {
    const xml = Buffer.from(rewrite(`${open}${entries.join("")}${close}`));
    return sendBytes(response, (start, end) => xml.subarray(start, end + 1), 0, xml.length, fault);
  }
  response.write(`${open}${entries.join("")}`);
  for (let made = 0; made < fault.madeUpEntries && !response.destroyed; made += MADE_UP_BATCH) {
    const count = Math.min(MADE_UP_BATCH, fault.madeUpEntries - made);
    const batch = Array.from({ length: count }, (_, index) => madeUp(base, made + index));
    if (!response.write(batch.join(""))) await drained(response);
  }
  response.end(close);
}

/** A Nextcloud writes `%c3%b6` where others write `%C3%B6`. */
export const encodeName = (name: string, persona: "plain" | "nextcloud"): string =>
  persona === "plain"
    ? encodeURIComponent(name)
    : encodeURIComponent(name).replace(/%../g, (hex) => hex.toLowerCase());

const madeUp = (base: string, number: number): string =>
  `<d:response><d:href>${base}/made-up-${number}.mp3</d:href><d:propstat><d:prop><d:resourcetype/><d:getcontentlength>1000</d:getcontentlength><d:getetag>&quot;${number}&quot;</d:getetag></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>`;

/** Properties that are missing stand empty in a second propstat with status 404, as sabre/dav does. */
function toResponse(exchange: Exchange, node: Node, href: string, isTop: boolean): string {
  const isNextcloud = exchange.world.persona === "nextcloud";
  const etag = toEtag(node.etag, exchange.fault);
  const hasEtag = etag !== null && (node.kind === "file" || isNextcloud);
  const found = [
    `<d:getlastmodified>${node.modifiedAt.toUTCString()}</d:getlastmodified>`,
    kindProps(node),
    hasEtag ? `<d:getetag>${etag.replaceAll('"', "&quot;")}</d:getetag>` : "",
    isNextcloud ? nextcloudProps(node, isTop) : "",
    node.kind === "folder" ? quotaProps(exchange.world.quota) : "",
  ];
  const missing =
    node.kind === "folder" ? "<d:getcontentlength/><d:getcontenttype/>" : "<d:quota-used-bytes/>";
  return `<d:response><d:href>${href}</d:href><d:propstat><d:prop>${found.join("")}</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat><d:propstat><d:prop>${missing}</d:prop><d:status>HTTP/1.1 404 Not Found</d:status></d:propstat></d:response>`;
}

const quotaProps = ({ usedBytes, availableBytes }: Exchange["world"]["quota"]): string =>
  (usedBytes === null ? "" : `<d:quota-used-bytes>${usedBytes}</d:quota-used-bytes>`) +
  (availableBytes === null
    ? ""
    : `<d:quota-available-bytes>${availableBytes}</d:quota-available-bytes>`);

const kindProps = (node: Node): string =>
  node.kind === "folder"
    ? "<d:resourcetype><d:collection/></d:resourcetype>"
    : `<d:resourcetype/><d:getcontentlength>${node.sizeBytes}</d:getcontentlength><d:getcontenttype>${node.contentType}</d:getcontenttype>`;

function nextcloudProps(node: Node, isTop: boolean): string {
  const folderSize = isTop ? -3 : 0;
  const size = node.kind === "file" ? node.sizeBytes : folderSize;
  const permissions = node.kind === "folder" ? "RGDNVCK" : "RGDNVW";
  const id = `${String(node.fileId).padStart(8, "0")}oc1lewxicsh8`;
  return `<oc:fileid>${node.fileId}</oc:fileid><oc:id>${id}</oc:id><oc:permissions>${permissions}</oc:permissions><oc:size>${size}</oc:size>`;
}

let answers = 0;

function toEtag(etag: string, { etag: mode = "right" }: Fault): string | null {
  answers += 1;
  switch (mode) {
    case "right":
      return etag;
    case "weak":
      return `W/${etag}`;
    case "none":
      return null;
    case "changing":
      return `"changed-${answers}"`;
    case "unquoted":
      return etag.slice(1, -1);
  }
}

async function sendFile(exchange: Exchange, node: Node): Promise<void> {
  const { request, response, fault } = exchange;
  if (node.kind === "folder") {
    response.writeHead(200, { "content-type": "text/html; charset=UTF-8", "content-length": 0 });
    return void response.end();
  }
  const isHead = request.method === "HEAD";
  if (isHead && request.headers.range) return sendText(response, 500, "TypeError in CorePlugin");
  const range = fault.ignoreRange ? null : readRange(request.headers.range, node.sizeBytes);
  if (range === "unsatisfiable") return sendUnsatisfiable(exchange, node);
  const rightLength = range ? range.end - range.start + 1 : node.sizeBytes;
  const length = rightLength + (fault.extraBytes ?? 0);
  response.writeHead(range ? 206 : 200, fileHeaders(node, range, length, fault));
  if (isHead) return void response.end();
  const from = (range?.start ?? 0) + (fault.shiftBytes ?? 0);
  await sendBytes(response, padded(node), from, length, fault);
}

/** A Nextcloud does not say the size here. */
function sendUnsatisfiable({ response, world }: Exchange, node: FileNode): void {
  const isPlain = world.persona === "plain";
  response.writeHead(416, isPlain ? { "content-range": `bytes */${node.sizeBytes}` } : {});
  response.end();
}

function fileHeaders(
  node: FileNode,
  range: { start: number; end: number } | null,
  length: number,
  fault: Fault,
): Record<string, string | number> {
  const etag = toEtag(node.etag, fault);
  const right = range ? `bytes ${range.start}-${range.end}/${node.sizeBytes}` : null;
  const contentRange = fault.contentRange === undefined ? right : fault.contentRange;
  return {
    "content-type": node.contentType,
    "last-modified": node.modifiedAt.toUTCString(),
    ...(etag === null ? {} : { etag }),
    ...(contentRange === null ? {} : { "content-range": contentRange }),
    ...(fault.chunked ? {} : { "content-length": length }),
    "content-disposition": "attachment",
    ...fault.headers,
  };
}

/** Beyond the end of a file there is something too, for answers that are too long. */
function padded(node: FileNode): (start: number, end: number) => Buffer {
  return (start, end) => {
    if (end < node.sizeBytes) return node.bytes(start, end);
    const inside = start < node.sizeBytes ? node.bytes(start, node.sizeBytes - 1) : Buffer.alloc(0);
    return Buffer.concat([inside, Buffer.alloc(end - start + 1 - inside.length, 0xee)]);
  };
}

function readRange(
  header: string | undefined,
  sizeBytes: number,
): { start: number; end: number } | "unsatisfiable" | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (!match || sizeBytes === 0 || (match[1] === "" && match[2] === "")) return null;
  const start = match[1] === "" ? Math.max(0, sizeBytes - Number(match[2])) : Number(match[1]);
  if (start >= sizeBytes) return "unsatisfiable";
  const asked = match[1] === "" || match[2] === "" ? sizeBytes - 1 : Number(match[2]);
  return { start, end: Math.min(asked, sizeBytes - 1) };
}

/** Sends `length` bytes from `from` on, as fast as they are taken and as badly as told. */
async function sendBytes(
  response: ServerResponse,
  bytes: (start: number, end: number) => Buffer,
  from: number,
  length: number,
  fault: Fault,
): Promise<void> {
  const chunkBytes = Math.min(fault.bytesPerSecond ?? CHUNK_BYTES, CHUNK_BYTES);
  const stopAt = Math.min(length, fault.cutAfterBytes ?? length, fault.stallAfterBytes ?? length);
  response.flushHeaders();
  for (let sent = 0; sent < stopAt && !response.destroyed; ) {
    const count = Math.min(chunkBytes, stopAt - sent);
    const [start, end] = [from + sent, from + sent + count - 1];
    const isTaken = response.write(bytes(start, end));
    fault.noteSent?.(start, end);
    sent += count;
    if (fault.bytesPerSecond) await delay((1000 * count) / fault.bytesPerSecond);
    else if (!isTaken) await drained(response);
  }
  await endBody(response, stopAt < length, fault);
}

/** The wait before a cut lets the other end have what was sent, so that it sees the right prefix. */
async function endBody(response: ServerResponse, isCut: boolean, fault: Fault): Promise<void> {
  if (!isCut) return void response.end();
  if (fault.cutAfterBytes === undefined) return;
  await delay(10);
  response.socket?.destroy();
}

/** Until the other end has taken what was written, or has gone. */
const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const go = (): void => {
      response.off("drain", go).off("close", go);
      resolve();
    };
    if (response.destroyed) resolve();
    else response.on("drain", go).on("close", go);
  });
