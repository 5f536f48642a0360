import type { WireError } from "#contract/errors.ts";
import { isWireError } from "#sdk/refusal.ts";
import { playback } from "../words/playback.ts";

/** Why a track does not come, which a media element cannot say. */
export type Diagnosis =
  /** The server sends it: what failed is over, or the file is nothing that this browser plays. */
  | { readonly kind: "fine" }
  /** The storage itself should have sent it: the server can do so in its place. */
  | { readonly kind: "elsewhere" }
  /** The access cookie had run out and is renewed. */
  | { readonly kind: "renewed" }
  | { readonly kind: "signed_out" }
  | { readonly kind: "unreachable" }
  /** May work without anybody doing anything. */
  | { readonly kind: "later"; readonly message: string; readonly retryAfterSeconds?: number }
  /** Works after somebody has done something about the storage. */
  | { readonly kind: "stuck"; readonly message: string }
  /** This one cannot play; the next one may. */
  | { readonly kind: "gone"; readonly message: string };

export interface DiagnosisIo {
  readonly fetch: typeof fetch;
  /** Asks who is signed in, renewing the access cookie on the way. False: nobody. */
  readonly isSignedIn: () => Promise<boolean>;
}

const PATIENCE_MS = 15_000;

/** Asks for the first byte, as the media element did, and reads the refusal that it keeps to itself. */
export async function diagnose(io: DiagnosisIo, url: string): Promise<Diagnosis> {
  try {
    const response = await io.fetch(url, {
      headers: { range: "bytes=0-0" },
      cache: "no-store",
      // To a storage, which tells scripts nothing.
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (isRedirect(response)) return { kind: "elsewhere" };
    if (response.ok) {
      await response.body?.cancel();
      return { kind: "fine" };
    }
    if (response.status === 401) {
      return { kind: (await io.isSignedIn()) ? "renewed" : "signed_out" };
    }
    return toDiagnosis(await readRefusal(response));
  } catch {
    // No answer at all, whatever the reason: the network, or the server is down.
    return { kind: "unreachable" };
  }
}

/** Browsers hide all of it but that it is one. */
const isRedirect = ({ type, status }: Response): boolean =>
  type === "opaqueredirect" || (status >= 300 && status < 400);

async function readRefusal(response: Response): Promise<WireError> {
  const body: unknown = await response.json().catch(() => null);
  return isWireError(body) ? body : { code: "internal", message: playback.trouble.unknown };
}

function toDiagnosis({ code, message, retryAfterSeconds }: WireError): Diagnosis {
  switch (code) {
    case "storage_reconnect":
    case "storage_refused":
      return { kind: "stuck", message };
    case "not_found":
    // What an administrator is told of what none of their bands has any more.
    case "forbidden":
    case "conflict":
    case "range_not_satisfiable":
      return { kind: "gone", message };
    default:
      return {
        kind: "later",
        message,
        ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
      };
  }
}
