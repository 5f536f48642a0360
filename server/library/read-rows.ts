import type { Edits } from "#contract/edits.ts";
import type * as store from "./reading-store.ts";
import type { FileFacts } from "./remote-file.ts";
import { type Naming, toFileTags, toShownRow } from "./shown.ts";
import type { listEdits } from "./shown-store.ts";
import { toOriginalTags } from "./tag-origin.ts";
import type { listOriginals, Original } from "./tag-writing-store.ts";
import type { Tags } from "./tags.ts";

/** What is known of a file now that it was looked at. */
export interface FileContent {
  readonly facts: FileFacts | null;
  /** `null` where there is nothing to know it by. */
  readonly fingerprint: string | null;
  readonly found: Recording | Failure;
}

interface Recording {
  readonly kind: "recording";
  readonly tags: Tags;
  readonly coverHash: string | null;
}

export interface Failure {
  readonly kind: "failure";
  readonly failure: string;
  /** False for what is worth another try by the next scan. */
  readonly isRead: boolean;
}

/**
 * What is written down of files that were looked at.
 *
 * @param trackAt - of each place, the recording that it is.
 */
export function toRows(
  looked: readonly { row: store.UnreadRow; content: FileContent }[],
  trackAt: ReadonlyMap<string, store.UnreadRow["id"]>,
  naming: Naming & {
    readonly edits: Awaited<ReturnType<typeof listEdits>>;
    readonly originals: Awaited<ReturnType<typeof listOriginals>>;
  },
): { read: store.ReadRow[]; failed: store.FailedRow[] } {
  const [read, failed]: [store.ReadRow[], store.FailedRow[]] = [[], []];
  for (const { row, content } of looked) {
    const id = trackAt.get(row.ref);
    if (!id) continue;
    const { found, fingerprint } = content;
    const facts = content.facts && isOther(content.facts, row) ? content.facts : null;
    if (found.kind === "failure") failed.push({ ...found, id, fingerprint, facts });
    else {
      const edits = naming.edits.get(id) ?? null;
      const original = naming.originals.get(id);
      const track = { path: row.path, edits, original };
      read.push({ ...toReadRow(found, track, naming), id, fingerprint, facts });
    }
  }
  return { read, failed };
}

const isOther = (facts: FileFacts, row: FileFacts): boolean =>
  facts.sizeBytes !== row.sizeBytes || facts.etag !== row.etag;

/** What people have put beside the file stays, whatever is read of it. */
function toReadRow(
  { tags, coverHash }: Recording,
  track: {
    readonly path: string;
    readonly edits: Edits | null;
    readonly original: Original | undefined;
  },
  naming: Naming,
) {
  const fileTags = toOriginalTags(track.original, toFileTags(tags));
  const { durationMs } = tags;
  const shown = toShownRow({ ...track, durationMs, tags: fileTags }, naming);
  return { ...tags, ...shown, tags: fileTags, coverHash };
}
