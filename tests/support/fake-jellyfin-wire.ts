import type { FastifyReply, FastifyRequest } from "fastify";
import type { JellyfinProduct } from "#contract/jellyfin.ts";
import type { FileNode } from "./fault-tree.ts";

/** Each parameter with all its values. */
export type Query = ReadonlyMap<string, readonly string[]>;

/** Emby's lists have commas; at a Jellyfin the reference repeats the name. */
export function readQuery({ url }: FastifyRequest, product: JellyfinProduct): Query {
  const pairs = [...new URL(url, "http://localhost").searchParams];
  const values = pairs.flatMap(([name, value]): [string, string][] =>
    product === "emby" && name === "Fields"
      ? value.split(",").map((each): [string, string] => [name, each])
      : [[name, value]],
  );
  const grouped = Map.groupBy(values, ([name]) => name);
  return new Map([...grouped].map(([name, all]) => [name, all.map(([, value]) => value)]));
}

/** PhysicalFile of ASP.NET Core, with ranges. */
export function sendBytes(
  reply: FastifyReply,
  request: FastifyRequest,
  node: FileNode,
  product: JellyfinProduct,
) {
  const size = node.sizeBytes;
  reply.headers({
    "accept-ranges": "bytes",
    "last-modified": node.modifiedAt.toUTCString(),
    "content-type": "audio/mpeg",
    // What comes with a file is not said by Emby: one of its own, to see that nobody compares them.
    ...(product === "emby" ? { etag: `"bytes-${node.etag.slice(1)}` } : {}),
  });
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
  if (first === undefined || size === 0) {
    return reply.header("content-length", size).send(node.bytes(0, size - 1));
  }
  const [start, end] = [Number(first), Math.min(Number(last), size - 1)];
  if (start >= size) return reply.code(416).header("content-range", `bytes */${size}`).send();
  return reply
    .code(206)
    .headers({
      "content-range": `bytes ${start}-${end}/${size}`,
      "content-length": end - start + 1,
    })
    .send(node.bytes(start, end));
}
