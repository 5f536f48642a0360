import { discardBody } from "#server/base/egress/body.ts";
import type { EgressRequest, EgressResponse } from "#server/base/egress/client.ts";
import { AppError } from "#server/base/errors.ts";
import { withDeadline } from "#server/storage/deadline.ts";
import { type Expectation, nameElsewhere, notFound, send } from "#server/storage/http.ts";
import type { StorageIo } from "#server/storage/provider.ts";
import type { ByteRange } from "#server/storage/stored.ts";
import { openCookies } from "./cookies.ts";
import { type Credential, toAuthorization } from "./credential.ts";
import { createLastUrl, isRef, toFolderUrl, toUrl } from "./href.ts";
import { type DavEntry, type Listing, nameBrokenListing, OC, readListing } from "./listing.ts";
import { QUOTA_BODY } from "./quota.ts";
import { sendGently } from "./restraint.ts";
import { readFound, type Search, toAudioSearch } from "./search.ts";
import { nameWriteFailure } from "./write-failures.ts";

const MAX_LISTING_BYTES = 64 * 1024 * 1024;
const MAX_STAT_BYTES = 1024 * 1024;

/** A Nextcloud needs about half a second for 1,000 files before the first byte comes. */
const LISTING_TIMEOUT_MS = 300_000;
const LISTING_HEAD_TIMEOUT_MS = 120_000;
/** Old Nextclouds make everybody wait up to 25 seconds after wrong passwords. */
const STAT_TIMEOUT_MS = 60_000;
/** Followed with the password on the same origin only; elsewhere it is not sent. */
const MAX_REDIRECTS = 3;
/** A listener is waiting. */
const DOWNLOAD_HEAD_TIMEOUT_MS = 10_000;
/** A Nextcloud puts a long file together for minutes, and its proxy gives up before that. */
const CHANGE_HEAD_TIMEOUT_MS = 600_000;

/** Folder sizes are not asked for: a Nextcloud answers -3 where it does not know. */
const PROPFIND_BODY = `<?xml version="1.0" encoding="utf-8"?><d:propfind xmlns:d="DAV:" xmlns:oc="${OC}"><d:prop><d:resourcetype/><d:getcontentlength/><d:getlastmodified/><d:getetag/><d:getcontenttype/><oc:fileid/></d:prop></d:propfind>`;

/** A DAV server as one account sees it. */
export interface Dav {
  readonly host: string;
  /** The root as it is now, and its address after redirects on the same origin; it ends in `/`. */
  openRoot(): Promise<{ readonly url: URL; readonly entry: DavEntry }>;
  /** @throws AppError `not_found` for a ref that is no folder, or no ref at all. */
  list(ref: string): Promise<Listing>;
  /** @throws AppError `not_found` */
  stat(ref: string, signal: AbortSignal): Promise<DavEntry>;
  /** Always with `Range`, since only its answer says whether ranges work. Answers 200, 206 or 416. */
  download(ref: string, range: ByteRange, signal: AbortSignal): Promise<EgressResponse>;
  /**
   * Refs of audio files below the root, at any depth, as its index has them; it may lack some.
   *
   * @param most - how many are wanted.
   * @returns `null` below an address where there is no index.
   * @throws AppError for a server that does not know the method, among others.
   */
  findAudio(most: number, signal: AbortSignal): Promise<readonly string[] | null>;
  /** Answers 207: how full it is, of the root. */
  askQuota(signal: AbortSignal): Promise<EgressResponse>;
  /** Whether there is anything at an address, perhaps beside the DAV tree. */
  exists(url: URL, signal: AbortSignal): Promise<boolean>;
  /** Changes something, in the DAV tree or beside it. Answers one of `expected`, without its body. */
  change(request: Change): Promise<number>;
  /** A GET beside the DAV tree, with the account's password. Answers 200 or one of `expected`. */
  get(
    url: URL,
    headers: Record<string, string>,
    expected: readonly number[],
    signal: AbortSignal,
  ): Promise<EgressResponse>;
}

export interface Change extends Pick<EgressRequest, "headers" | "body" | "signal"> {
  readonly method: "PUT" | "MKCOL" | "MOVE" | "DELETE";
  readonly url: URL;
  readonly expected: readonly number[];
}

export type Account = Pick<Credential, "url" | "username" | "password" | "dialect">;

