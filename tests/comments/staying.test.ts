import { sql } from "drizzle-orm";
import { expect, onTestFinished, test } from "vitest";
import { write } from "#server/base/db.ts";
import { annasGoogle } from "#tests/connections/google-world.ts";
import { mp3 } from "#tests/library/made-audio.ts";
import { listen } from "#tests/security/live.ts";
import { nightShift } from "#tests/security/night-shift.ts";
import { startFaultServer } from "#tests/support/fault-server.ts";
import { connect, listTracks, runJobs } from "#tests/support/world.ts";
import { annasRoom, join } from "./rehearsal-room.ts";

test("what somebody wrote whose account is gone stays, without their name", async () => {
  const room = await annasRoom();
  const { annas, trackId } = room;
  const ben = await join(room, "ben", "listener");
  const { id } = await ben.comments.create.mutate({ trackId, atMs: 0, text: "Remember me" });
  await annas.reply.mutate({ commentId: id, text: "We will" });
  await ben.comments.resolve.mutate({ commentId: id, isResolved: true });
  const { bands } = await ben.client.api.account.deletion.preview.query();
  expect(bands.length).toBeGreaterThan(0);
  await ben.client.api.account.delete.mutate({
    bands: [],
    keepShares: false,
    confirmation: ben.email,
  });
  const { threads } = await annas.list.query({ trackId });
  expect(threads).toMatchObject([
    {
      ...{ text: "Remember me", author: null, isMine: false, isDeleted: false, resolvedBy: null },
      resolvedAt: expect.any(String),
      replies: [{ author: { name: "Anna" } }],
    },
  ]);
});

test("comments go with their recording", async () => {
  const room = await annasRoom();
  const { annas, trackId, server } = room;
  const { id } = await annas.create.mutate({ trackId, atMs: 0, text: "First" });
  await annas.reply.mutate({ commentId: id, text: "Reply" });
  await write(server.deps, (tx) => tx.execute(sql`delete from tracks where id = ${trackId}`));
  const [row] = await server.deps.db.execute<{ all: number }>(
    sql`select count(*)::int as all from comments`,
  );
  expect(row?.all).toBe(0);
});

test("what was written about both of two recordings that are found to be one stays with it", async () => {
  const song = mp3({ TIT2: "Harbour Lights" }, 60);
  const world = await annasGoogle();
  world.google.tree.put("Band/harbour.mp3", song);
  const { id: connectionId } = await world.connect();
  await world.anna.api.connections.setRoot.mutate({ connectionId, folder: null });
  await runJobs(world.server);
  const cloud = await startFaultServer();
  onTestFinished(() => cloud.stop());
  cloud.tree.put("copy/harbour.mp3", song);
  await connect(world, cloud);
  const [older, younger] = (await listTracks(world)).toSorted((one, two) =>
    one.addedAt < two.addedAt ? -1 : 1,
  );
  if (!older || !younger) throw new Error("There are no two.");
  const { comments } = world.anna.api.library;
  await comments.create.mutate({ trackId: older.id, atMs: 200, text: "Of the older" });
  const { id } = await comments.create.mutate({ trackId: younger.id, atMs: 100, text: "Younger" });
  await comments.reply.mutate({ commentId: id, text: "Reply" });
  await world.anna.api.connections.remove.mutate({ connectionId: older.connectionId });

  const { threads } = await comments.list.query({ trackId: older.id });
  expect(threads).toMatchObject([
    { text: "Younger", trackId: older.id, atMs: 100, replies: [{ text: "Reply" }] },
    { text: "Of the older", atMs: 200 },
  ]);
  await comments.reply.mutate({ commentId: id, text: "Another" });
});

test("others are told at once of whatever changes", async () => {
  const { as, theirs } = await nightShift();
  const { trackId } = theirs;
  const live = await listen(as.listener, "library.comments.changed", { trackId });
  const heard = async () => (await live.next())?.data;
  expect(await heard()).toEqual({ trackId });
  const write = async (what: string, input: Record<string, unknown>) => {
    const { status, data } = await as.owner.browser.mutate(`library.comments.${what}`, input);
    expect([what, status, await heard()]).toEqual([what, 200, { trackId }]);
    return data;
  };
  const made = await write("create", { trackId, atMs: 0, text: "One" });
  const { id: commentId } = made as { id: string };
  await write("reply", { commentId, text: "Two" });
  await write("edit", { commentId, text: "Three" });
  await write("resolve", { commentId, isResolved: true });
  await write("remove", { commentId });
  live.leave();
});
