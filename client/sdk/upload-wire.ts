import type { WireError } from "#contract/errors.ts";
import { isWireError, RefusedRequest } from "./refusal.ts";
import { putRight, type Session } from "./session.ts";

/** One request with a piece of a file. */
export interface PieceRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Blob;
  readonly signal: AbortSignal | undefined;
  /** @param bytes - of the body that are on their way. */
  readonly onSent: (bytes: number) => void;
}

/** As `fetch` does: rejects when there was no answer at all, or with the signal's reason. */
export type SendPiece = (request: PieceRequest) => Promise<Response>;

/** Resolves after the time, or sooner when there is a reason to try again. Rejects with the signal's reason. */
export type Wait = (delayMs: number, signal: AbortSignal | undefined) => Promise<void>;

/** What a platform can do better than `fetch` and a timer. */
export interface UploadMeans {
  readonly send?: SendPiece | undefined;
  readonly wait?: Wait | undefined;
}

export interface UploadWire {
  readonly baseUrl: string;
  readonly session: Session;
  readonly fetch: typeof fetch;
  /** What every change needs. */
  headers(): Promise<Record<string, string>>;
}

/** An answer that is none of Backline's: something in between spoke, or it is another version. */
export class OddAnswer extends Error {
  override readonly name = "OddAnswer";
  readonly status: number;

  constructor(status: number) {
    super(`The answer with status ${status} is not of this protocol.`);
    this.status = status;
  }
}

export interface UploadRequest {
  readonly method: "POST" | "HEAD" | "PATCH" | "DELETE";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Blob;
  readonly send?: SendPiece | undefined;
  readonly onSent?: (bytes: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * One request, and a second one after a session or a token was put right.
 *
 * @throws RefusedRequest and OddAnswer, or whatever `fetch` throws without an answer.
 */
export async function askUploads(wire: UploadWire, request: UploadRequest): Promise<Response> {
  const asked = wire.session.renewals;
  try {
    return await askOnce(wire, request);
  } catch (error) {
    if (!(await putRight(wire.session, error, asked))) throw error;
    return askOnce(wire, request);
  }
}

async function askOnce(wire: UploadWire, request: UploadRequest): Promise<Response> {
  const { method, path, body, send, signal, onSent = () => {} } = request;
  const headers = { ...request.headers, "tus-resumable": "1.0.0", ...(await wire.headers()) };
  const url = wire.baseUrl + path;
  signal?.throwIfAborted();
  const answer =
    body && send
      ? await send({ url, headers, body, signal, onSent })
      : await wire.fetch(url, { method, headers, body: body ?? null, signal: signal ?? null });
  if (answer.ok) return answer;
  throw (await refusalIn(request, answer)) ?? new OddAnswer(answer.status);
}

/** To `HEAD` there is no body, and the status has to do. */
async function refusalIn(
  { method }: UploadRequest,
  answer: Response,
): Promise<RefusedRequest | undefined> {
  const said: unknown = await answer.json().catch(() => undefined);
  if (isWireError(said)) return new RefusedRequest(said);
  const code = BARE[answer.status];
  return code && method === "HEAD" ? new RefusedRequest({ code, message: "" }) : undefined;
}

const BARE: Readonly<Record<number, WireError["code"]>> = {
  401: "unauthenticated",
  403: "forbidden",
  404: "not_found",
  410: "gone",
};

export const waitHere: Wait = (delayMs, signal) =>
  new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, delayMs);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
