import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { sendDav } from "./fault-dav.ts";
import { sendNextcloud } from "./fault-nextcloud.ts";
import type { CloudPerson } from "./fault-provisioning.ts";
import type { CloudSession } from "./fault-sessions.ts";
import type { Tree } from "./fault-tree.ts";
import { createWorld, type Exchange, toTreePath } from "./fault-world.ts";
import { removeDisk } from "./fault-writing.ts";

/**
 * Someone's WebDAV storage or Nextcloud, on loopback and in memory, that misbehaves on command.
 *
 * ```ts
 * const cloud = await startFaultServer({ persona: "nextcloud" });   // "plain" when left out
 * onTestFinished(() => cloud.stop());
 *
 * cloud.tree.put("Live/take 1.mp3", bytes);               // or a string, or { sizeBytes: 4e9 }
 * cloud.tree.move("Live/take 1.mp3", "Best/take 1.mp3");  // remove, touch, mkdir, link
 *
 * // What a person types into the form; `cloud.credential` is what verify makes of it.
 * const form = { provider: "webdav", url: cloud.url, username: "anna", password: cloud.password };
 *
 * const heal = cloud.fault({ method: "GET", cutAfterBytes: 1000 });   // until heal()
 * cloud.fault({ path: "Live", method: "PROPFIND", status: 503, times: 1 });
 * cloud.heal();                                           // all faults end
 *
 * await expect.poll(() => cloud.openDownloads()).toBe(0); // did the listener's hang-up arrive?
 * expect(cloud.count({ method: "PROPFIND" })).toBe(1);    // or look through `cloud.requests`
 * cloud.nextcloud.maintenance = true;                     // disabled, throttleAfter, isAppPassword
 * cloud.setPassword("anna", "other");                     // the old one is refused from now on
 * cloud.grantLogins();                                    // as if somebody had signed in there
 * ```
 *
 * Faults that match one request are applied together; a later one wins over an earlier one.
 * What a file that was put by its size holds is `generatedBytes(start, end)` of `fault-tree.ts`;
 * broken listings for `rewriteXml` are in `fault-listings.ts`.
 */
export interface FaultServer {
  /** The DAV root, ends in `/`. For the Nextcloud persona: …/remote.php/dav/files/anna/. */
  readonly url: string;
  /** Where a browser would go; ends in `/`. */
  readonly baseUrl: string;
  readonly username: string;
  readonly password: string;
  /** As the webdav provider seals it. */
  readonly credential: {
    readonly url: string;
    readonly username: string;
    readonly password: string;
    readonly dialect: "plain" | "nextcloud";
    readonly product: string | null;
  };
  readonly tree: Tree;
  /** Everything that was asked, oldest first. */
  readonly requests: readonly SeenRequest[];
  /** How many requests match; `path` and `method` as in a fault. */
  count(match?: Match): number;
  /** Downloads whose bytes are still on their way, or that stall. */
  openDownloads(): number;
  /** Uploads whose bytes are still on their way here. */
  openUploads(): number;
  /** What is left of uploads to a Nextcloud that are not done: names of their folders. */
  unfinishedUploads(): string[];
  /** Misbehaves from now on; call the result to end it. */
  fault(fault: Fault): () => void;
  /** Ends all faults. */
  heal(): void;
  readonly nextcloud: NextcloudState;
  /** How full it says it is, in whichever way it is asked; it does not say when there is none. */
  readonly quota: QuotaState;
  setPassword(username: string, password: string): void;
  /** Somebody signs in on every page that Login Flow v2 waits for, and grants access. */
  grantLogins(): void;
  /** User ids by the passwords that were made for one program; `clear()` ends them all. */
  readonly appPasswords: Map<string, string>;
  /** Whom accounts were made for, by user id. */
  readonly people: Map<string, CloudPerson>;
  /** User ids of those who may do that. */
  readonly admins: Set<string>;
  /** What its cookies stand for; `clear()` forgets them all. */
  readonly sessions: Map<string, CloudSession>;
  stop(): Promise<void>;
}

export interface Match {
  /** `GET`, `PROPFIND`, …; any when left out. */
  readonly method?: string;
  /** A path in the tree (`""` is the top), or one from the server's root that begins with `/`. */
  readonly path?: string;
}

/** What goes wrong. The first group replaces the answer, the others bend the right one. */
export interface Fault extends Match {
  /** How many requests it hits; without end when left out. */
  readonly times?: number;

  /** Answers this, with `headers` and `text`, instead of doing anything. */
  readonly status?: number;
  /** Without a status: says this beside the right bytes of a file. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly text?: string;
  /** Closes the connection without a word. */
  readonly reset?: true;
  /** Takes the request and never answers. */
  readonly stall?: true;

  readonly bytesPerSecond?: number;
  /** Closes the connection after so many bytes of the body, whoever sends it. */
  readonly cutAfterBytes?: number;
  /** Stays silent, and deaf, after so many bytes of the body. */
  readonly stallAfterBytes?: number;
  /** Told which bytes of a file go out, both ends included, as they do. */
  readonly noteSent?: (start: number, end: number) => void;
  /** Sends so many bytes more (or, negative, less) than it announces in Content-Range. */
  readonly extraBytes?: number;
  /** No Content-Length. */
  readonly chunked?: true;

  /** Answers 200 and the whole file. */
  readonly ignoreRange?: true;
  /** Sends this instead of the right Content-Range; `null` sends none. */
  readonly contentRange?: string | null;
  /** Sends bytes from here on instead of from where they were asked, and says nothing about it. */
  readonly shiftBytes?: number;
  /** In answers and listings alike. `changing`: another one in each answer. */
  readonly etag?: "right" | "weak" | "none" | "changing" | "unquoted";

