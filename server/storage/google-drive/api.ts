import { z } from "zod";
import { discardBody } from "#server/base/egress/body.ts";
import type { EgressResponse } from "#server/base/egress/client.ts";
import { withDeadline } from "#server/storage/deadline.ts";
import { readAnswer, send } from "#server/storage/http.ts";
import type { StorageIo } from "#server/storage/provider.ts";
import type { ByteRange } from "#server/storage/stored.ts";
import { nameDriveFailure } from "./failures.ts";

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const TIMEOUT_MS = 60_000;
/** A listener is waiting. */
const DOWNLOAD_HEAD_TIMEOUT_MS = 10_000;
/** The most that Google gives at once. */
const PAGE_SIZE = 1000;
const DRIVES_PAGE_SIZE = 100;

const FILE_FIELDS =
  "id,name,mimeType,size,md5Checksum,modifiedTime,trashed,driveId,shortcutDetails(targetId,targetMimeType)";

/** @see https://developers.google.com/workspace/drive/api/reference/rest/v3/files */
const DriveFile = z.object({
  id: z.string().min(1),
  name: z.string(),
  mimeType: z.string(),
  size: z
    .string()
    .regex(/^\d{1,15}$/)
    .optional(),
  md5Checksum: z
    .string()
    .regex(/^[\da-f]{32}$/i)
    .optional(),
  modifiedTime: z.string().optional(),
  trashed: z.boolean().optional(),
  /** Of the shared drive that it lies in. */
  driveId: z.string().optional(),
  shortcutDetails: z.object({ targetId: z.string(), targetMimeType: z.string() }).optional(),
});
export type DriveFile = z.infer<typeof DriveFile>;

const FilePage = z.object({
  files: z.array(DriveFile),
  nextPageToken: z.string().min(1).optional(),
});
const Change = z.object({
  changeType: z.string().optional(),
  /** Gone, or out of sight; a file in the bin is still told. */
  removed: z.boolean().optional(),
  fileId: z.string().optional(),
  file: z.object({ parents: z.array(z.string()).optional() }).optional(),
});
export type Change = z.infer<typeof Change>;

/** @see https://developers.google.com/workspace/drive/api/reference/rest/v3/changes/list */
const ChangePage = z.object({
  changes: z.array(Change),
  nextPageToken: z.string().min(1).optional(),
  newStartPageToken: z.string().min(1).optional(),
});
const StartToken = z.object({ startPageToken: z.string().min(1) });
const DrivePage = z.object({
  drives: z.array(z.object({ id: z.string(), name: z.string() })),
  nextPageToken: z.string().min(1).optional(),
});
const About = z.object({
  user: z.object({
    permissionId: z.string().min(1),
    emailAddress: z.string().optional(),
    displayName: z.string().optional(),
  }),
  storageQuota: z.object({
    limit: z.string().regex(/^\d+$/).optional(),
    usage: z.string().regex(/^\d+$/),
  }),
});
export type About = z.infer<typeof About>;

export interface Children {
  readonly folderId: string;
  /** The shared drive that the folder lies in; `null` for the person's own. */
  readonly driveId: string | null;
  readonly pageToken: string | null;
}

/** A Drive as one access token sees it. */
export interface Drive {
  readonly host: string;
  list(children: Children): Promise<z.output<typeof FilePage>>;
  listDrives(pageToken: string | null): Promise<z.output<typeof DrivePage>>;
  /** Where the log of a shared drive, or of the person's own files, is now. */
  startToken(driveId: string | null): Promise<string>;
  /** @returns `null` for a token that is no good any more. */
  changes(driveId: string | null, token: string): Promise<z.output<typeof ChangePage> | null>;
  /** @throws AppError `not_found` */
  get(fileId: string, signal?: AbortSignal): Promise<DriveFile>;
  about(): Promise<About>;
  /** Answers 200, 206 or 416. */
  download(fileId: string, range: ByteRange, signal: AbortSignal): Promise<EgressResponse>;
}

