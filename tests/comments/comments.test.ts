import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { MOST_REPLIES, MOST_THREADS, type Thread } from "#contract/comments.ts";
import type { CommentId } from "#contract/ids.ts";
import { write } from "#server/base/db.ts";
import { refused } from "#tests/support/refused.ts";
import { annasRoom, type Comments, join, type Room } from "./rehearsal-room.ts";

const textsOf = (threads: readonly Thread[]): string[] => threads.map(({ text }) => text);

async function threadsOf(comments: Comments, { trackId }: Room): Promise<Thread[]> {
  return (await comments.list.query({ trackId })).threads;
}

test("what is written at a time stands there, with its replies, for all of the band", async () => {
  const room = await annasRoom();
  const { annas, trackId } = room;
  const ben = await join(room, "ben", "listener");
  const made = await annas.create.mutate({ trackId, atMs: 1234, text: " Too fast\r\nhere <b> " });
  expect(made).toEqual({
    id: expect.any(String),
    trackId,
    atMs: 1234,
    author: { name: "Anna", isGuest: false },
    isMine: true,
    text: "Too fast\nhere <b>",
    createdAt: expect.stringMatching(/Z$/),
    editedAt: null,
    isDeleted: false,
    resolvedAt: null,
    resolvedBy: null,
    replies: [],
  });
  const replied = await ben.comments.reply.mutate({ commentId: made.id, text: "I like it" });
  expect(replied).toMatchObject({ id: made.id, isMine: false, author: { name: "Anna" } });
  expect(replied.replies).toMatchObject([{ text: "I like it", isMine: true }]);
  const [seen] = await threadsOf(annas, room);
  expect(seen?.replies).toMatchObject([{ author: { name: "ben" }, isMine: false }]);

  const edited = await annas.edit.mutate({ commentId: made.id, text: "Slower" });
  expect(edited).toMatchObject({
    text: "Slower",
    editedAt: expect.stringMatching(/Z$/),
    atMs: 1234,
  });
  expect(edited.replies).toHaveLength(1);
  const replyId = replied.replies[0]?.id as CommentId;
  const again = await ben.comments.edit.mutate({ commentId: replyId, text: "I loved it" });
  expect(again).toMatchObject({ id: made.id, replies: [{ text: "I loved it" }] });
});

test("threads are in the order of their times, and then as they were written, whatever the page", async () => {
  const room = await annasRoom();
  const { annas, trackId } = room;
  const at = [3000, null, 0, 3000, null, 1000];
  for (const [index, atMs] of at.entries()) {
    await annas.create.mutate({ trackId, atMs, text: `${index}` });
  }
  const seen: string[] = [];
  let cursor: string | null = null;
  let pages = 0;
  do {
    const page: Awaited<ReturnType<Comments["list"]["query"]>> = await annas.list.query({
      ...{ trackId, cursor, limit: 2 },
    });
    seen.push(...textsOf(page.threads));
    cursor = page.next;
    pages += 1;
  } while (cursor !== null);
  expect(seen).toEqual(["1", "4", "2", "5", "0", "3"]);
  expect(pages).toBe(3);
  expect((await refused(annas.list.query({ trackId, cursor: "5_x" }))).code).toBe("invalid_input");
});

test("what lies behind the end stands at the end", async () => {
  const { annas, trackId, durationMs } = await annasRoom();
  const made = await annas.create.mutate({ trackId, atMs: 2_000_000_000, text: "Out" });
  expect(made.atMs).toBe(durationMs);
});

test.each([
  ["nothing", "   \n"],
  ["too much", "x".repeat(2001)],
  ["control characters", "a\u0000b"],
  ["others of them", "a\u001bb"],
])("a comment of %s is refused", async (_, text) => {
  const room = await annasRoom();
  const { annas, trackId } = room;
  const { code } = await refused(annas.create.mutate({ trackId, atMs: 0, text }));
  expect(code).toBe("invalid_input");
  expect(await threadsOf(annas, room)).toEqual([]);
});

test("text is kept as it is otherwise, however long it may be", async () => {
  const { annas, trackId } = await annasRoom();
  const text = `${"😀".repeat(999)}\t夜`;
  expect((await annas.create.mutate({ trackId, atMs: 0, text })).text).toBe(text);
});

