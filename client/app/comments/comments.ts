import { queryOptions, useQuery } from "@tanstack/react-query";
import type { Comment, Thread } from "#contract/comments.ts";
import type { TrackId } from "#contract/ids.ts";
import { backline, queryClient, trpc } from "../api.ts";
import { useWhileLooking } from "../frame/while-looking.ts";
import { comments } from "../words/comments.ts";

const threadsQuery = (trackId: TrackId) =>
  queryOptions({
    queryKey: [...trpc.library.comments.list.pathKey(), trackId],
    queryFn: ({ signal }) => fetchAll(trackId, signal),
  });

/** A recording has a thousand at most. */
async function fetchAll(trackId: TrackId, signal: AbortSignal): Promise<Thread[]> {
  const threads: Thread[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof backline.api.library.comments.list.query>> =
      await backline.api.library.comments.list.query({ trackId, cursor }, { signal });
    threads.push(...page.threads);
    cursor = page.next;
  } while (cursor !== null);
  return threads;
}

/** All that is written about a recording, by its times. */
export const useThreads = (trackId: TrackId) => useQuery(threadsQuery(trackId));

export const refreshThreads = (trackId: TrackId): Promise<void> =>
  queryClient.invalidateQueries({ queryKey: threadsQuery(trackId).queryKey });

/** What others write appears by itself. */
export const useLiveComments = (trackId: TrackId): void => useWhileLooking(trackId, follow);

const follow = (trackId: TrackId) =>
  backline.api.library.comments.changed.subscribe(
    { trackId },
    { onData: () => void refreshThreads(trackId) },
  );

export const nameOf = ({ author }: Comment): string => author?.name ?? comments.gone;

/** Of the element that shows it. */
export const elementIdOf = (threadId: string): string => `comment-${threadId}`;

/** Whoever opens it hears what is meant. */
export function linkTo({ id, atMs }: Pick<Thread, "id" | "atMs">): string {
  const link = new URL(location.pathname, location.origin);
  if (atMs !== null) link.searchParams.set("t", String(Math.floor(atMs / 1000)));
  link.searchParams.set("comment", id);
  return link.href;
}
