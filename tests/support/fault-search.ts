import { text } from "node:stream/consumers";
import { encodeName } from "./fault-dav.ts";
import type { Node } from "./fault-tree.ts";
import type { Exchange } from "./fault-world.ts";

export const isSearch = ({ request, pathname, world }: Exchange): boolean =>
  request.method === "SEARCH" && pathname === `${world.basePath}/remote.php/dav/`;

/**
 * SEARCH as a Nextcloud 33 does it, as far as we ask: files in a folder of the account, at any depth,
 * whose type is like a literal; a scope that is not the account's finds nothing.
 *
 * @see https://docs.nextcloud.com/server/latest/developer_manual/client_apis/WebDAV/search.html
 */
export function sendSearch(exchange: Exchange, uid: string): true {
  void text(exchange.request).then((body) => answer(exchange, uid, body));
  return true;
}

function answer({ response, world }: Exchange, uid: string, body: string): void {
  const scope = tagOf(body, "href") ?? "";
  const literal = tagOf(body, "literal") ?? "";
  if (tagOf(body, "depth") !== "infinity" || !literal.endsWith("%")) {
    response.writeHead(400).end();
    return;
  }
  const most = Number(tagOf(body, "nresults") ?? Number.POSITIVE_INFINITY);
  const own = `/files/${encodeURIComponent(uid)}`;
  const isOwn = scope === own || scope.startsWith(`${own}/`);
  const below = isOwn ? decodeURIComponent(scope.slice(own.length + 1)) : null;
  const top = below === null ? undefined : world.tree.find(below);
  const base = `${world.basePath}/remote.php/dav${scope}`;
  const hrefs = top ? [...filesOf(top, base, literal.slice(0, -1))].slice(0, most) : [];
  const found = hrefs.map(
    (href) =>
      `<d:response><d:href>${href}</d:href><d:propstat><d:prop><d:getcontenttype>audio/mpeg</d:getcontenttype></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>`,
  );
  response.writeHead(207, { "content-type": "application/xml; charset=utf-8" });
  response.end(
    `<?xml version="1.0"?>\n<d:multistatus xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns" xmlns:oc="http://owncloud.org/ns">${found.join("")}</d:multistatus>`,
  );
}

const tagOf = (body: string, name: string): string | undefined =>
  new RegExp(`<d:${name}>([^<]*)</d:${name}>`).exec(body)?.[1];

function* filesOf(node: Node, href: string, type: string): Generator<string> {
  if (node.kind === "file") {
    if (node.contentType.startsWith(type)) yield href;
    return;
  }
  for (const [name, child] of node.children) {
    yield* filesOf(child, `${href}/${encodeName(name, "nextcloud")}`, type);
  }
}