  /** Changes a listing before it is sent. */
  readonly rewriteXml?: (xml: string) => string;
  /** Adds so many made-up files to a listing, without holding them in memory. */
  readonly madeUpEntries?: number;
}

/** As they are written: a Nextcloud has -1, -2 and -3 among them. */
export interface QuotaState {
  usedBytes: number | null;
  availableBytes: number | null;
}

export interface NextcloudState {
  maintenance: boolean;
  /** The account is disabled by an administrator. */
  disabled: boolean;
  /** After so many wrong passwords everybody gets 429, the right password too. */
  throttleAfter: number;
  failures: number;
  /** How often a password was looked up; a session of before saves that. */
  passwordChecks: number;
  /** False: the OCS API is switched off and answers 404. */
  hasOcs: boolean;
  /** False: accounts cannot be made by other programs. */
  hasProvisioning: boolean;
  /** An account is made, and the answer is that something went wrong. */
  forgetsItsAnswers: boolean;
  /** What OCS calls the account; the user id when left out. */
  displayName: string | null;
  /** What signs in is a password for one program, which that program may end, not the account's own. */
  isAppPassword: boolean;
}

export interface SeenRequest {
  readonly method: string;
  /** From the server's root, as it was sent. */
  readonly target: string;
  /** Where in the tree; `null` for anything else. */
  readonly path: string | null;
  readonly headers: IncomingMessage["headers"];
  readonly atMs: number;
}

export interface FaultServerOptions {
  readonly persona?: "plain" | "nextcloud";
  /** Where it is installed, such as `/nextcloud`; at the root when left out. */
  readonly basePath?: string;
  /** Passwords by user name; the first one is who the tree belongs to. */
  readonly accounts?: Readonly<Record<string, string>>;
  /** Other names that sign in too, such as e-mail addresses, with the user id that they mean. */
  readonly aliases?: Readonly<Record<string, string>>;
  readonly product?: { readonly name: string; readonly version: string };
}

export async function startFaultServer(options: FaultServerOptions = {}): Promise<FaultServer> {
  const world = createWorld(options);
  const requests: SeenRequest[] = [];
  const faults = new Set<{ fault: Fault; left: number }>();
  const sockets = new Set<Socket>();

  const server = createServer((request, response) => {
    const pathname = (request.url ?? "/").split("?")[0] ?? "/";
    const path = toTreePath(world, pathname);
    const method = request.method ?? "GET";
    const seen = { method, target: request.url ?? "/", path, headers: request.headers };
    requests.push({ ...seen, atMs: Date.now() });
    const fault = takeFaults(faults, seen);
    void answer({ request, response, pathname, path, fault, world });
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const url = `${origin}${world.davPath}`;

  return {
    url,
    baseUrl: `${origin}${world.basePath}/`,
    username: world.owner,
    get password() {
      return world.accounts.get(world.owner) ?? "";
    },
    get credential() {
      const { product, persona } = world;
      return {
        url,
        username: world.owner,
        password: world.accounts.get(world.owner) ?? "",
        dialect: persona,
        product: persona === "nextcloud" ? `${product.name} ${product.version}` : null,
      };
    },
    tree: world.tree,
    requests,
    count: (match = {}) => requests.filter((request) => matches(match, request)).length,
    openDownloads: () => world.downloads.size,
    openUploads: () => world.arrivals.size,
    unfinishedUploads: () => [...world.uploads.keys()],
    fault(fault) {
      const entry = { fault, left: fault.times ?? Number.POSITIVE_INFINITY };
      faults.add(entry);
      return () => faults.delete(entry);
    },
    heal: () => faults.clear(),
    nextcloud: world.nextcloud,
    quota: world.quota,
    grantLogins: () => {
      for (const login of world.logins.values()) login.uid = world.owner;
    },
    appPasswords: world.appPasswords,
    people: world.people,
    admins: world.admins,
    sessions: world.sessions,
    setPassword: (username, password) => void world.accounts.set(username, password),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve(removeDisk(world)));
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function takeFaults(
  faults: Set<{ fault: Fault; left: number }>,
  seen: Pick<SeenRequest, "method" | "target" | "path">,
): Fault {
  let all: Fault = {};
  for (const entry of faults) {
    if (entry.left <= 0 || !matches(entry.fault, seen)) continue;
    entry.left -= 1;
    all = { ...all, ...entry.fault };
  }
  return all;
}

function matches(match: Match, seen: Pick<SeenRequest, "method" | "target" | "path">): boolean {
  if (match.method !== undefined && match.method !== seen.method) return false;
  if (match.path === undefined) return true;
  return match.path.startsWith("/")
    ? match.path === seen.target.split("?")[0]
    : match.path === seen.path;
}

async function answer(exchange: Exchange): Promise<void> {
  const { request, response, fault, world } = exchange;
  const isTaken = request.method === "PUT" && !(fault.reset ?? fault.stall ?? fault.status);
  if (!isTaken) request.resume();
  if (request.method === "GET" && exchange.path !== null) {
    world.downloads.add(response);
    response.once("close", () => world.downloads.delete(response));
  }
  if (fault.reset) return void request.socket.destroy();
  if (fault.stall) return;
  if (fault.status !== undefined) {
    response.writeHead(fault.status, { "content-type": "text/plain", ...fault.headers });
    return void response.end(fault.text ?? "");
  }
  if (world.persona === "nextcloud" && sendNextcloud(exchange)) return;
  await sendDav(exchange);
}
