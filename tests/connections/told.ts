import { onTestFinished } from "vitest";
import type { ConnectionId } from "#contract/ids.ts";
import { connectionTopic } from "#server/connections/service.ts";
import type { TestDeps } from "#tests/support/deps.ts";

/** Whether whoever looks at a card is told, from now on, that it may be another one. */
export async function listenTo({ events }: TestDeps, id: ConnectionId): Promise<() => boolean> {
  const over = new AbortController();
  onTestFinished(() => over.abort());
  const told = events.subscribe(connectionTopic(id), over.signal);
  let isTold = false;
  // The first only says that somebody listens.
  await told.next();
  void told.next().then(({ done }) => {
    isTold = done !== true;
  });
  return () => isTold;
}
