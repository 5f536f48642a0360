import { OddAnswer } from "#sdk/upload-wire.ts";
import { refusalOf } from "../api.ts";
import { upload } from "../words/upload.ts";

/** The server does not know it by its id any more; to an administrator it is somebody else's then. */
export function isLost(error: unknown): boolean {
  const code = refusalOf(error)?.code;
  return code === "not_found" || code === "gone" || code === "forbidden";
}

/** Why it failed. */
export function sentenceOfUpload(error: unknown): string {
  const refusal = refusalOf(error);
  if (refusal?.message) return refusal.message;
  if (isLost(error)) return upload.gone;
  if (error instanceof OddAnswer && error.status === 413) return upload.tooLargePiece;
  if (error instanceof DOMException && /^Not(Readable|Found)Error$/.test(error.name)) {
    return upload.unreadable;
  }
  return navigator.onLine ? upload.noAnswer : upload.offline;
}

/**
 * Why it is held up. After a line was cut a browser may send a piece once more by itself, and the
 * server wants another one by then.
 */
export function sentenceOfDelay(error: unknown): string {
  const refusal = refusalOf(error);
  const isRepeated = refusal?.code === "conflict" && refusal.retryAfterSeconds === undefined;
  return isRepeated ? upload.interrupted : sentenceOfUpload(error);
}
