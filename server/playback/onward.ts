import type { Readable } from "node:stream";
import type { Flow } from "#server/base/egress/flow.ts";
import type { ByteRange, OpenedRange } from "#server/storage/stored.ts";
import { keepsChanging } from "./failures.ts";
import type { Opening } from "./opening.ts";
import { createResumingBody, createResumingFlow } from "./resuming-body.ts";
import { type FileFacts, isSameVersion } from "./versions.ts";

/** What is known of a version of a file since a part of it was opened. */
export interface Onward {
  readonly facts: FileFacts;
  /** Its body is somebody's already. */
  readonly opened: OpenedRange;
}

/** The part that was opened, however often it has to be opened again. */
export const createBody = (onward: Onward, opening: Opening): Readable =>
  createResumingBody({
    first: onward.opened,
    canResume: canResume(onward),
    reopen: (rest) => reopen(onward, opening, rest),
  });

export interface OnwardFlowOptions {
  readonly range: ByteRange;
  /** Of its bytes, by the short way. */
  readonly first: Flow;
  /** For what it breaks off before. */
  readonly openAgain: () => { readonly opening: Opening; end(): void };
}

/** Another part of the same version. */
export function createOnwardFlow(
  onward: Onward,
  { range, first, openAgain }: OnwardFlowOptions,
): Flow {
  let again: ReturnType<typeof openAgain> | undefined;
  const flow = createResumingFlow({
    ...{ range, first, canResume: canResume(onward) },
    reopen(rest) {
      again ??= openAgain();
      return reopen(onward, again.opening, rest);
    },
  });
  return {
    open: flow.open,
    resume: flow.resume,
    stop(error) {
      flow.stop(error);
      again?.end();
    },
  };
}

const canResume = ({ opened: { etag } }: Onward): boolean =>
  etag !== null && !etag.startsWith("W/");

async function reopen(
  { facts, opened: first }: Onward,
  opening: Opening,
  rest: ByteRange,
): Promise<OpenedRange> {
  const opened = await opening.open(facts, rest);
  const isSame = isSameVersion(facts, opened);
  if (isSame && opened.etag === first.etag) return opened;
  opened.body.destroy();
  // Or whoever comes next would get as far as the cache goes, and no further.
  if (!isSame) await opening.noteChanged(opened);
  throw keepsChanging();
}
