import type { Readable } from "node:stream";
import type { StoredFile } from "#server/storage/stored.ts";
import {
  type Finish,
  nameLost,
  nameTaken,
  toHiddenName,
  type Writing,
} from "#server/storage/writing.ts";
import { createChunkDepot } from "./chunks.ts";
import {
  type Depot,
  findFile,
  join,
  makeFolders,
  Session,
  toBodyHeaders,
  type WritableDav,
} from "./depot.ts";
import { toUrl } from "./href.ts";

/**
 * New files of a WebDAV server: one request for a whole file, or chunks where there is such a thing,
 * and then a move to its name that overwrites nothing.
 */
export function createWriting(server: WritableDav): Writing {
  const depot = server.isNextcloud ? createChunkDepot(server) : createFileDepot(server);
  return {
    maxBytes: null,
    partBytes: depot.partBytes,
    plan: ({ root, folders, name, sizeBytes }, id) => {
      const above = folders.map((_, index) => join(root ?? "", ...folders.slice(0, index + 1)));
      const folder = above.at(-1) ?? root ?? "";
      return { folder, above, hiddenName: toHiddenName(id), name, root: root ?? "", sizeBytes };
    },
    async begin(planned) {
      const session = Session.parse(planned);
      await depot.begin(session);
      return session;
    },
    async writePart(session, part, body) {
      await depot.put(Session.parse(session), part, body).finally(() => body.destroy());
      return null;
    },
    finish: (session, finish) => finishFile(server, depot, Session.parse(session), finish),
    discard: (session) => depot.discard(Session.parse(session)),
  };
}

async function finishFile(
  server: WritableDav,
  depot: Depot,
  session: Session,
  { name, isRepeated }: Finish,
): Promise<StoredFile> {
  const ref = join(session.folder, name);
  const there = await findFile(server, ref);
  if (!(await depot.isWhole(session))) {
    // Whoever was here before was killed after the move, or nobody got its answer.
    if (isRepeated && there?.sizeBytes === session.sizeBytes) return there;
    throw nameLost();
  }
  // Not every server heeds `Overwrite`.
  if (there) throw nameTaken();
  await makeFolders(server, session);
  if (!(await depot.move(session, toUrl(server.url, ref)))) throw nameTaken();
  return server.stat(ref);
}

/** One hidden file, in one request: what breaks off begins anew. */
function createFileDepot(server: WritableDav): Depot {
  const { dav, url, signal } = server;
  const refOf = ({ root, hiddenName }: Session): string => join(root, hiddenName);
  const put = async (session: Session, bytes: number, body: Readable | ""): Promise<void> => {
    await dav.change({
      method: "PUT",
      url: toUrl(url, refOf(session)),
      headers: toBodyHeaders(bytes),
      body,
      expected: [200, 201, 204],
      signal,
    });
  };
  return {
    partBytes: (sizeBytes) => Math.max(sizeBytes, 1),
    begin: async () => {},
    put: (session, part, body) => put(session, part.bytes, body),
    async isWhole(session) {
      let file = await findFile(server, refOf(session));
      if (!file && session.sizeBytes === 0) {
        await put(session, 0, "");
        file = await findFile(server, refOf(session));
      }
      return file !== null && (file.sizeBytes ?? session.sizeBytes) === session.sizeBytes;
    },
    async move(session, to) {
      const headers = { destination: to.href, overwrite: "F" };
      const expected = [201, 204, 412];
      const at = toUrl(url, refOf(session));
      return (await dav.change({ method: "MOVE", url: at, headers, expected, signal })) !== 412;
    },
    discard: async (session) => {
      await dav.change({
        method: "DELETE",
        url: toUrl(url, refOf(session)),
        expected: [200, 204, 404],
        signal,
      });
    },
  };
}
