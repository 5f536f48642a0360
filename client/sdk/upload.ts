import type { TRPCClient } from "@trpc/client";
import type { BandId, UploadId } from "#contract/ids.ts";
import type { UPLOADS_PATH } from "#contract/uploads.ts";
import type { AppRouter } from "#server/router.ts";
import { RefusedRequest } from "./refusal.ts";
import { createPatience, type Patience } from "./upload-patience.ts";
import {
  askUploads,
  OddAnswer,
  type UploadMeans,
  type UploadWire,
  waitHere,
} from "./upload-wire.ts";

/** The contract's own, which would bring its schemas along. */
const PATH: typeof UPLOADS_PATH = "/uploads";

/** Where something in between refuses a request as too large, these are tried, largest first. */
const PIECES_BYTES = [64, 32, 16, 8, 4, 2, 1].map((mebibytes) => mebibytes * 1024 * 1024);

/** How long the storage is left alone with putting a file in its place. */
const FINISHING_MS = 2000;

export interface UploadOrder extends UploadMeans {
  readonly bandId: BandId;
  /** Read as it is sent. */
  readonly file: Blob;
  /** With its extension, which says what kind of recording it is. */
  readonly name: string;
  /** The day of the recording, `2026-03-14`, for the folder that it goes into; today when left out. */
  readonly day?: string;
  /** Of one that was begun before, with the same file: it goes on where it stopped. */
  readonly uploadId?: UploadId;
  /** Stops it; what has arrived stays, to go on by its id or to be discarded. */
  readonly signal?: AbortSignal;
  /** One request carries so much at most, but a part of the storage's at least; all of it when left out. */
  readonly pieceBytes?: number;
  /** The server knows of it from now on. */
  readonly onBegun?: (uploadId: UploadId) => void;
  /** @param sentBytes - from the file's beginning; less than before where some is sent anew. */
  readonly onProgress?: (sentBytes: number) => void;
  /** It failed in a way that may be over soon, and goes on after this pause or when the network is back. */
  readonly onPause?: (error: unknown, delayMs: number) => void;
}

/** What uploads need of a client. */
export interface Uploader {
  readonly wire: UploadWire;
  readonly api: TRPCClient<AppRouter>;
}

export async function uploadFile({ wire, api }: Uploader, order: UploadOrder): Promise<UploadId> {
  const patience = createPatience(order);
  const uploadId =
    order.uploadId ?? (await patience.insist(() => begin(wire, order), ["conflict"]));
  order.onBegun?.(uploadId);
  const { pieceBytes = Number.POSITIVE_INFINITY } = order;
  const sending: Sending = { wire, api, order, uploadId, patience, pieceBytes, partBytes: 1 };
  await patience.insist(() => sendRest(sending));
  return uploadId;
}

export async function discardUpload(wire: UploadWire, uploadId: UploadId): Promise<void> {
  try {
    await askUploads(wire, { method: "DELETE", path: `${PATH}/${uploadId}` });
  } catch (error) {
    if (!(error instanceof RefusedRequest) || !isGone(error)) throw error;
  }
}

/** To an administrator what is not there is somebody else's. */
const isGone = ({ refusal: { code } }: RefusedRequest): boolean =>
  code === "not_found" || code === "gone" || code === "forbidden";

async function begin(wire: UploadWire, { bandId, file, name, day, signal }: UploadOrder) {
  const metadata = { bandId, filename: name, ...(day ? { modified: day } : {}) };
  const answer = await askUploads(wire, {
    method: "POST",
    path: PATH,
    headers: { "upload-length": String(file.size), "upload-metadata": toMetadata(metadata) },
    signal,
  });
  const uploadId = answer.headers.get("location")?.split("/").pop();
  if (!uploadId) throw new OddAnswer(answer.status);
  return uploadId as UploadId;
}

/** @see https://tus.io/protocols/resumable-upload#upload-metadata */
const toMetadata = (values: Readonly<Record<string, string>>): string =>
  Object.entries(values)
    .map(([key, value]) => `${key} ${toBase64(value)}`)
    .join();

const toBase64 = (text: string): string =>
  btoa(String.fromCharCode(...new TextEncoder().encode(text)));

interface Sending extends Uploader {
  readonly order: UploadOrder;
  readonly uploadId: UploadId;
  readonly patience: Patience;
  /** What gets through, as far as is known. */
  pieceBytes: number;
  /** The storage keeps whole parts. */
  partBytes: number;
}

/** From the byte on that the server wants next: it alone knows what has arrived. */
async function sendRest(sending: Sending): Promise<void> {
  const { wire, order, uploadId, patience } = sending;
  const { size } = order.file;
  const path = `${PATH}/${uploadId}`;
  const answer = await askUploads(wire, { method: "HEAD", path, signal: order.signal });
  sending.partBytes = countIn(answer, "upload-part-size") || 1;
  let offset = offsetIn(answer);
  order.onProgress?.(offset);
  if (offset >= size) return seeInPlace(sending);
  while (offset < size) {
    const next = await sendPiece(sending, path, offset);
    if (next <= offset) throw new OddAnswer(200);
    patience.noteProgress();
    offset = next;
  }
}

async function sendPiece(sending: Sending, path: string, from: number): Promise<number> {
  const { wire, order } = sending;
  const { file, onProgress, send, signal } = order;
  const body = file.slice(from, from + toWholeParts(sending.pieceBytes, sending));
  // A file that was changed or taken away meanwhile would look like a dead line.
  await body.slice(0, 1).arrayBuffer();
  const headers = {
    "content-type": "application/offset+octet-stream",
    "upload-offset": String(from),
  };
  try {
    const answer = await askUploads(wire, {
      ...{ method: "PATCH", path, headers, body, send, signal },
      onSent: (bytes) => onProgress?.(from + bytes),
    });
    const offset = offsetIn(answer);
    onProgress?.(offset);
    return offset;
  } catch (error) {
    const smaller = PIECES_BYTES.find((bytes) => toWholeParts(bytes, sending) < body.size);
    if (!isTooLargeBetween(error) || !smaller) throw error;
    sending.pieceBytes = smaller;
    return sendPiece(sending, path, from);
  }
}

/** What is beyond the last whole part would be sent in vain, and less than one is refused. */
const toWholeParts = (bytes: number, { partBytes }: Pick<Sending, "partBytes">): number =>
  Math.max(Math.floor(bytes / partBytes), 1) * partBytes;

/** The server itself would say it in its own words. */
const isTooLargeBetween = (error: unknown): boolean =>
  error instanceof OddAnswer && error.status === 413;

function offsetIn(answer: Response): number {
  const offset = countIn(answer, "upload-offset");
  if (offset === undefined) throw new OddAnswer(answer.status);
  return offset;
}

function countIn({ headers }: Response, name: string): number | undefined {
  const count = Number(headers.get(name) ?? Number.NaN);
  return Number.isSafeInteger(count) && count >= 0 ? count : undefined;
}

/** Everything was sent, but the answer to the last piece got lost. */
async function seeInPlace({ api, order, uploadId }: Sending): Promise<void> {
  const { signal, wait = waitHere } = order;
  for (;;) {
    const uploads = await api.uploads.list.query({ bandId: order.bandId });
    const found = uploads.find(({ id }) => id === uploadId);
    if (found?.state === "done") return;
    if (found?.state === "failed") {
      throw new RefusedRequest({ code: "storage_refused", message: found.message ?? "" });
    }
    await wait(FINISHING_MS, signal);
  }
}