test("only its author edits, its author and owners delete, and everybody settles", async () => {
  const room = await annasRoom();
  const { annas, trackId } = room;
  const ben = await join(room, "ben", "listener");
  const carla = await join(room, "carla", "editor");
  const bens = await ben.comments.create.mutate({ trackId, atMs: 1, text: "Mine" });
  const annasOwn = await annas.create.mutate({ trackId, atMs: 2, text: "Anna's" });

  const editing = { commentId: bens.id, text: "Other" };
  expect((await refused(annas.edit.mutate(editing))).code).toBe("forbidden");
  expect((await refused(carla.comments.edit.mutate(editing))).code).toBe("forbidden");
  expect((await refused(carla.comments.remove.mutate({ commentId: bens.id }))).code).toBe(
    "forbidden",
  );
  expect((await refused(ben.comments.remove.mutate({ commentId: annasOwn.id }))).code).toBe(
    "forbidden",
  );
  expect(textsOf(await threadsOf(annas, room))).toEqual(["Mine", "Anna's"]);

  const order = { commentId: bens.id, isResolved: true };
  const settled = await carla.comments.resolve.mutate(order);
  expect(settled).toMatchObject({ resolvedBy: { name: "carla" } });
  // Whoever was first stays named.
  expect(await annas.resolve.mutate(order)).toMatchObject({
    resolvedBy: { name: "carla" },
    resolvedAt: settled.resolvedAt,
  });
  expect(await ben.comments.resolve.mutate({ ...order, isResolved: false })).toMatchObject({
    ...{ resolvedBy: null, resolvedAt: null },
  });

  await annas.remove.mutate({ commentId: bens.id });
  await annas.remove.mutate({ commentId: annasOwn.id });
  expect(await threadsOf(annas, room)).toEqual([]);
  const gone = await refused(ben.comments.remove.mutate({ commentId: bens.id }));
  expect([gone.code, gone.message]).toEqual(["not_found", expect.stringMatching(/look at the/)]);
});

test("a deleted comment leaves a sign for its replies, and goes with the last of them", async () => {
  const room = await annasRoom();
  const { annas, trackId } = room;
  const ben = await join(room, "ben", "listener");
  const { id } = await ben.comments.create.mutate({ trackId, atMs: 500, text: "A secret" });
  const first = await annas.reply.mutate({ commentId: id, text: "One" });
  await ben.comments.remove.mutate({ commentId: id });
  const [left] = await threadsOf(annas, room);
  expect(left).toMatchObject({
    ...{ id, text: "", author: null, isMine: false, isDeleted: true, atMs: 500 },
    replies: [{ text: "One" }],
  });
  const stored = await room.server.deps.db.execute(sql`select * from comments`);
  expect(JSON.stringify(stored)).not.toContain("secret");
  const { comments } = ben;
  const edited = comments.edit.mutate({ commentId: id, text: "Back" });
  expect((await refused(edited)).code).toBe("not_found");
  expect((await refused(comments.remove.mutate({ commentId: id }))).code).toBe("not_found");
  const second = await annas.reply.mutate({ commentId: id, text: "Two" });
  await annas.remove.mutate({ commentId: first.replies[0]?.id as CommentId });
  expect(textsOf(await threadsOf(annas, room))).toEqual([""]);
  await annas.remove.mutate({ commentId: second.replies[1]?.id as CommentId });
  expect(await threadsOf(annas, room)).toEqual([]);
});

test("a thread stays when its last reply goes", async () => {
  const room = await annasRoom();
  const { annas, trackId } = room;
  const { id } = await annas.create.mutate({ trackId, atMs: 500, text: "First" });
  const { replies } = await annas.reply.mutate({ commentId: id, text: "One" });
  await annas.remove.mutate({ commentId: replies[0]?.id as CommentId });
  expect(await threadsOf(annas, room)).toMatchObject([{ text: "First", replies: [] }]);
});

test("replies are neither replied to nor settled by themselves", async () => {
  const { annas, trackId } = await annasRoom();
  const { id } = await annas.create.mutate({ trackId, atMs: 0, text: "First" });
  const { replies } = await annas.reply.mutate({ commentId: id, text: "One" });
  const commentId = replies[0]?.id as CommentId;
  for (const wrong of [
    annas.reply.mutate({ commentId, text: "Two" }),
    annas.resolve.mutate({ commentId, isResolved: true }),
  ]) {
    expect((await refused(wrong)).code).toBe("invalid_input");
  }
});

