import { z } from "zod";
import { ErrorCode } from "#contract/errors.ts";
import { readBounded } from "#server/base/egress/body.ts";
import type { Egress, EgressResponse } from "#server/base/egress/client.ts";
import { AppError } from "#server/base/errors.ts";
import { Abilities, type Questions, standIn } from "./abilities.ts";
import { eitherOf } from "./deadline.ts";
import { TokenRefusal } from "./oauth.ts";
import type { Storage } from "./provider.ts";
import type { ByteRange, OpenedRange } from "./stored.ts";

/** A server of ours that holds the keys. */
export interface StorageServer {
  readonly url: URL;
  /** For that address alone: it is set by who runs the server, and no user can name it. */
  readonly egress: Egress;
}

/** A storage as another process has opened it. */
export interface RemoteStorage {
  readonly server: StorageServer;
  /** @param previous - one that was refused; another is wanted. */
  token(previous: string | null): Promise<string>;
  readonly signal: AbortSignal;
}

const MAX_PAGE_BYTES = 64 * 1024 * 1024;
const MAX_FAILURE_BYTES = 64 * 1024;
/** The storage behind it has deadlines of its own, which say more. */
const TIMEOUT_MS = 150_000;

/** A date goes through JSON as text. */
const When = z.iso.datetime().transform((text) => new Date(text));

const StoredFolder = z.object({
  kind: z.literal("folder"),
  ref: z.string(),
  name: z.string(),
  path: z.string(),
  treeTag: z.string().nullable(),
});

const StoredFile = z.object({
  kind: z.literal("file"),
  ref: z.string(),
  name: z.string(),
  path: z.string(),
  fileId: z.string().nullable(),
  sizeBytes: z.int().min(0).nullable(),
  etag: z.string().nullable(),
  modifiedAt: When.nullable(),
  contentType: z.string().nullable(),
});

const Page = z
  .object({
    entries: z.array(z.discriminatedUnion("kind", [StoredFolder, StoredFile])),
    next: z.string().nullable(),
    trail: z.array(z.object({ ref: z.string(), name: z.string() })).optional(),
  })
  .transform(({ trail, ...page }) => (trail === undefined ? page : { ...page, trail }));

const seen = { cursor: z.string(), requests: z.int().min(0) };

/** In an object, because an answer that is `null` would have no body. */
const Told = z.object({
  changes: z
    .discriminatedUnion("kind", [
      z.object({ ...seen, kind: z.literal("none") }),
      z.object({ ...seen, kind: z.literal("any") }),
      z.object({
        ...seen,
        kind: z.literal("some"),
        isRootTouched: z.boolean(),
        parts: z.array(z.string()),
      }),
    ])
    .nullable(),
});

const Able = z.object({ abilities: Abilities });

const Opened = z.object({
  range: z.object({ start: z.int().min(0), end: z.int().min(0) }),
  sizeBytes: z.int().min(0),
  etag: z.string().nullable(),
  modifiedAt: When.nullable(),
});

/** What an answer with bytes says of them, in a header: `Opened` as JSON in base64url. */
const OPENED_HEADER = "x-opened";

export function toOpenedHeaders(opened: OpenedRange): Record<string, string> {
  const { range, sizeBytes, etag, modifiedAt } = opened;
  const told = JSON.stringify({ range, sizeBytes, etag, modifiedAt });
  return {
    [OPENED_HEADER]: Buffer.from(told).toString("base64url"),
    "content-type": "application/octet-stream",
    "content-length": String(range.end - range.start + 1),
  };
}

const Failure = z.object({
  code: ErrorCode,
  message: z.string(),
  retryAfterSeconds: z.number().optional(),
  isGrantRefused: z.boolean().optional(),
});
export type RemoteFailure = z.infer<typeof Failure>;

/**
 * Opens a storage through a server that has the keys to it; see `server/internal`. What it can do is
 * asked once, here, and holds for as long as it is used, whichever token is shown. `watch`, `writing`,
 * `findAudio`, `quota` and `directUrl` do not go through: they are used by servers with keys alone.
 *
 * @throws AppError as any question to the storage does.
 */
export async function openRemote({ server, token, signal }: RemoteStorage): Promise<Storage> {
  let current: string | null = null;

  const send = (path: string, body: unknown, bearer: string, caller: AbortSignal) =>
    server.egress.request({
      url: new URL(path, server.url),
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${bearer}` },
      body: JSON.stringify(body),
      headersTimeoutMs: TIMEOUT_MS,
      bodyTimeoutMs: TIMEOUT_MS,
      signal: caller,
    });
  const ask = async (path: string, body: unknown, caller = signal): Promise<EgressResponse> => {
    current ??= await token(null);
    const asked = current;
    let answer = await send(path, body, asked, caller);
    if (answer.status === 401) {
      answer.body.destroy();
      // Others of this storage may have got another one meanwhile.
      if (current === asked) current = await token(asked);
      answer = await send(path, body, current, caller);
    }
    if (answer.status !== 200) throw await readFailure(answer);
    return answer;
  };
  const askFor = async <S extends z.ZodType>(path: string, body: unknown, schema: S) => {
    const answer = await ask(path, body);
    const text = (await readBounded(answer.body, MAX_PAGE_BYTES)).toString("utf8");
    return schema.parse(JSON.parse(text)) as z.output<S>;
  };

  const { abilities } = await askFor("/storage/abilities", {}, Able);
  const questions: Questions = {
    list: (folder, cursor) => askFor("/storage/list", { folder, cursor }, Page),
    listDeep: (root, cursor) => askFor("/storage/list-deep", { root, cursor }, Page),
    changes: async (root, cursor) =>
      (await askFor("/storage/changes", { root, cursor }, Told)).changes,
    stat: (ref) => askFor("/storage/stat", { ref }, StoredFile),
    async openRange(ref, range, caller) {
      const answer = await ask("/storage/range", { ref, range }, eitherOf(signal, caller));
      return toOpened(answer, range);
    },
  };
  return standIn(questions, abilities);
}

/** HTTP itself sees to it that there are as many bytes as announced. */
function toOpened(answer: EgressResponse, asked: ByteRange): OpenedRange {
  const header = Buffer.from(answer.headers[OPENED_HEADER] ?? "", "base64url").toString("utf8");
  const opened = Opened.parse(JSON.parse(header));
  const { start, end } = opened.range;
  const isAsked = start === asked.start && end === Math.min(asked.end, opened.sizeBytes - 1);
  if (!isAsked || Number(answer.headers["content-length"]) !== end - start + 1) {
    answer.body.destroy();
    throw new Error("The server with the keys sent other bytes than were asked for.");
  }
  return { ...opened, body: answer.body };
}

async function readFailure(answer: EgressResponse): Promise<AppError> {
  const text = (await readBounded(answer.body, MAX_FAILURE_BYTES)).toString("utf8");
  const { code, message, retryAfterSeconds, isGrantRefused } = Failure.parse(JSON.parse(text));
  const cause = isGrantRefused ? new TokenRefusal("invalid_grant") : undefined;
  return new AppError(code, message, { retryAfterSeconds, cause });
}