interface Propfind {
  readonly ref: string;
  readonly depth: "0" | "1";
  readonly headersTimeoutMs: number;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

const LIST = {
  depth: "1",
  headersTimeoutMs: LISTING_HEAD_TIMEOUT_MS,
  maxBytes: MAX_LISTING_BYTES,
} as const;
const STAT = { depth: "0", headersTimeoutMs: STAT_TIMEOUT_MS, maxBytes: MAX_STAT_BYTES } as const;

/** @param name - what this kind of server says in its own way. */
export function createDav(account: Account, io: StorageIo, name?: Expectation["name"]): Dav {
  const root = new URL(account.url);
  const { host } = root;
  const authorization = toAuthorization(account);
  const isNextcloud = account.dialect === "nextcloud";
  const toFileUrl = createLastUrl(root);
  const cookies = openCookies(io.egress, root, authorization);
  const ask = (request: EgressRequest, expected: readonly number[], naming = name) =>
    (isNextcloud ? sendGently : send)(
      io,
      { ...request, headers: { authorization, ...request.headers } },
      { expected, name: naming },
    );
  const askDav: typeof ask = async (request, ...rest) => {
    if (!isNextcloud) return ask(request, ...rest);
    try {
      const answer = await ask(cookies.addTo(request), ...rest);
      cookies.keep(answer);
      return answer;
    } catch (error) {
      if (error instanceof AppError && error.code === "storage_reconnect") cookies.clear();
      throw error;
    }
  };
  const propfind = async (options: Propfind): Promise<{ url: URL; listing: Listing }> => {
    const answer = await askDav(toPropfind(root, options), [207]);
    if (answer.url.origin !== root.origin) {
      discardBody(answer.body);
      throw nameElsewhere(host, answer.url);
    }
    // Only the root itself may have moved; below it a redirect adds a slash at most.
    const base = options.ref === "" ? answer.url : root;
    return { url: answer.url, listing: await readListing(answer, { ...options, root: base }) };
  };

  return {
    host,
    openRoot: () =>
      withDeadline(host, io.signal, STAT_TIMEOUT_MS, async (signal) => {
        const found = await propfind({ ...STAT, ref: "", signal });
        return { url: withSlash(found.url), entry: requireSelf(found.listing, host) };
      }),
    list: (ref) =>
      withDeadline(host, io.signal, LISTING_TIMEOUT_MS, async (signal) => {
        const { listing } = await propfind({ ...LIST, ref, signal });
        // A file can be asked for its children too: it has none, and is no empty folder.
        if (listing.self?.isFolder === false) throw notFound();
        return listing;
      }),
    stat: (ref, caller) =>
      withDeadline(host, caller, STAT_TIMEOUT_MS, async (signal) => {
        const { listing } = await propfind({ ...STAT, ref, signal });
        return requireSelf(listing, host);
      }),
    download: async (ref, range, signal) => {
      if (!isRef(ref) || ref === "") throw notFound();
      const headers = { range: `bytes=${range.start}-${range.end}` };
      const headersTimeoutMs = DOWNLOAD_HEAD_TIMEOUT_MS;
      const request = {
        url: toFileUrl(ref),
        headers,
        headersTimeoutMs,
        maxRedirects: MAX_REDIRECTS,
        signal,
      };
      return askDav(request, [200, 206, 416]);
    },
    findAudio: async (most, signal) => {
      const search = toAudioSearch(root, most);
      if (!search) return null;
      return readFound(await askDav(toSearch(search, signal), [207]), root, signal);
    },
    askQuota: (signal) =>
      askDav({ ...toPropfind(root, { ...STAT, ref: "", signal }), body: QUOTA_BODY }, [207]),
    exists: async (url, signal) => {
      const answer = await askDav(
        { ...toPropfind(root, { ...STAT, ref: "", signal }), url },
        [207, 404],
      );
      discardBody(answer.body);
      return answer.status === 207;
    },
    change: async ({ expected, ...request }) => {
      const headersTimeoutMs = CHANGE_HEAD_TIMEOUT_MS;
      const naming = nameWriteFailure(name);
      const answer = await askDav({ ...request, headersTimeoutMs }, expected, naming);
      discardBody(answer.body);
      return answer.status;
    },
    get: (url, headers, expected, signal) =>
      ask({ url, headers, headersTimeoutMs: STAT_TIMEOUT_MS, signal }, [200, ...expected]),
  };
}

function toPropfind(root: URL, options: Propfind): EgressRequest {
  if (!isRef(options.ref)) throw notFound();
  return {
    url: (options.depth === "1" ? toFolderUrl : toUrl)(root, options.ref),
    method: "PROPFIND",
    headers: {
      depth: options.depth,
      "content-type": "application/xml; charset=utf-8",
      accept: "application/xml, text/xml",
    },
    body: PROPFIND_BODY,
    decompress: true,
    headersTimeoutMs: options.headersTimeoutMs,
    maxRedirects: MAX_REDIRECTS,
    signal: options.signal,
  };
}

const toSearch = ({ url, body }: Search, signal: AbortSignal): EgressRequest => ({
  url,
  method: "SEARCH",
  headers: { "content-type": "text/xml; charset=utf-8", accept: "application/xml, text/xml" },
  body,
  decompress: true,
  headersTimeoutMs: STAT_TIMEOUT_MS,
  signal,
});

function requireSelf({ self }: Listing, host: string): DavEntry {
  if (self) return self;
  throw nameBrokenListing(host);
}

function withSlash(url: URL): URL {
  const root = new URL(url);
  if (!root.pathname.endsWith("/")) root.pathname += "/";
  return root;
}