test("for others there is neither the recording nor what is written about it", async () => {
  const room = await annasRoom();
  const { annas, trackId } = room;
  const dora = await join(room, "dora", null);
  const { id } = await annas.create.mutate({ trackId, atMs: 0, text: "Ours" });
  const tries = (of: { trackId: typeof trackId; commentId: CommentId }) => [
    dora.comments.list.query({ trackId: of.trackId }),
    dora.comments.create.mutate({ trackId: of.trackId, atMs: 0, text: "Hello" }),
    dora.comments.reply.mutate({ commentId: of.commentId, text: "Hello" }),
    dora.comments.edit.mutate({ commentId: of.commentId, text: "Hello" }),
    dora.comments.resolve.mutate({ commentId: of.commentId, isResolved: true }),
    dora.comments.remove.mutate({ commentId: of.commentId }),
  ];
  const ours = await Promise.all(tries({ trackId, commentId: id }).map(refused));
  const nobodys = { trackId: randomUUID(), commentId: randomUUID() } as never;
  const none = await Promise.all(tries(nobodys).map(refused));
  expect(ours.map(({ code }) => code)).toEqual(Array(6).fill("not_found"));
  expect(ours.map(({ message }) => message)).toEqual(none.map(({ message }) => message));
  expect(await threadsOf(annas, room)).toMatchObject([{ text: "Ours", resolvedAt: null }]);
});

test("whoever edits while it is deleted has it changed or is told, and never both", async () => {
  const room = await annasRoom();
  const { annas, trackId } = room;
  const ben = await join(room, "ben", "listener");
  for (let turn = 0; turn < 12; turn += 1) {
    const { id } = await ben.comments.create.mutate({ trackId, atMs: 0, text: "Short" });
    const [edited, removed] = await Promise.allSettled([
      ben.comments.edit.mutate({ commentId: id, text: "Longer" }),
      annas.remove.mutate({ commentId: id }),
    ]);
    expect(removed.status).toBe("fulfilled");
    if (edited.status === "rejected") {
      expect((await refused(Promise.reject(edited.reason))).code).toBe("not_found");
    }
    expect(await threadsOf(annas, room)).toEqual([]);
  }
});

test("whoever replies while the first comment is deleted is told, or the reply stays", async () => {
  const room = await annasRoom();
  const { annas, trackId } = room;
  const ben = await join(room, "ben", "listener");
  for (let turn = 0; turn < 12; turn += 1) {
    const { id } = await annas.create.mutate({ trackId, atMs: turn, text: "First" });
    const [replied] = await Promise.allSettled([
      ben.comments.reply.mutate({ commentId: id, text: "Reply" }),
      annas.remove.mutate({ commentId: id }),
    ]);
    const left = (await threadsOf(annas, room)).filter((thread) => thread.id === id);
    // It was written, and read again only where nobody deleted all of it in between.
    const isKept = left.length === 1;
    expect(left.every(({ isDeleted, replies }) => isDeleted && replies.length === 1)).toBe(true);
    expect(replied.status).toBe(isKept ? "fulfilled" : "rejected");
  }
});

test("a recording has room for a thousand threads, and a thread for a hundred replies", async () => {
  const room = await annasRoom();
  const { annas, trackId, bandId } = room;
  const { id } = await annas.create.mutate({ trackId, atMs: 0, text: "First" });
  const fill = (count: number, parentId: CommentId | null) =>
    write(room.server.deps, (tx) =>
      tx.execute(sql`insert into comments (id, band_id, track_id, parent_id, text)
        select gen_random_uuid(), ${bandId}, ${trackId}, ${parentId}, 'x'
        from generate_series(1, ${count}::integer)`),
    );
  await fill(MOST_REPLIES - 1, id);
  await fill(MOST_THREADS - 2, null);
  await annas.reply.mutate({ commentId: id, text: "The last" });
  await annas.create.mutate({ trackId, atMs: 0, text: "The last" });
  for (const more of [
    annas.reply.mutate({ commentId: id, text: "More" }),
    annas.create.mutate({ trackId, atMs: 0, text: "More" }),
  ]) {
    const { code, message } = await refused(more);
    expect([code, message]).toEqual(["conflict", expect.stringMatching(/Nothing was written/)]);
  }
});
