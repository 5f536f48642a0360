import type { IncomingMessage, ServerResponse } from "node:http";
import type { CloudPerson } from "./fault-provisioning.ts";
import type { Fault, FaultServerOptions, NextcloudState, QuotaState } from "./fault-server.ts";
import type { CloudSession } from "./fault-sessions.ts";
import { createTree, type Tree } from "./fault-tree.ts";
import type { Kept } from "./fault-writing.ts";

/** One request with all that its answer depends on. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** From the server's root, encoded, without query. */
  readonly pathname: string;
  readonly path: string | null;
  readonly fault: Fault;
  readonly world: World;
}

export interface World {
  readonly persona: "plain" | "nextcloud";
  /** Without trailing slash. */
  readonly basePath: string;
  readonly davPath: string;
  readonly owner: string;
  readonly accounts: Map<string, string>;
  readonly aliases: Readonly<Record<string, string>>;
  readonly product: { readonly name: string; readonly version: string };
  /** User ids by the passwords that were made for one program. */
  readonly appPasswords: Map<string, string>;
  /** Login Flow v2: what was begun, by the token that it is asked with. */
  readonly logins: Map<string, Login>;
  /** Who may make accounts; the first one may. */
  readonly admins: Set<string>;
  /** Whom accounts were made for, by user id. */
  readonly people: Map<string, CloudPerson>;
  /** Sessions by the id in their cookie. */
  readonly sessions: Map<string, CloudSession>;
  readonly tree: Tree;
  readonly nextcloud: NextcloudState;
  readonly quota: QuotaState;
  readonly downloads: Set<ServerResponse>;
  /** Bodies that are on their way here. */
  readonly arrivals: Set<IncomingMessage>;
  /** Of a Nextcloud: chunks by their names, by the folder that they are in. */
  readonly uploads: Map<string, Map<string, Kept>>;
  /** Where bytes are kept that were sent; `null` until some were. */
  disk: string | null;
}

export interface Login {
  /** Of the page's address. */
  readonly flow: string;
  /** Who has granted it. */
  uid: string | null;
}

export function createWorld(options: FaultServerOptions): World {
  const persona = options.persona ?? "plain";
  const accounts = new Map(Object.entries(options.accounts ?? { anna: "rehearsal-4711" }));
  const [owner] = accounts.keys();
  if (owner === undefined) throw new Error("A fault server needs an account.");
  const basePath = options.basePath ?? "";
  return {
    persona,
    basePath,
    davPath:
      persona === "nextcloud"
        ? `${basePath}/remote.php/dav/files/${encodeURIComponent(owner)}/`
        : `${basePath}/dav/`,
    owner,
    accounts,
    aliases: options.aliases ?? {},
    product: options.product ?? { name: "Nextcloud", version: "33.0.2" },
    appPasswords: new Map(),
    logins: new Map(),
    admins: new Set([owner]),
    people: new Map(),
    sessions: new Map(),
    tree: createTree(),
    nextcloud: {
      maintenance: false,
      disabled: false,
      throttleAfter: 11,
      failures: 0,
      passwordChecks: 0,
      hasOcs: true,
      hasProvisioning: true,
      forgetsItsAnswers: false,
      displayName: null,
      isAppPassword: true,
    },
    quota: { usedBytes: null, availableBytes: null },
    downloads: new Set(),
    arrivals: new Set(),
    uploads: new Map(),
    disk: null,
  };
}

/** Where in the tree a request points, whichever of the addresses of the storage it uses. */
export function toTreePath(world: World, pathname: string): string | null {
  const roots =
    world.persona === "nextcloud"
      ? [world.davPath, `${world.basePath}/remote.php/webdav/`]
      : [world.davPath];
  const root = roots.find((each) => `${pathname}/`.toLowerCase().startsWith(each.toLowerCase()));
  if (root === undefined) return null;
  const inside = pathname.slice(root.length).split("/");
  try {
    return inside
      .filter((part) => part !== "")
      .map(decodeURIComponent)
      .join("/");
  } catch {
    return null;
  }
}
