import { once } from "node:events";
import { closeSync, openSync, readFileSync, readSync, writeSync } from "node:fs";
import { mkdtemp, open, rm } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Exchange, World } from "./fault-world.ts";

/** Bytes that were sent, on the disk, so that long ones take no memory. */
export interface Kept {
  readonly path: string;
  readonly sizeBytes: number;
}

const METHODS = ["PUT", "MKCOL", "MOVE", "DELETE"];
const COPY_BYTES = 1024 * 1024;

/** @returns true for what changes something: it is answered here then. */
export async function sendWriting(exchange: Exchange): Promise<boolean> {
  const { request, response, pathname, path, world } = exchange;
  if (isChunked(exchange)) {
    await sendChunked(exchange, pathname.split("/uploads/")[1]?.split("/").slice(1) ?? []);
    return true;
  }
  if (path === null || !METHODS.includes(request.method ?? "")) return false;
  switch (request.method) {
    case "PUT":
      await putFile(exchange, path);
      break;
    case "MKCOL":
      end(response, makeFolder(world, path));
      break;
    case "MOVE":
      end(response, moveNode(exchange, path));
      break;
    default:
      end(response, removeNode(world, path));
  }
  return true;
}

const end = (response: ServerResponse, status: number): void => {
  response.writeHead(status).end();
};

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));
const hasParent = (world: World, path: string): boolean =>
  world.tree.find(parentOf(path))?.kind === "folder";

async function putFile(exchange: Exchange, path: string): Promise<void> {
  const { request, response, world } = exchange;
  const before = world.tree.find(path);
  // As the reference has it: a Nextcloud says 404 of a missing parent, Apache 409.
  if (!hasParent(world, path)) return end(response, world.persona === "nextcloud" ? 404 : 409);
  if (before && request.headers["if-none-match"] === "*") return end(response, 412);
  const wanted = request.headers["if-match"];
  if (wanted && wanted !== before?.etag) return end(response, 412);
  const kept = await keepBody(exchange);
  if (!kept) return;
  world.tree.put(path, kept);
  end(response, before ? 204 : 201);
}

function makeFolder(world: World, path: string): number {
  if (world.tree.find(path)) return 405;
  if (!hasParent(world, path)) return 409;
  world.tree.mkdir(path);
  return 201;
}

/** Where the header points, in the tree. */
function findDestination({ request, world }: Exchange): string {
  const { pathname } = new URL(String(request.headers.destination), "http://127.0.0.1");
  return decodeURIComponent(pathname.slice(world.davPath.length));
}

function moveNode(exchange: Exchange, path: string): number {
  const { request, world } = exchange;
  const to = findDestination(exchange);
  if (!world.tree.find(path)) return 404;
  if (!hasParent(world, to)) return 409;
  if (world.tree.find(to) && request.headers.overwrite === "F") return 412;
  world.tree.move(path, to);
  return 201;
}

function removeNode(world: World, path: string): number {
  if (!world.tree.find(path)) return 404;
  world.tree.remove(path);
  return 204;
}

const isChunked = ({ pathname, world }: Exchange): boolean =>
  world.persona === "nextcloud" && pathname.includes(`/dav/uploads/${world.owner}/`);

/** Chunked upload v2: MKCOL of a folder, PUT of chunks, MOVE of `.file`. */
async function sendChunked(exchange: Exchange, [id = "", name = ""]: string[]): Promise<void> {
  const { request, response, world } = exchange;
  const chunks = world.uploads.get(id);
  if (!request.headers.destination && request.method !== "PROPFIND") return end(response, 400);
  if (request.method === "MKCOL") {
    if (!hasParent(world, findDestination(exchange))) return end(response, 404);
    if (chunks) return end(response, 405);
    world.uploads.set(id, new Map());
    return end(response, 201);
  }
  if (!chunks) return end(response, 404);
  switch (request.method) {
    case "PUT":
      return putChunk(exchange, chunks, name);
    case "MOVE":
      return end(response, await joinChunks(exchange, id, chunks));
    case "DELETE":
      world.uploads.delete(id);
      return end(response, 204);
    default:
      return end(response, 207);
  }
}

async function putChunk(
  exchange: Exchange,
  chunks: Map<string, Kept>,
  name: string,
): Promise<void> {
  if (!/^\d{1,5}$/.test(name)) return end(exchange.response, 400);
  const kept = await keepBody(exchange);
  if (!kept) return;
  chunks.set(name, kept);
  end(exchange.response, 201);
}

async function joinChunks(
  exchange: Exchange,
  id: string,
  chunks: Map<string, Kept>,
): Promise<number> {
  const { request, world } = exchange;
  const to = findDestination(exchange);
  if (!hasParent(world, to)) return 404;
  if (world.tree.find(to) && request.headers.overwrite === "F") return 412;
  const inOrder = [...chunks].toSorted(([a], [b]) => Number(a) - Number(b)).map(([, kept]) => kept);
  const sizeBytes = inOrder.reduce((sum, kept) => sum + kept.sizeBytes, 0);
  if (sizeBytes !== Number(request.headers["oc-total-length"])) return 400;
  const path = await createFile(world);
  const file = openSync(path, "w");
  for (const kept of inOrder) {
    for (let start = 0; start < kept.sizeBytes; start += COPY_BYTES) {
      writeSync(file, readKept(kept, start, Math.min(start + COPY_BYTES, kept.sizeBytes) - 1));
    }
  }
  closeSync(file);
  world.uploads.delete(id);
  world.tree.put(to, { path, sizeBytes });
  return 201;
}

/** @returns `undefined` when it has been answered already, or nobody is there any more. */
async function keepBody(exchange: Exchange): Promise<Kept | undefined> {
  const { request, response, world } = exchange;
  const length = Number(request.headers["content-length"] ?? Number.NaN);
  const { availableBytes } = world.quota;
  if (availableBytes !== null && availableBytes >= 0 && length > availableBytes) {
    request.resume();
    return void end(response, 507);
  }
  const path = await createFile(world);
  world.arrivals.add(request);
  const sizeBytes = await writeBody(exchange, path).catch(() => null);
  world.arrivals.delete(request);
  if (sizeBytes === null) return undefined;
  if (Number.isNaN(length) || sizeBytes === length) return { path, sizeBytes };
  return void end(response, 400);
}

async function writeBody({ request, fault }: Exchange, path: string): Promise<number> {
  const { cutAfterBytes = Infinity, stallAfterBytes = Infinity } = fault;
  const handle = await open(path, "w");
  let sizeBytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      await handle.write(chunk);
      sizeBytes += chunk.length;
      if (sizeBytes > cutAfterBytes) request.destroy();
      if (sizeBytes > stallAfterBytes) await once(request, "close");
    }
  } finally {
    await handle.close();
  }
  return sizeBytes;
}

let files = 0;

async function createFile(world: World): Promise<string> {
  world.disk ??= await mkdtemp(join(tmpdir(), "backline-fault-"));
  files += 1;
  return join(world.disk, String(files));
}

export const removeDisk = ({ disk }: World): Promise<void> =>
  disk === null ? Promise.resolve() : rm(disk, { recursive: true, force: true });

/** Both inclusive. */
export function readKept({ path, sizeBytes }: Kept, start: number, last: number): Buffer {
  if (start === 0 && last === sizeBytes - 1) return readFileSync(path);
  const bytes = Buffer.alloc(last - start + 1);
  const file = openSync(path, "r");
  const read = readSync(file, bytes, 0, bytes.length, start);
  closeSync(file);
  return bytes.subarray(0, read);
}
