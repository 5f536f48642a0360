import { createHash } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { JellyfinProduct } from "#contract/jellyfin.ts";
import { type FoundItem, itemFields, toDto } from "./fake-jellyfin-items.ts";
import { type Query, readQuery, sendBytes } from "./fake-jellyfin-wire.ts";
import { createTree, type Tree } from "./fault-tree.ts";

/**
 * The libraries of a stand-in for Jellyfin or Emby. Folders and files lie in a tree whose first level
 * are the libraries; each rule has its clause:
 *
 * - `GET /UserViews`, `/Library/MediaFolders` (elevated), `/Items`, `/Items/{id}`, `/Items/{id}/File`,
 *   `/Items/{id}/Download`, `/Audio/{id}/stream`, with their parameters, at a Jellyfin:
 *   https://api.jellyfin.org, tags UserViews, Library, Items, UserLibrary and Audio. The first and the
 *   fourth are new in 10.9: https://gist.github.com/nielsvanvelzen/6b5a98ef2da6c748ebc8ae190ff29680
 * - `/Users/{UserId}/Views`, `/Users/{UserId}/Items`, `/Users/{UserId}/Items/{Id}`, `/Items`,
 *   `/Items/{Id}/File` at an Emby: https://dev.emby.media/reference/RestAPI.html and
 *   https://dev.emby.media/doc/restapi/Browsing-the-Library.html
 * - `recursive`, `includeItemTypes`, `minDateLastSaved`, `TotalRecordCount` of what matches however few
 *   are asked for: https://api.jellyfin.org/#tag/Items/operation/GetItems
 * - for a parent that is gone, or is no folder, everything at the top is listed; 401 with a sentence
 *   for one that an account may not see; `userId is required` but for API keys: ItemsController.cs,
 *   GetItems
 * - 404 for an item that is gone or hidden: UserLibraryController.cs, GetItem
 * - a file comes with ranges and `Last-Modified`, without an `ETag`: LibraryController.cs, GetFile,
 *   which is PhysicalFile of ASP.NET Core. A download needs a right and is written down: GetDownload
 * - without `static` a stream is transcoded, and has no ranges: AudioHelper.cs, GetAudioStream
 * - an id is made of the path, so that whatever moves gets another: LibraryManager.cs, GetNewItemId
 */
export interface FakeLibrary extends Pick<Tree, "put" | "mkdir" | "remove" | "move"> {
  /** `music` where it is not said. */
  addLibrary(name: string, collectionType?: string | null): void;
  /** No account sees it any more. */
  hide(name: string): void;
  /** As our refs are: the ids of all that lead there. `undefined`: nothing is there. */
  refOf(path: string): string | undefined;
  /** How the disk of the server writes its paths; `hidden`: accounts are not told. */
  showPathsAs(style: PathStyle): void;
  /** 403 for files, as to who may play but nothing else. */
  forbidFiles(isForbidden: boolean): void;
  /** Counts what it does not send. */
  keepBack(): void;
  openDownloads(): number;
}

export type PathStyle = "posix" | "windows" | "hidden";

interface Asker {
  /** `null`: an API key. */
  readonly userId: string | null;
}

interface FakeLibraryOptions {
  readonly product: JellyfinProduct;
  readonly prefix: string;
  readonly whoAsks: (request: FastifyRequest) => Asker | undefined;
  readonly complain: (what: string) => void;
}

const LISTING = [
  ..."userId parentId recursive sortBy sortOrder startIndex limit fields ids".split(" "),
  ..."includeItemTypes minDateLastSaved enableUserData enableImages".split(" "),
];

