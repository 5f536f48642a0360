import { sql } from "drizzle-orm";
import { expect, onTestFinished, test } from "vitest";
import type { SessionId, TrackId, UserId } from "#contract/ids.ts";
import type { Backline } from "#sdk/index.ts";
import { write } from "#server/base/db.ts";
import { editsTopic, watchEdits } from "#server/library/edit-news.ts";
import { join } from "#tests/comments/rehearsal-room.ts";
import { refused } from "#tests/support/refused.ts";
import { listTracks, runJobs, type StorageWorld } from "#tests/support/world.ts";
import { annasTracks, save } from "./editing.ts";

test("who watches hears once of each change, however many recordings it was made to", async () => {
  const world = await annasTracks();
  const { bandId, anna, server } = world;
  const { events } = server.deps;
  const ben = await join(world, "ben", "listener");
  const mallory = await join(world, "mallory", null);
  let news = 0;
  let end = () => {};
  onTestFinished(events.listen(editsTopic(bandId), () => (news += 1)));
  onTestFinished(events.listen("the end", () => end()));
  /** What was published before has come when this has. */
  const countNews = async () => {
    const ended = new Promise<void>((resolve) => (end = resolve));
    await write(server.deps, (tx) => events.publish(tx, "the end"));
    await ended;
    return news;
  };
  const stateOf = async (client: Backline) => {
    const { user } = await client.api.auth.me.query();
    const leave = new AbortController();
    const actor = { userId: user.id, sessionId: await sessionOf(world, user.id), role: user.role };
    for await (const state of watchEdits(server.deps, actor, bandId, leave.signal)) return state;
    return null;
  };

  const all = await listTracks(world);
  const first = await stateOf(ben.client);
  const edited = await save(anna, all, { album: "Together" });
  expect(await countNews()).toBe(1);
  const second = await stateOf(ben.client);
  expect(second?.mark).not.toBe(first?.mark);
  // Neither what is refused nor what changes nothing is news.
  await refused(save(anna, all, { album: "Never" }));
  await save(anna, edited, { album: "Together" });
  expect([await countNews(), await stateOf(ben.client)]).toEqual([1, second]);
  const [one] = edited;
  const order = { trackId: one?.id as TrackId, editId: null, version: one?.editId ?? null };
  await anna.api.library.edits.restore.mutate(order);
  expect(await countNews()).toBe(2);

  const rule = { names: ["{number} - {title}"], folders: [] };
  const third = await stateOf(ben.client);
  await anna.api.library.naming.save.mutate({ bandId, rule, version: 0 });
  expect(await stateOf(ben.client)).toMatchObject({ isGoingOn: true });
  await runJobs(server);
  expect(await countNews()).toBe(3);
  const named = await stateOf(ben.client);
  expect([named?.isGoingOn, named?.mark === third?.mark]).toEqual([false, false]);
  await expect(stateOf(mallory.client)).rejects.toThrow("There is no such band");
});

async function sessionOf({ server }: StorageWorld, userId: UserId): Promise<SessionId> {
  const [session] = await server.deps.db.execute<{ id: SessionId }>(
    sql`select id from sessions where user_id = ${userId}`,
  );
  if (!session) throw new Error("Nobody is signed in.");
  return session.id;
}
