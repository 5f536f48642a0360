import { z } from "zod";
import { readBounded } from "#server/base/egress/body.ts";
import type { EgressResponse } from "#server/base/egress/client.ts";
import { AppError } from "#server/base/errors.ts";
import { parseEtag } from "#server/storage/etag.ts";
import { type Document, parseDocument } from "./document.ts";
import { isKey } from "./key.ts";

/** 1,000 keys of 1,024 bytes, each byte as `%20`, and what is said of them. */
const MAX_LISTING_BYTES = 8 * 1024 * 1024;

/** One object as the bucket describes it. */
export interface S3Object {
  readonly key: string;
  readonly sizeBytes: number | null;
  readonly etag: string | null;
  readonly modifiedAt: Date | null;
}

export interface Listing {
  readonly objects: readonly S3Object[];
  readonly prefixes: readonly string[];
  /** Nothing at all begins like this, not even what is left out here. */
  readonly isEmpty: boolean;
  readonly next: string | null;
}

export interface Asked {
  readonly prefix: string;
  readonly cursor: string | null;
  /** All below, at any depth, instead of what lies directly there. */
  readonly isDeep?: true;
}

/**
 * Reads one page of ListObjectsV2. Left out are the object that stands for its folder (`Live/`) and
 * keys that no address leads to.
 *
 * @throws AppError `storage_unavailable` for what is no listing, or not the one that was asked for.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 */
export async function readListing(answer: EgressResponse, asked: Asked): Promise<Listing> {
  const xml = (await readBounded(answer.body, MAX_LISTING_BYTES)).toString("utf8");
  try {
    return toListing(parseDocument(xml, "ListBucketResult"), asked);
  } catch (cause) {
    throw nameBrokenListing(answer.url.host, cause);
  }
}

function toListing({ texts, items }: Document, { prefix, cursor, isDeep }: Asked): Listing {
  // Servers that do not know the encoding do not name it either, and send keys as they are.
  const decode = texts.get("EncodingType") === "url" ? decodeKey : (key: string) => key;
  const objects: S3Object[] = [];
  const prefixes: string[] = [];
  for (const item of items) {
    if (item.name === "Contents") {
      objects.push(toObject(decode(requireText(item.texts, "Key")), item.texts));
    }
    if (item.name === "CommonPrefixes") prefixes.push(decode(requireText(item.texts, "Prefix")));
  }
  for (const key of [...objects.map((each) => each.key), ...prefixes])
    requireBelow(key, prefix, isDeep);
  return {
    objects: objects.filter(({ key }) => isKey(key) && !key.endsWith("/")),
    prefixes: prefixes.filter((each) => each.length > prefix.length && isKey(each)),
    isEmpty: items.length === 0,
    next: toNext(texts, cursor),
  };
}

/** A listing that goes in circles would never end. */
function toNext(texts: Document["texts"], cursor: string | null): string | null {
  if (texts.get("IsTruncated") !== "true") return null;
  const next = requireText(texts, "NextContinuationToken");
  if (next === cursor) throw new Error("The next page is the same.");
  return next;
}

/** A server that ignores the prefix or delimiter has sent another listing. */
function requireBelow(key: string, prefix: string, isDeep = false): void {
  const rest = key.slice(prefix.length).replace(/\/$/, "");
  if (!key.startsWith(prefix) || (!isDeep && rest.includes("/")))
    throw new Error("This is another folder.");
}

/** As forms are encoded: Amazon writes a space as `+`, and a plus as `%2B`. */
const decodeKey = (text: string): string => decodeURIComponent(text.replaceAll("+", " "));

const Said = z.object({
  sizeBytes: z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .nullable()
    .catch(null),
  modifiedAt: z.string().transform(parseTime).nullable().catch(null),
  etag: z.string().transform(parseEtag).nullable().catch(null),
});

const toObject = (key: string, texts: Document["texts"]): S3Object => ({
  key,
  ...Said.parse({
    sizeBytes: texts.get("Size"),
    modifiedAt: texts.get("LastModified"),
    etag: texts.get("ETag"),
  }),
});

/** In whole seconds, like the header that comes with the bytes. */
function parseTime(text: string): Date | null {
  const seconds = Math.floor(Date.parse(text) / 1000);
  return Number.isNaN(seconds) ? null : new Date(seconds * 1000);
}

function requireText(texts: Document["texts"], name: string): string {
  const text = texts.get(name);
  if (text === undefined || text === "") throw new Error(`There is no ${name}.`);
  return text;
}

function nameBrokenListing(host: string, cause: unknown): AppError {
  return new AppError(
    "storage_unavailable",
    `${host} sent a listing of this folder that is broken or not complete. Nothing is lost; the folder is read again later. If it stays like this, tell the people who run it.`,
    { cause },
  );
}
