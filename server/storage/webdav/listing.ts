import { z } from "zod";
import { boundedChunks, discardBody } from "#server/base/egress/body.ts";
import type { EgressResponse } from "#server/base/egress/client.ts";
import { AppError } from "#server/base/errors.ts";
import { parseHttpDate } from "#server/base/http-date.ts";
import { parseEtag } from "#server/storage/etag.ts";
import { isHtml, namePage } from "#server/storage/http.ts";
import { isSameRef, toRef } from "./href.ts";
import { createMultistatusReader, type Response } from "./multistatus.ts";

const MAX_ENTRIES = 200_000;

export const OC = "http://owncloud.org/ns";

const text = (maxLength: number) => z.string().max(maxLength).nullable().catch(null);

/** The properties of one entry. What is not of its form counts as not said. */
const Props = z.object({
  sizeBytes: z
    .string()
    .regex(/^\d{1,16}$/)
    .transform(Number)
    .refine(Number.isSafeInteger)
    .nullable()
    .catch(null),
  modifiedAt: z
    .string()
    .transform((text) => parseHttpDate(text))
    .nullable()
    .catch(null),
  etag: z.string().transform(parseEtag).nullable().catch(null),
  contentType: text(255),
  fileId: text(255),
});

/** One file or folder as the server describes it. */
export interface DavEntry extends z.output<typeof Props> {
  readonly ref: string;
  readonly isFolder: boolean;
}

export interface Listing {
  /** `null` when the server left the folder itself out. */
  readonly self: DavEntry | null;
  /** Directly in it, each once. */
  readonly children: readonly DavEntry[];
}

interface Draft {
  self: DavEntry | null;
  readonly children: Map<string, DavEntry>;
  /** Of responses, dropped ones too. */
  count: number;
}

export interface ListingOptions {
  /** What refs are relative to. */
  readonly root: URL;
  /** Whose listing it is. */
  readonly ref: string;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/**
 * @throws AppError `storage_unavailable` for XML that is broken off or no multistatus,
 *   `storage_refused` for a page or for more than we take.
 */
export async function readListing(
  answer: EgressResponse,
  options: ListingOptions,
): Promise<Listing> {
  const { root, ref } = options;
  const draft: Draft = { self: null, children: new Map(), count: 0 };
  await readResponses(answer, options, (response) => sortIn(draft, response, root, ref));
  // Not even itself: that is no folder without files.
  if (draft.self === null && draft.children.size === 0) throw nameBrokenListing(answer.url.host);
  return { self: draft.self, children: [...draft.children.values()] };
}

/**
 * Reads a multistatus while it arrives.
 *
 * @throws AppError as `readListing` does.
 */
export async function readResponses(
  answer: EgressResponse,
  { maxBytes, signal }: Pick<ListingOptions, "maxBytes" | "signal">,
  onResponse: (response: Response) => void,
): Promise<void> {
  const { host } = answer.url;
  if (isHtml(answer.headers["content-type"])) {
    discardBody(answer.body);
    throw namePage(host);
  }
  const reader = createMultistatusReader(onResponse);
  try {
    const decoder = new TextDecoder(charsetOf(answer), { fatal: true });
    let readBytes = 0;
    for await (const chunk of boundedChunks(answer.body, Number.POSITIVE_INFINITY)) {
      readBytes += chunk.length;
      if (readBytes > maxBytes) throw nameHugeFolder();
      reader.write(decoder.decode(chunk, { stream: true }));
    }
    reader.write(decoder.decode());
    reader.close();
  } catch (error) {
    answer.body.destroy();
    signal.throwIfAborted();
    throw error instanceof AppError ? error : nameBrokenListing(host, error);
  }
}

const charsetOf = (answer: EgressResponse): string =>
  /;\s*charset="?([^";\s]+)/i.exec(answer.headers["content-type"] ?? "")?.[1] ?? "utf-8";

/**
 * Sorts a response in while the listing arrives. Addresses elsewhere are dropped: those of another
 * host, of a folder above, of folders below (some servers answer deeper than they were asked).
 */
function sortIn(draft: Draft, response: Response, root: URL, ref: string): void {
  draft.count += 1;
  if (draft.count > MAX_ENTRIES) throw nameHugeFolder();
  const found = toRef(root, response.href);
  if (found === null) return;
  if (isSameRef(found, ref)) draft.self ??= toEntry(response, ref);
  else if (isSameRef(parentOf(found), ref) && !draft.children.has(found)) {
    draft.children.set(found, toEntry(response, found));
  }
}

const parentOf = (ref: string): string => ref.slice(0, Math.max(0, ref.lastIndexOf("/")));

function toEntry({ props, isCollection }: Response, ref: string): DavEntry {
  const said = Props.parse({
    sizeBytes: props.get("DAV: getcontentlength") ?? null,
    modifiedAt: props.get("DAV: getlastmodified") ?? null,
    etag: props.get("DAV: getetag") ?? null,
    contentType: props.get("DAV: getcontenttype") ?? null,
    fileId: props.get(`${OC} fileid`) ?? null,
  });
  return { ...said, ref, isFolder: isCollection };
}

export function nameBrokenListing(host: string, cause?: unknown): AppError {
  return new AppError(
    "storage_unavailable",
    `${host} sent a listing of this folder that is broken or not complete. Nothing is lost; the folder is read again later. If it stays like this, tell the people who run it.`,
    { cause },
  );
}

function nameHugeFolder(): AppError {
  return new AppError(
    "storage_refused",
    `This folder has more in it than can be listed at once (${MAX_ENTRIES.toLocaleString("en")} entries or 64 MB). Nothing is lost; spread its files over several folders and scan again.`,
  );
}
