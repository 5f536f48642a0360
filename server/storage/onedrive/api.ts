import { z } from "zod";
import type { EgressResponse } from "#server/base/egress/client.ts";
import { AppError } from "#server/base/errors.ts";
import { withDeadline } from "#server/storage/deadline.ts";
import { readAnswer, send } from "#server/storage/http.ts";
import type { StorageIo } from "#server/storage/provider.ts";
import type { ByteRange } from "#server/storage/stored.ts";
import { openContent } from "./content.ts";
import { nameEndlessLog, nameGraphFailure, nameOldLog, nameOldPage } from "./failures.ts";
import type { Address } from "./ids.ts";
import { parsePageLink, toPageUrl } from "./pages.ts";

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const TIMEOUT_MS = 60_000;
/** Of what changed: what it is and where it lies now. */
const LOG_FIELDS = "id,parentReference,deleted";

/** Longer ones are not given; a shorter page is no last one. */
const PAGE_SIZE = 1000;

const ITEM_FIELDS =
  "id,name,size,cTag,lastModifiedDateTime,fileSystemInfo,file,folder,package,deleted,remoteItem";

const Facet = z.object({}).nullish();
const File = z.object({ mimeType: z.string().nullish() }).nullish();

/** @see https://learn.microsoft.com/graph/api/resources/driveitem#properties */
const DriveItem = z.object({
  id: z.string().min(1),
  name: z.string().nullish(),
  size: z.number().int().nonnegative().nullish(),
  /** Another one when the content is; `eTag` is another one when the name is, too. */
  cTag: z.string().nullish(),
  lastModifiedDateTime: z.string().nullish(),
  fileSystemInfo: z.object({ lastModifiedDateTime: z.string().nullish() }).nullish(),
  file: File,
  folder: Facet,
  package: Facet,
  deleted: Facet,
  /** Asked for in a log alone. */
  parentReference: z.object({ id: z.string().nullish() }).nullish(),
  /** @see https://learn.microsoft.com/graph/api/resources/remoteitem */
  remoteItem: z
    .object({
      id: z.string().min(1),
      file: File,
      folder: Facet,
      package: Facet,
      parentReference: z.object({ driveId: z.string().nullish() }).nullish(),
    })
    .nullish(),
});
export type DriveItem = z.infer<typeof DriveItem>;

const ItemPage = z.object({
  value: z.array(DriveItem),
  "@odata.nextLink": z.string().nullish(),
  /** Of a log, at its end: where to go on later. */
  "@odata.deltaLink": z.string().nullish(),
});

/** @see https://learn.microsoft.com/graph/api/resources/drive#properties */
const Drive = z.object({
  id: z.string().min(1),
  driveType: z.string().nullish(),
  owner: z
    .object({
      user: z.object({ email: z.string().nullish(), displayName: z.string().nullish() }).nullish(),
    })
    .nullish(),
  quota: z
    .object({
      used: z.number().int().nonnegative().nullish(),
      total: z.number().int().nonnegative().nullish(),
    })
    .nullish(),
});
export type Drive = z.infer<typeof Drive>;

export interface Children {
  readonly items: readonly DriveItem[];
  readonly next: string | null;
}

export interface LogPage {
  readonly items: readonly DriveItem[];
  /** `null` on the last page. */
  readonly next: string | null;
  /** What is new from now on, on the last page. */
  readonly newest: string | null;
}

/** A OneDrive as one access token sees it. */
export interface Graph {
  readonly host: string;
  /** @param folder - `null` for the top. @param cursor - `next` of the page before. */
  children(folder: Address | null, cursor: string | null): Promise<Children>;
  /** @throws AppError `not_found` */
  get(item: Address | null, signal?: AbortSignal): Promise<DriveItem>;
  /** Where the log of the person's own drive ends now. */
  newestLog(): Promise<string>;
  /** What stands in that log from there on; `null` when Graph does not know that any more. */
  log(from: string): Promise<LogPage | null>;
  drive(): Promise<Drive>;
  /** Answers 200, 206 or 416. */
  download(item: Address, range: ByteRange, signal: AbortSignal): Promise<EgressResponse>;
}

export function createGraph(base: string, accessToken: string, io: StorageIo): Graph {
  const { host } = new URL(base);
  const authorization = `Bearer ${accessToken}`;
  const getJson = <S extends z.ZodType>(
    url: URL,
    schema: S,
    caller = io.signal,
    name = nameGraphFailure,
  ) =>
    withDeadline(host, caller, TIMEOUT_MS, async (signal) => {
      const headers = { authorization, accept: "application/json" };
      const options = { url, headers, decompress: true, headersTimeoutMs: TIMEOUT_MS, signal };
      return readAnswer(
        await send(io, options, { expected: [200], name }),
        schema,
        MAX_ANSWER_BYTES,
      );
    });

  const getLog = async (url: URL): Promise<LogPage> => {
    const page = await getJson(url, ItemPage, io.signal, nameOldLog);
    const [next, newest] = [page["@odata.nextLink"], page["@odata.deltaLink"]];
    const toPlace = (link: string | null | undefined): string | null =>
      link ? parsePageLink(base, link, "delta") : null;
    return { items: page.value, next: toPlace(next), newest: toPlace(newest) };
  };

  return {
    host,
    async children(folder, cursor) {
      const first = toUrl(base, `${toPath(folder)}/children`, {
        $select: ITEM_FIELDS,
        $top: String(PAGE_SIZE),
      });
      const url = cursor === null ? first : toPageUrl(base, cursor, "children");
      const name = cursor === null ? nameGraphFailure : nameOldPage;
      const page = await getJson(url, ItemPage, io.signal, name);
      const link = page["@odata.nextLink"] ?? null;
      return {
        items: page.value,
        next: link === null ? null : parsePageLink(base, link, "children"),
      };
    },
    get: (item, signal) =>
      getJson(toUrl(base, toPath(item), { $select: ITEM_FIELDS }), DriveItem, signal),
    async newestLog() {
      const query = { token: "latest", $select: LOG_FIELDS };
      const { newest } = await getLog(toUrl(base, "me/drive/root/delta", query));
      if (newest === null) throw nameEndlessLog(host);
      return newest;
    },
    log: (from) => getLog(toPageUrl(base, from, "delta")).catch(nothingIfForgotten),
    drive: () => getJson(toUrl(base, "me/drive", { $select: "id,driveType,owner,quota" }), Drive),
    download: (item, range, signal) =>
      openContent(io, toUrl(base, `${toPath(item)}/content`), authorization, range, signal),
  };
}

function nothingIfForgotten(error: unknown): null {
  if (error instanceof AppError && error.code === "gone") return null;
  throw error;
}

function toPath(item: Address | null): string {
  if (item === null) return "me/drive/root";
  const { driveId, itemId } = item;
  const drive = driveId === null ? "me/drive" : `drives/${encodeURIComponent(driveId)}`;
  return `${drive}/items/${encodeURIComponent(itemId)}`;
}

function toUrl(base: string, path: string, query: Readonly<Record<string, string>> = {}): URL {
  const url = new URL(`${base}/${path}`);
  url.search = new URLSearchParams(query).toString();
  return url;
}