export function createFakeLibrary(app: FastifyInstance, options: FakeLibraryOptions): FakeLibrary {
  const { product, prefix, whoAsks, complain } = options;
  const tree = createTree();
  const kinds = new Map<string, string | null>();
  const hidden = new Set<string>();
  const ids = new Map<string, string>();
  const saved = new Map<string, Date>();
  const open = new Set<FastifyReply>();
  let style: PathStyle = "posix";
  let isForbidden = false;
  let isKeepingBack = false;

  const idOf = (path: string): string => {
    const md5 = createHash("md5").update(path).digest("hex");
    const id = ids.get(path) ?? (product === "emby" ? String(1000 + ids.size) : md5);
    ids.set(path, id);
    return id;
  };
  const libraryOf = (path: string): string => path.split("/")[0] ?? "";
  const isVisible = (path: string, { userId }: Asker): boolean =>
    userId === null || !hidden.has(libraryOf(path));
  const find = (id: string | undefined): FoundItem | undefined => {
    const path = [...ids].find(([, each]) => each === id)?.[0];
    const node = path ? tree.find(path) : undefined;
    return path !== undefined && node ? toFound(path) : undefined;
  };
  const toFound = (path: string): FoundItem => {
    const node = tree.find(path) ?? tree.top;
    const isLibrary = !path.includes("/");
    return { id: idOf(path), path, node, kind: isLibrary ? (kinds.get(path) ?? null) : undefined };
  };
  const childrenOf = ({ path, node }: FoundItem): FoundItem[] =>
    node.kind === "file" ? [] : [...node.children.keys()].map((name) => toFound(`${path}/${name}`));
  const libraries = (asker: Asker): FoundItem[] =>
    [...kinds.keys()].map(toFound).filter(({ path }) => isVisible(path, asker));
  const bad = (reply: FastifyReply, what: string) => {
    complain(what);
    return reply.code(400).send("Error processing request.");
  };

  /** Whoever asks is known, and asks in words that are in the reference. */
  const route = (
    path: string,
    allowed: readonly string[],
    answer: (asked: {
      asker: Asker;
      query: Query;
      params: Readonly<Record<string, string>>;
      request: FastifyRequest;
      reply: FastifyReply;
    }) => unknown,
  ): void => {
    app.get(prefix + path, async (request, reply) => {
      const asker = whoAsks(request);
      if (!asker) return reply.code(401).send();
      const query = readQuery(request, product);
      const odd = [...query.keys()].filter((name) => !allowed.map(toCase).includes(name));
      if (odd.length > 0) return bad(reply, `${path} was asked for ${odd}`);
      const params = request.params as Readonly<Record<string, string>>;
      const of = params.userId ?? query.get("userId")?.[0];
      if (asker.userId !== null && of !== undefined && of !== asker.userId) {
        return reply.code(403).send("Error processing request.");
      }
      return answer({ asker, query, params, request, reply });
    });
  };
  const toCase = (name: string): string =>
    product === "emby" ? `${name[0]?.toUpperCase()}${name.slice(1)}` : name;

  const list = ({ asker, query, reply }: { asker: Asker; query: Query; reply: FastifyReply }) => {
    const one = (name: string): string | undefined => query.get(toCase(name))?.[0];
    const fields = query.get(toCase("fields")) ?? [];
    const fault = findListingFault(fields, one);
    if (fault) return bad(reply, fault);
    const parent = find(one("parentId"));
    if (parent && !isVisible(parent.path, asker)) {
      const said = `Anna is not permitted to access Library ${parent.path}.`;
      return reply.code(401).send(said);
    }
    const isFolder = parent?.node.kind === "folder";
    const all = isFolder ? pick(parent, one) : libraries(asker);
    const start = Number(one("startIndex") ?? 0);
    const end = isKeepingBack ? start : start + Number(one("limit") ?? all.length);
    const page = all.slice(start, end);
    const told = { product, fields, style };
    return { Items: page.map((item) => toDto(item, told)), TotalRecordCount: all.length };
  };
  /** In a folder, or of all recordings below it those that were saved since. */
  const pick = (parent: FoundItem, one: (name: string) => string | undefined): FoundItem[] => {
    if (one("recursive") !== "true") return childrenOf(parent).sort(bySortName);
    const since = new Date(one("minDateLastSaved") ?? 0);
    return filesBelow(parent)
      .filter(({ path }) => savedAt(path) >= since)
      .sort((left, right) => savedAt(right.path).getTime() - savedAt(left.path).getTime());
  };
  const filesBelow = (item: FoundItem): FoundItem[] =>
    item.node.kind === "file" ? [item] : childrenOf(item).flatMap(filesBelow);
  const savedAt = (path: string): Date => saved.get(path) ?? new Date(0);
  const findListingFault = (
    fields: readonly string[],
    one: (name: string) => string | undefined,
  ): string | undefined => {
    const unknown = fields.filter((field) => !itemFields[product].includes(field));
    if (unknown.length > 0) return `the fields ${unknown}`;
    const isDeep = one("recursive") === "true";
    if (isDeep && one("includeItemTypes") !== "Audio") return "a listing of all that lies below";
    if (!isDeep && one("recursive") !== "false") return "a listing without a depth";
    return one("parentId") ? undefined : "a listing of nothing that is named";
  };
  const single = (id: string | undefined, asker: Asker) => {
    const item = find(id);
    if (!item || !isVisible(item.path, asker)) return undefined;
    return toDto(item, { product, fields: itemFields[product], style });
  };
  const send = (reply: FastifyReply, request: FastifyRequest, id: string | undefined) => {
    const node = find(id)?.node;
    if (node?.kind !== "file") return reply.code(404).send();
    open.add(reply);
    reply.raw.once("close", () => open.delete(reply));
    return sendBytes(reply, request, node, product);
  };
  const views = (asker: Asker) => {
    const found = libraries(asker);
    const told = { product, fields: [], style };
    return { Items: found.map((item) => toDto(item, told)), TotalRecordCount: found.length };
  };

  if (product === "emby") {
    route("/Users/:userId/Views", [], ({ asker }) => views(asker));
    route("/Users/:userId/Items", LISTING, list);
    route("/Users/:userId/Items/:id", [], ({ asker, params, reply }) =>
      orMissing(reply, single(params.id, asker)),
    );
    route("/Items", LISTING, (asked) => {
      const id = asked.query.get("Ids")?.[0];
      if (id === undefined) return list(asked);
      const found = single(id, asked.asker);
      return { Items: found ? [found] : [], TotalRecordCount: found ? 1 : 0 };
    });
  } else {
    route("/UserViews", ["userId"], ({ asker }) => views(asker));
    route("/Items", LISTING, (asked) => {
      if (asked.asker.userId === null || asked.query.has("userId")) return list(asked);
      return bad(asked.reply, "a listing without userId");
    });
    route("/Items/:id", ["userId"], ({ asker, params, reply }) =>
      orMissing(reply, single(params.id, asker)),
    );
  }
  route("/Library/MediaFolders", [], ({ asker, reply }) =>
    asker.userId === null ? views(asker) : reply.code(403).send(),
  );
  route("/Items/:id/File", [], ({ params, request, reply }) =>
    isForbidden ? reply.code(403).send() : send(reply, request, params.id),
  );
  route("/Items/:id/Download", [], ({ reply }) => {
    complain("a download, which is written down");
    return reply.code(403).send();
  });
  route("/Audio/:id/stream", ["static"], ({ params, query, request, reply }) => {
    if (query.get(toCase("static"))?.[0] === "true") return send(reply, request, params.id);
    complain("a stream that has to be transcoded");
    return reply.header("accept-ranges", "none").type("audio/mpeg").send("transcoded");
  });

  /** What lies at a path is another item there: `DateLastSaved` of each is when it was met. */
  const noteSaved = (path: string): void => {
    const node = tree.find(path);
    if (node?.kind === "file") saved.set(path, new Date());
    else for (const name of node?.children.keys() ?? []) noteSaved(`${path}/${name}`);
  };
  return {
    ...tree,
    put(path, ...content) {
      tree.put(path, ...content);
      noteSaved(path);
    },
    move(from, to) {
      tree.move(from, to);
      noteSaved(to);
    },
    addLibrary: (name, collectionType = "music") => {
      kinds.set(name, collectionType);
      tree.mkdir(name);
    },
    hide: (name) => void hidden.add(name),
    refOf: (path) => {
      const parts = path.split("/");
      if (parts.includes("") || !tree.find(path)) return undefined;
      return parts.map((_, index) => idOf(parts.slice(0, index + 1).join("/"))).join("/");
    },
    showPathsAs: (next) => {
      style = next;
    },
    forbidFiles: (next) => {
      isForbidden = next;
    },
    keepBack: () => {
      isKeepingBack = true;
    },
    openDownloads: () => open.size,
  };
}

const bySortName = (one: FoundItem, other: FoundItem): number => (one.path < other.path ? -1 : 1);

const orMissing = (reply: FastifyReply, found: unknown) => found ?? reply.code(404).send();