export function createDrive(base: string, accessToken: string, io: StorageIo): Drive {
  const { host } = new URL(base);
  const authorization = `Bearer ${accessToken}`;
  const toHeaders = () => ({ authorization, accept: "application/json" });
  const expect = (...expected: number[]) => ({ expected, name: nameDriveFailure });
  const getJson = <S extends z.ZodType>(url: URL, schema: S, caller = io.signal) =>
    withDeadline(host, caller, TIMEOUT_MS, async (signal) => {
      const headers = toHeaders();
      const options = { url, headers, decompress: true, headersTimeoutMs: TIMEOUT_MS, signal };
      return readAnswer(await send(io, options, expect(200)), schema, MAX_ANSWER_BYTES);
    });

  return {
    host,
    list: (children) => getJson(toUrl(base, "files", toListQuery(children)), FilePage),
    listDrives: (pageToken) =>
      getJson(
        toUrl(base, "drives", {
          pageSize: String(DRIVES_PAGE_SIZE),
          fields: "nextPageToken,drives(id,name)",
          ...(pageToken === null ? {} : { pageToken }),
        }),
        DrivePage,
      ),
    startToken: async (driveId) =>
      (await getJson(toUrl(base, "changes/startPageToken", ofDrive(driveId)), StartToken))
        .startPageToken,
    changes: (driveId, pageToken) =>
      withDeadline(host, io.signal, TIMEOUT_MS, async (signal) => {
        const url = toUrl(base, "changes", {
          ...ofDrive(driveId),
          pageToken,
          pageSize: String(PAGE_SIZE),
          fields:
            "nextPageToken,newStartPageToken,changes(changeType,removed,fileId,file(parents))",
          includeRemoved: "true",
          includeItemsFromAllDrives: "true",
          spaces: "drive",
        });
        const options = { url, headers: toHeaders(), decompress: true, signal };
        // What Google says of a token that it does not know (any more) is written nowhere.
        const answer = await send(io, options, expect(200, 400, 404, 410));
        if (answer.status === 200) return readAnswer(answer, ChangePage, MAX_ANSWER_BYTES);
        discardBody(answer.body);
        return null;
      }),
    get: (fileId, signal) =>
      getJson(
        toUrl(base, `files/${fileId}`, { fields: FILE_FIELDS, supportsAllDrives: "true" }),
        DriveFile,
        signal,
      ),
    about: () =>
      getJson(
        toUrl(base, "about", {
          fields: "user(permissionId,emailAddress,displayName),storageQuota(limit,usage)",
        }),
        About,
      ),
    download: (fileId, range, signal) =>
      send(
        io,
        {
          url: toUrl(base, `files/${fileId}`, { alt: "media", supportsAllDrives: "true" }),
          headers: { authorization, range: `bytes=${range.start}-${range.end}` },
          headersTimeoutMs: DOWNLOAD_HEAD_TIMEOUT_MS,
          signal,
        },
        expect(200, 206, 416),
      ),
  };
}

/**
 * Without `corpora=drive` a shared drive answers only with what this person has opened before.
 *
 * @see https://developers.google.com/workspace/drive/api/reference/rest/v3/files/list
 */
function toListQuery({ folderId, driveId, pageToken }: Children): Record<string, string> {
  return {
    q: `'${folderId}' in parents and trashed = false`,
    pageSize: String(PAGE_SIZE),
    fields: `nextPageToken,files(${FILE_FIELDS})`,
    spaces: "drive",
    supportsAllDrives: "true",
    includeItemsFromAllDrives: "true",
    ...(driveId === null ? { corpora: "user" } : { corpora: "drive", driveId }),
    ...(pageToken === null ? {} : { pageToken }),
  };
}

const ofDrive = (driveId: string | null): Record<string, string> => ({
  supportsAllDrives: "true",
  ...(driveId === null ? {} : { driveId }),
});

function toUrl(base: string, path: string, query: Readonly<Record<string, string>>): URL {
  const url = new URL(`${base}/${path}`);
  url.search = new URLSearchParams(query).toString();
  return url;
}
