import { expect, onTestFinished } from "vitest";
import type { Connection } from "#contract/connections.ts";
import { watchStorages } from "#server/library/watch.ts";
import type { TestDeps } from "#tests/support/deps.ts";
import type { World } from "#tests/support/world.ts";

/** Looks at storages as a real server does, until the test or whoever calls the result ends it. */
export function startWatching(deps: TestDeps): () => Promise<void> {
  const ending = new AbortController();
  const ended = watchStorages(deps, ending.signal);
  const stop = async (): Promise<void> => {
    ending.abort(new Error("The server stops."));
    await ended;
  };
  onTestFinished(stop);
  return stop;
}

export async function connectionsOf({ anna, bandId }: World): Promise<Connection[]> {
  return anna.api.connections.list.query({ bandId });
}

/** Until every storage was looked at, and what was found there is in the library. */
export async function untilSettled(world: World): Promise<void> {
  await expect
    .poll(
      async () =>
        (await connectionsOf(world)).every(
          ({ lookedAt, scan }) => lookedAt !== null && scan?.state === "done",
        ),
      { timeout: 60_000, interval: 200 },
    )
    .toBe(true);
}
