import { nameLost } from "#server/storage/writing.ts";
import type { Change } from "./api.ts";
import {
  type Depot,
  join,
  makeFolders,
  type Session,
  toBodyHeaders,
  type WritableDav,
} from "./depot.ts";
import { toFolderUrl, toUrl } from "./href.ts";

const MB = 1024 * 1024;
/** What a Nextcloud's own clients take. Smaller than 5 MiB is not allowed. */
const CHUNK_BYTES = 10 * MB;
/** 10,000 are allowed, and each takes time when they are put together. */
const MOST_CHUNKS = 1_000;

/**
 * A Nextcloud takes a file in chunks beside the files themselves, and puts them together when the
 * whole is moved to its place. Every request names that place, for storages behind it that put files
 * together themselves.
 *
 * @see https://docs.nextcloud.com/server/latest/developer_manual/client_apis/WebDAV/chunking.html
 */
export function createChunkDepot(server: WritableDav): Depot {
  const { dav, url, signal } = server;
  const root = toUploadsUrl(url);
  const folderOf = ({ hiddenName }: Session): string =>
    `backline${hiddenName.replaceAll(".", "-")}`;
  const change = (
    session: Session,
    method: Change["method"],
    name: string,
    options: Partial<Change> & Pick<Change, "expected">,
  ): Promise<number> =>
    dav.change({
      method,
      url:
        name === ""
          ? toFolderUrl(root, folderOf(session))
          : toUrl(root, join(folderOf(session), name)),
      signal,
      ...options,
      headers: {
        destination: toUrl(url, join(session.folder, session.name)).href,
        "oc-total-length": String(session.sizeBytes),
        ...options.headers,
      },
    });
  const discard = async (session: Session): Promise<void> => {
    await change(session, "DELETE", "", { expected: [200, 204, 404] });
  };
  const putEmpty = async (session: Session, to: URL): Promise<boolean> => {
    const headers = { ...toBodyHeaders(0), "if-none-match": "*" };
    const put = { method: "PUT", url: to, headers, body: "", signal } as const;
    const isFree = (await dav.change({ ...put, expected: [201, 412] })) !== 412;
    if (isFree) await discard(session);
    return isFree;
  };
  return {
    partBytes: (sizeBytes) => Math.max(CHUNK_BYTES, Math.ceil(sizeBytes / MOST_CHUNKS / MB) * MB),
    async begin(session) {
      await makeFolders(server, session);
      await change(session, "MKCOL", "", { expected: [201, 405] });
    },
    async put(session, part, body) {
      // Of a folder that is gone it says 404, and 409 is what other servers say.
      const status = await change(session, "PUT", toChunkName(part.index), {
        headers: toBodyHeaders(part.bytes),
        body,
        expected: [201, 204, 404, 409],
      });
      if (status >= 400) throw nameLost();
    },
    isWhole: (session) => dav.exists(toFolderUrl(root, folderOf(session)), signal),
    async move(session, to) {
      const headers = { destination: to.href, overwrite: "F" };
      if (session.sizeBytes === 0) return putEmpty(session, to);
      const expected = [201, 204, 400, 412];
      const status = await change(session, "MOVE", ".file", { headers, expected });
      // The chunks are not as long as the whole; no other try would be better.
      if (status === 400) throw nameLost();
      return status !== 412;
    },
    discard,
  };
}

/** Where an account's chunks are, beside its files. */
const toUploadsUrl = (files: URL): URL =>
  new URL(files.pathname.replace(/\/dav\/files\/(?=[^/]+\/$)/, "/dav/uploads/"), files);

/** They are put together in the order of their names. */
const toChunkName = (index: number): string => String(index + 1).padStart(5, "0");
