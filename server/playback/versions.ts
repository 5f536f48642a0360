import { createHash } from "node:crypto";
import { AppError } from "#server/base/errors.ts";
import { isWeakMatch } from "#server/base/preconditions.ts";
import type { PlayableTrack } from "#server/library/service.ts";
import type { Storage } from "#server/storage/provider.ts";
import type { OpenedRange } from "#server/storage/stored.ts";

/** What is known of a file's version: by the last scan, or by the storage just now. */
export interface FileFacts {
  readonly sizeBytes: number;
  readonly etag: string | null;
  readonly modifiedAt: Date | null;
}

/**
 * Our entity tag for a version: opaque, of the storage's own and the size. Strong only where the
 * storage's is; made of size and date it is weak.
 */
export function toEtag(facts: FileFacts): string | null {
  const known = tags.get(facts);
  if (known !== undefined) return known;
  const tag = makeTag(facts);
  tags.set(facts, tag);
  return tag;
}

/** Somebody who seeks asks for one version many times. */
const tags = new WeakMap<FileFacts, string | null>();

function makeTag({ etag, modifiedAt, sizeBytes }: FileFacts): string | null {
  const source = etag ?? modifiedAt?.toISOString();
  if (source === undefined) return null;
  const digest = createHash("sha256").update(`${sizeBytes} ${source.replace(/^W\//, "")}`);
  const quoted = `"${digest.digest("base64url").slice(0, 22)}"`;
  return etag === null || etag.startsWith("W/") ? `W/${quoted}` : quoted;
}

/** What an answer does not say cannot contradict. */
export function isSameVersion(known: FileFacts, now: FileFacts): boolean {
  if (known.sizeBytes !== now.sizeBytes) return false;
  if (known.etag !== null && now.etag !== null) return isWeakMatch(known.etag, now.etag);
  if (known.modifiedAt === null || now.modifiedAt === null) return true;
  return Math.abs(known.modifiedAt.getTime() - now.modifiedAt.getTime()) < 1000;
}

export async function look(
  storage: Storage,
  { ref }: Pick<PlayableTrack, "ref">,
): Promise<FileFacts> {
  const now = await storage.stat(ref);
  return { ...now, sizeBytes: now.sizeBytes ?? 0 };
}

/**
 * What the file is now, after something else came than what was known.
 *
 * @throws AppError `storage_unavailable` when it is what it was: then a page came in its place.
 */
export async function factsAfter(
  storage: Storage,
  track: Pick<PlayableTrack, "ref">,
  known: FileFacts,
  opened: OpenedRange | undefined,
): Promise<FileFacts> {
  if (opened?.sizeBytes === known.sizeBytes) return opened;
  const now = await look(storage, track);
  if (isSameVersion(known, now)) throw sentSomethingElse();
  return now;
}

const sentSomethingElse = (): AppError =>
  new AppError(
    "storage_unavailable",
    "The storage sent something else than the recording, such as a page to sign in. Nothing is lost; try again in a moment, and look at the storage itself if it stays so.",
    { retryAfterSeconds: 30 },
  );
