import type { Thread } from "#contract/comments.ts";

export interface Cluster {
  readonly threads: readonly Thread[];
  /** 0 to 1: of the first of them. */
  readonly at: number;
}

/**
 * What would lie on each other is one mark.
 *
 * @param threads - by their times.
 * @param apart - how much of the whole two marks need between them.
 */
export function toClusters(
  threads: readonly Thread[],
  durationMs: number,
  apart: number,
): Cluster[] {
  const clusters: { threads: Thread[]; at: number }[] = [];
  for (const thread of threads) {
    if (thread.atMs === null || thread.resolvedAt !== null) continue;
    const at = Math.min(1, thread.atMs / durationMs);
    const last = clusters.at(-1);
    if (last && at - last.at < apart) last.threads.push(thread);
    else clusters.push({ threads: [thread], at });
  }
  return clusters;
}
