import type { z } from "zod";
import { discardBody } from "#server/base/egress/body.ts";
import type { EgressRequest, EgressResponse } from "#server/base/egress/client.ts";
import { parseHttpDate } from "#server/base/http-date.ts";
import { withDeadline } from "#server/storage/deadline.ts";
import { type Expectation, isHtml, notFound, readAnswer, send } from "#server/storage/http.ts";
import { introduce, toApiUrl } from "#server/storage/media-server.ts";
import type { StorageIo } from "#server/storage/provider.ts";
import type { ByteRange } from "#server/storage/stored.ts";
import { type Credential, toDevice } from "./credential.ts";
import { PAGE_ITEMS, toEmbyDialect, toJellyfinDialect } from "./dialect.ts";
import { nameBrokenListing, namePage } from "./failures.ts";
import { Item, Items, isMusicLibrary } from "./item.ts";

/** 500 items with their media streams. */
const MAX_LISTING_BYTES = 32 * 1024 * 1024;
const MAX_ITEM_BYTES = 4 * 1024 * 1024;

const LISTING_TIMEOUT_MS = 120_000;
const ITEM_TIMEOUT_MS = 60_000;
/** A listener is waiting. */
const DOWNLOAD_HEAD_TIMEOUT_MS = 10_000;

/** A media server as one account, or one API key, sees it. */
export interface MediaServer {
  readonly host: string;
  /** The music libraries. */
  listLibraries(signal: AbortSignal): Promise<readonly Item[]>;
  /** What lies in a folder. Ask for the folder itself first: for one that is gone, all is listed. */
  list(id: string, start: number, signal: AbortSignal): Promise<ItemPage>;
  /**
   * What lies below a folder, at any depth.
   *
   * @param since - only what was saved then or later, as `clock` of an earlier answer.
   */
  summarize(id: string, since: string | null, signal: AbortSignal): Promise<Summary>;
  /** @throws AppError `not_found` */
  find(id: string, signal: AbortSignal): Promise<Item>;
  /** The original bytes. Answers 200, 206 or 416. */
  download(id: string, range: ByteRange, signal: AbortSignal): Promise<EgressResponse>;
}

interface Limits {
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

export interface ItemPage {
  readonly items: readonly Item[];
  /** Where the next page starts; `null` when this was the last one. */
  readonly next: number | null;
}

export interface Summary {
  readonly count: number;
  /** The id of the one that came last. */
  readonly newest: string | null;
  /** The server's own time, to the second; `null` when it does not say. */
  readonly clock: string | null;
}

/** @param name - what this kind of server says in its own way. Redirects are never followed. */
export function createMediaServer(
  credential: Credential,
  io: StorageIo,
  name: Expectation["name"],
): MediaServer {
  const { host } = new URL(credential.url);
  const authorization = introduce(credential, toDevice(credential), credential.token);
  const dialect = (credential.product === "emby" ? toEmbyDialect : toJellyfinDialect)(credential);
  let needsStream = false;

  const ask = (
    path: string,
    options: Omit<EgressRequest, "url">,
    expected: readonly number[],
  ): Promise<EgressResponse> => {
    const headers = { ...authorization, ...options.headers };
    return send(io, { ...options, url: toApiUrl(credential, path), headers }, { expected, name });
  };
  const getJson = async <S extends z.ZodType>(
    path: string,
    schema: S,
    limits: Limits,
    caller: AbortSignal,
  ): Promise<z.output<S>> => (await getDated(path, schema, limits, caller)).said;
  const getDated = <S extends z.ZodType>(
    path: string,
    schema: S,
    limits: Limits,
    caller: AbortSignal,
  ): Promise<{ readonly said: z.output<S>; readonly clock: string | null }> =>
    withDeadline(host, caller, limits.timeoutMs, async (signal) => {
      const headers = { accept: "application/json" };
      const headersTimeoutMs = ITEM_TIMEOUT_MS;
      const answer = await ask(
        path,
        { headers, headersTimeoutMs, decompress: true, signal },
        [200],
      );
      if (isHtml(answer.headers["content-type"])) {
        discardBody(answer.body);
        throw namePage(host);
      }
      const clock = parseHttpDate(answer.headers.date)?.toISOString() ?? null;
      return { said: await readAnswer(answer, schema, limits.maxBytes), clock };
    });
  const listing = { timeoutMs: LISTING_TIMEOUT_MS, maxBytes: MAX_LISTING_BYTES };
  const single = { timeoutMs: ITEM_TIMEOUT_MS, maxBytes: MAX_ITEM_BYTES };

  return {
    host,
    async listLibraries(signal) {
      const { Items: views } = await getJson(dialect.libraries(), Items, listing, signal);
      return views.filter(isMusicLibrary);
    },
    async list(id, start, signal) {
      const page = await getJson(dialect.children(id, start), Items, listing, signal);
      return { items: page.Items, next: nextOf(host, page, start) };
    },
    async summarize(id, since, signal) {
      const path = dialect.newest(id, since);
      const { said, clock } = await getDated(path, Items, single, signal);
      return { count: said.TotalRecordCount, newest: said.Items[0]?.Id ?? null, clock };
    },
    async find(id, signal) {
      const answer = await getJson(dialect.item(id), Item.or(Items), single, signal);
      const items = "Items" in answer ? answer.Items : [answer];
      const item = items.find((each) => each.Id === id);
      if (!item) throw notFound();
      return item;
    },
    async download(id, range, signal) {
      const headers = { range: `bytes=${range.start}-${range.end}` };
      const options = { headers, headersTimeoutMs: DOWNLOAD_HEAD_TIMEOUT_MS, signal };
      if (!needsStream) {
        const answer = await ask(dialect.file(id), options, [200, 206, 403, 416]);
        if (answer.status !== 403) return answer;
        discardBody(answer.body);
        needsStream = true;
      }
      return ask(dialect.stream(id), options, [200, 206, 416]);
    },
  };
}

/** A page can be short in the middle: what an account may not see is counted, and left out. */
function nextOf(host: string, { Items: items, TotalRecordCount }: Items, start: number) {
  const next = start + Math.max(items.length, PAGE_ITEMS);
  if (next >= TotalRecordCount) return null;
  if (items.length === 0) throw nameBrokenListing(host);
  return next;
}
