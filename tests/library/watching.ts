import { sql } from "drizzle-orm";
import { expect, onTestFinished } from "vitest";
import { write } from "#server/base/db.ts";
import { look } from "#server/library/look.ts";
import { watchStorages } from "#server/library/watch.ts";
import * as store from "#server/library/watch-store.ts";
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

/**
 * Until every storage was looked at, and what was found there is in the library. Asked in one
 * statement: the first look and the scan that it wants come into being together.
 */
export async function untilSettled({ server: { deps } }: World): Promise<void> {
  await expect
    .poll(
      async () => {
        const [row] = await deps.db.execute<{ count: number }>(sql`
          select count(*)::int as count from connections as c
          where not exists (
            select from watches as w where w.connection_id = c.id and w.looked_at is not null
          ) or coalesce((
            select s.state from scans as s where s.connection_id = c.id
            order by s.started_at desc, s.id desc limit 1
          ), 'none') <> 'done'`);
        return row?.count;
      },
      { timeout: 60_000, interval: 200 },
    )
    .toBe(0);
}

/** Of the storages that are due. */
export async function takeLooks({ server: { deps } }: World): Promise<readonly store.HeldLook[]> {
  return write(deps, async (tx) => {
    await store.insertMissing(tx);
    return store.takeDue(tx, 9);
  });
}

export const takeLook = async (world: World): Promise<store.HeldLook> =>
  (await takeLooks(world))[0] ?? expect.unreachable();

/** Now, whatever the clock says; and does what comes of it. */
export async function lookNow(world: World): Promise<void> {
  const { deps } = world.server;
  await write(deps, (tx) => tx.execute(sql`update watches set next_look_at = clock_timestamp()`));
  await look(deps, await takeLook(world), new AbortController().signal);
}

/** How many there have been. */
export const scansOf = async ({ server: { deps } }: World): Promise<number> =>
  (await deps.db.execute(sql`select id from scans`)).length;
