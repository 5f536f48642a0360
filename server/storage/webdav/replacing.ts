import { createHash } from "node:crypto";
import { dirname } from "node:path/posix";
import type { Readable } from "node:stream";
import { AppError } from "#server/base/errors.ts";
import type { KnownFile } from "#server/storage/removal.ts";
import {
  type NewVersion,
  nameChanged,
  nameUnconditional,
  requireSame,
} from "#server/storage/replacing.ts";
import type { StoredFile } from "#server/storage/stored.ts";
import { toHiddenName } from "#server/storage/writing.ts";
import type { Change } from "./api.ts";
import { findFile, join, toBodyHeaders, type WritableDav } from "./depot.ts";
import { toUrl } from "./href.ts";

export interface ReplaceableDav extends WritableDav {
  /** All of a file. */
  read(ref: string, sizeBytes: number): Promise<Readable>;
}

/** No version of any file has it. */
const NO_ETAG = '"backline-asks"';

/**
 * Puts a new version in the place of a file. A Nextcloud takes it in one request, keeps the old one among
 * its versions, and holds what was shared. Elsewhere it lies under a hidden name until it is whole there by
 * every byte, and is then moved over the old one on condition that this is still the one that was read.
 */
export async function replaceFile(
  server: ReplaceableDav,
  known: KnownFile,
  version: NewVersion,
): Promise<StoredFile> {
  const found = await server.stat(known.ref);
  requireSame(found, known);
  if (!found.etag?.startsWith('"')) throw nameWeak(server, found);
  if (server.isNextcloud) await put(server, known.ref, version, { "if-match": found.etag });
  else await moveOver(server, { ref: known.ref, etag: found.etag }, version);
  return server.stat(known.ref);
}

/** What was about to take the place of a file, where the server has lost both on the way. */
export async function recoverFile(server: ReplaceableDav, ref: string, id: string): Promise<void> {
  const { hidden } = toPlaces(ref, id);
  if ((await findFile(server, ref)) || !(await findFile(server, hidden))) return;
  await move(server, hidden, ref, { overwrite: "F" });
}

const toPlaces = (ref: string, id: string): { readonly hidden: string; readonly probe: string } => {
  const folder = dirname(ref) === "." ? "" : dirname(ref);
  const hidden = join(folder, toHiddenName(id));
  return { hidden, probe: `${hidden}.2` };
};

async function moveOver(
  server: ReplaceableDav,
  { ref, etag }: { readonly ref: string; readonly etag: string },
  version: NewVersion,
): Promise<void> {
  const { hidden, probe } = toPlaces(ref, version.id);
  try {
    await put(server, hidden, version, {});
    await requireWhole(server, hidden, version);
    await requireConditions(server, hidden, probe);
    await move(server, hidden, ref, { overwrite: "T", if: toCondition(server, ref, etag) });
  } catch (error) {
    await tidy(server, ref, hidden).catch(() => {});
    throw isChanged(error) ? nameMet(server, await server.stat(ref), etag) : error;
  }
}

/** A server that says so of what is as it was says so of everything. */
const nameMet = ({ dav }: ReplaceableDav, { etag }: StoredFile, before: string): AppError =>
  etag === before ? nameUnconditional(dav.host) : nameChanged();

/** Not before the file is there: a server may take the old one away before it moves the new one. */
async function tidy(server: ReplaceableDav, ref: string, hidden: string): Promise<void> {
  if (await findFile(server, ref)) await remove(server, hidden);
  else await move(server, hidden, ref, { overwrite: "F" });
}

async function put(
  server: ReplaceableDav,
  ref: string,
  { sizeBytes, open }: NewVersion,
  conditions: Record<string, string>,
): Promise<void> {
  const body = open();
  const status = await change(server, {
    method: "PUT",
    url: toUrl(server.url, ref),
    headers: { ...toBodyHeaders(sizeBytes), ...conditions },
    body,
    expected: [200, 201, 204, 412],
  }).finally(() => body.destroy());
  if (status === 412) throw nameChanged();
}

/** Read back, so that a line or a disk that has changed a bit is seen before anything is replaced. */
async function requireWhole(
  server: ReplaceableDav,
  hidden: string,
  { sha256, sizeBytes }: NewVersion,
): Promise<void> {
  const hash = createHash("sha256");
  for await (const piece of await server.read(hidden, sizeBytes)) hash.update(piece);
  if (hash.digest("hex") !== sha256) throw nameMangled(server.dav.host);
}

/**
 * Whether the server heeds a condition on where something is moved to, tried out where nothing lies.
 *
 * @see https://www.rfc-editor.org/rfc/rfc4918#section-10.4
 */
async function requireConditions(
  server: ReplaceableDav,
  hidden: string,
  probe: string,
): Promise<void> {
  const condition = { overwrite: "F", if: toCondition(server, probe, NO_ETAG) };
  try {
    await move(server, hidden, probe, condition);
  } catch (error) {
    if (isChanged(error)) return;
    throw error;
  }
  await remove(server, probe);
  throw nameUnconditional(server.dav.host);
}

const CHANGED = Symbol("changed");
const isChanged = (error: unknown): boolean => error instanceof AppError && error.cause === CHANGED;

const toCondition = ({ url }: ReplaceableDav, ref: string, etag: string): string =>
  `<${toUrl(url, ref).href}> ([${etag}])`;

/** @throws AppError `conflict` when what it was to be is not so. */
async function move(
  server: ReplaceableDav,
  from: string,
  to: string,
  conditions: Record<string, string>,
): Promise<void> {
  const status = await change(server, {
    method: "MOVE",
    url: toUrl(server.url, from),
    headers: { destination: toUrl(server.url, to).href, ...conditions },
    expected: [201, 204, 412],
  });
  if (status === 412) throw nameChanged(CHANGED);
}

const remove = (server: ReplaceableDav, ref: string): Promise<number> =>
  change(server, {
    method: "DELETE",
    url: toUrl(server.url, ref),
    expected: [200, 204, 404],
  });

const change = ({ dav, signal }: ReplaceableDav, request: Omit<Change, "signal">) =>
  dav.change({ ...request, signal });

/** Apache gives a file of this very second an etag that promises nothing yet. */
const nameWeak = ({ dav }: ReplaceableDav, { etag }: StoredFile): AppError =>
  etag === null
    ? nameUnconditional(dav.host)
    : new AppError(
        "storage_unavailable",
        `${dav.host} cannot tell yet whether somebody is still changing this file, so it was not replaced. It is tried again later.`,
      );

const nameMangled = (host: string): AppError =>
  new AppError(
    "storage_unavailable",
    `${host} did not keep what was sent to it as it was, so nothing was replaced there. It is tried again later; ask the people who run it to check its disk if it stays like this.`,
  );
