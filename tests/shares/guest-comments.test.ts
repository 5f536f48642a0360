import { describe, expect, test } from "vitest";
import type { CommentId, TrackId } from "#contract/ids.ts";
import type { SharedLink } from "#contract/shares.ts";
import type { Backline } from "#sdk/index.ts";
import { join } from "#tests/comments/rehearsal-room.ts";
import { forgetTries } from "#tests/security/night-shift.ts";
import { refused } from "#tests/support/refused.ts";
import { shareList, takeOut, withLists } from "./lists.ts";
import { annasTakes, open, type SharingWorld, share } from "./sharing.ts";

const write = (
  guest: Backline,
  { share: { id: shareId } }: SharedLink,
  trackId: TrackId,
  change: { readonly name?: string; readonly text?: string; readonly atMs?: number | null } = {},
) =>
  guest.api.playback.shares.comment.mutate({
    ...{ shareId, trackId, name: "Gus", text: "Too loud", atMs: 0 },
    ...change,
  });

const reply = (
  guest: Backline,
  { share: { id: shareId } }: SharedLink,
  { id: commentId, trackId }: { readonly id: CommentId; readonly trackId: TrackId },
  change: { readonly name?: string; readonly text?: string } = {},
) =>
  guest.api.playback.shares.reply.mutate({
    ...{ shareId, trackId, commentId, name: "Gil", text: "Not at all" },
    ...change,
  });

const read = (guest: Backline, { share: { id: shareId } }: SharedLink, trackId: TrackId) =>
  guest.api.playback.shares.comments.query({ shareId, trackId });

/** Somebody who has opened the link. */
async function guestOf({ server }: SharingWorld, link: SharedLink): Promise<Backline> {
  const guest = server.guest();
  await open(guest, link);
  return guest;
}

const threadsOf = async ({ anna }: SharingWorld, trackId: TrackId) =>
  (await anna.api.library.comments.list.query({ trackId })).threads;

test("a guest writes under a name of their own, and the band sees that it is a guest's", async () => {
  const world = await annasTakes();
  const { track } = world;
  const link = await share(world, { canComment: true });
  const guest = await guestOf(world, link);
  const written = await write(guest, link, track.id, {
    ...{ name: "  Gus <b> ", text: "<script>alert(1)</script>", atMs: null },
  });
  expect(written).toMatchObject([
    { name: "Gus <b>", text: "<script>alert(1)</script>", atMs: null, replies: [] },
  ]);
  expect(await threadsOf(world, track.id)).toMatchObject([
    {
      author: { name: "Gus <b>", isGuest: true },
      ...{ isMine: false, text: "<script>alert(1)</script>" },
    },
  ]);
});

test("guests see what is written by their link and the band's replies, and nothing of what members write", async () => {
  const world = await annasTakes();
  const { anna, track } = world;
  const comments = anna.api.library.comments;
  await comments.create.mutate({ trackId: track.id, atMs: 0, text: "Ben must not read this" });
  const link = await share(world, { canComment: true });
  const other = await share(world, { canComment: true });
  const guest = await guestOf(world, link);
  await write(guest, link, track.id);
  await write(await guestOf(world, other), other, track.id, { text: "By another link" });
  const thread = (await threadsOf(world, track.id)).find(({ text }) => text === "Too loud");
  if (!thread) throw new Error("Nothing was written.");
  await comments.reply.mutate({ commentId: thread.id, text: "We know" });
  const seen = await read(await guestOf(world, link), link, track.id);
  expect(seen).toMatchObject([
    { name: "Gus", text: "Too loud", replies: [{ name: null, text: "We know" }] },
  ]);
  expect(JSON.stringify(seen)).not.toContain("Anna");
});

test("a guest replies to what guests of the same link have begun, and to nothing else", async () => {
  const world = await withLists(await annasTakes());
  const { anna, track, other: another, playlistId } = world;
  const link = await share(world, { canComment: true });
  const guest = await guestOf(world, link);
  const [begun] = await write(await guestOf(world, link), link, track.id);
  if (!begun) throw new Error("Nothing was written.");
  const thread = { id: begun.id, trackId: track.id };
  const seen = await reply(guest, link, thread, { name: " Gil <i> ", text: "<b>Not</b> at all" });
  const replies = [{ name: "Gil <i>", text: "<b>Not</b> at all" }];
  expect(seen).toMatchObject([{ name: "Gus", replies }]);
  await anna.api.library.comments.reply.mutate({ commentId: begun.id, text: "We know" });
  expect(await read(guest, link, track.id)).toMatchObject([
    { replies: [...replies, { name: null, text: "We know" }] },
  ]);
  const [theirs] = await threadsOf(world, track.id);
  expect(theirs?.replies).toMatchObject([
    { author: { name: "Gil <i>", isGuest: true }, isMine: false },
    { author: { name: "Anna", isGuest: false } },
  ]);

  // A member's, one by another link, one of another recording, a reply, and one that is gone.
  const members = await anna.api.library.comments.create.mutate({
    ...{ trackId: track.id, atMs: 0, text: "Ours" },
  });
  const link2 = await share(world, { canComment: true });
  const [byLink2] = await write(await guestOf(world, link2), link2, track.id);
  const list = await shareList(world, { playlistId }, { canComment: true });
  const listGuest = await guestOf(world, list);
  const [ofOther] = await write(listGuest, list, another.id);
  const both = await write(guest, link, track.id, { text: "Gone" });
  const gone = both.find(({ text }) => text === "Gone");
  if (!byLink2 || !ofOther || !gone) throw new Error("Nothing was written.");
  const { id: replyId } = theirs?.replies[0] ?? {};
  await anna.api.library.comments.reply.mutate({ commentId: gone.id, text: "Stays" });
  await anna.api.library.comments.remove.mutate({ commentId: gone.id });
  const before = await threadsOf(world, track.id);
  for (const id of [members.id, byLink2.id, replyId, gone.id]) {
    const wrong = { id: id as CommentId, trackId: track.id };
    expect((await refused(reply(guest, link, wrong))).code).toBe("not_found");
  }
  const elsewhere = { id: ofOther.id, trackId: track.id };
  expect((await refused(reply(listGuest, list, elsewhere))).code).toBe("not_found");
  expect(await threadsOf(world, track.id)).toEqual(before);

  // An editor deletes a guest's reply like a guest's comment.
  const ed = await join(world, "ed", "editor");
  await ed.comments.remove.mutate({ commentId: replyId as CommentId });
  const left = (await read(guest, link, track.id)).find(({ id }) => id === begun.id);
  expect(left?.replies).toMatchObject([{ name: null, text: "We know" }]);
});

test("nobody replies by a link that does not allow it any more, too long, or without a name", async () => {
  const world = await annasTakes();
  const { anna, track } = world;
  const link = await share(world, { canComment: true });
  const guest = await guestOf(world, link);
  const [begun] = await write(guest, link, track.id);
  if (!begun) throw new Error("Nothing was written.");
  const thread = { id: begun.id, trackId: track.id };
  for (const change of [
    { name: " " },
    { name: "a\u202eb" },
    { text: "" },
    { text: "x".repeat(2_001) },
  ]) {
    const refusal = await refused(reply(guest, link, thread, change));
    expect([change, refusal.code]).toEqual([change, "invalid_input"]);
  }
  expect((await refused(reply(world.server.guest(), link, thread))).code).toBe("unauthenticated");
  const { share: shared } = link;
  const terms = { ...shared.terms, canComment: false };
  await anna.api.playback.shares.update.mutate({ shareId: shared.id, terms });
  expect((await refused(reply(guest, link, thread))).code).toBe("forbidden");
  expect(await threadsOf(world, track.id)).toMatchObject([{ replies: [] }]);
});

describe("nobody writes or reads", () => {
  test("by a link that does not allow it, nor from when it does not any more", async () => {
    const world = await annasTakes();
    const { anna, track } = world;
    const link = await share(world);
    const guest = await guestOf(world, link);
    expect((await refused(write(guest, link, track.id))).code).toBe("forbidden");
    expect((await refused(read(guest, link, track.id))).code).toBe("forbidden");
    const { update } = anna.api.playback.shares;
    const change = (canComment: boolean) =>
      update.mutate({ shareId: link.share.id, terms: { ...link.share.terms, canComment } });
    await change(true);
    expect(await write(guest, link, track.id)).toHaveLength(1);
    await change(false);
    expect((await refused(write(guest, link, track.id))).code).toBe("forbidden");
    expect((await refused(read(guest, link, track.id))).code).toBe("forbidden");
    expect(await threadsOf(world, track.id)).toHaveLength(1);
  });

  test("without having opened the link, with the cookie of another one, or of what it does not lead to", async () => {
    const world = await withLists(await annasTakes());
    const { track, other, playlistId } = world;
    const link = await share(world, { canComment: true });
    const list = await shareList(world, { playlistId }, { canComment: true });
    const guest = await guestOf(world, list);
    const codes = [
      await refused(write(world.server.guest(), link, track.id)),
      await refused(write(guest, link, track.id)),
      await refused(write(await guestOf(world, link), link, other.id)),
      await refused(read(await guestOf(world, link), link, other.id)),
    ].map(({ code }) => code);
    expect(codes).toEqual(["unauthenticated", "unauthenticated", "not_found", "not_found"]);
    expect(await write(guest, list, track.id)).toHaveLength(1);
    await takeOut(world, track.id);
    expect((await refused(write(guest, list, track.id))).code).toBe("not_found");
    expect((await refused(read(guest, list, track.id))).code).toBe("not_found");
  });

  test("once the link is taken back; what was written stays with the band", async () => {
    const world = await annasTakes();
    const { track } = world;
    const link = await share(world, { canComment: true });
    const guest = await guestOf(world, link);
    await write(guest, link, track.id);
    await world.anna.api.playback.shares.remove.mutate({ shareId: link.share.id });
    expect((await refused(write(guest, link, track.id))).code).toBe("unauthenticated");
    expect(await threadsOf(world, track.id)).toMatchObject([{ author: { isGuest: true } }]);
  });
});

test("names and texts that are too long, empty or no text are refused", async () => {
  const world = await annasTakes();
  const { track } = world;
  const link = await share(world, { canComment: true });
  const guest = await guestOf(world, link);
  const wrong = [
    ...[{ name: " " }, { name: "x".repeat(61) }, { name: "two\nlines" }, { name: "\u202eevil" }],
    ...[{ text: " " }, { text: "x".repeat(2_001) }, { text: "a\u0000b" }],
    ...[{ atMs: -1 }, { atMs: 0.5 }],
  ];
  for (const change of wrong) {
    const refusal = await refused(write(guest, link, track.id, change));
    expect([change, refusal.code]).toEqual([change, "invalid_input"]);
  }
  expect(await threadsOf(world, track.id)).toEqual([]);
});

test("editors and owners delete what a guest has written, listeners do not", async () => {
  const world = await annasTakes();
  const { track } = world;
  const link = await share(world, { canComment: true });
  const guest = await guestOf(world, link);
  await write(guest, link, track.id);
  const [thread] = await threadsOf(world, track.id);
  if (!thread) throw new Error("Nothing was written.");
  const lea = await join(world, "lea", "listener");
  const ed = await join(world, "ed", "editor");
  const removal = { commentId: thread.id };
  expect((await refused(lea.comments.remove.mutate(removal))).code).toBe("forbidden");
  const edit = ed.comments.edit.mutate({ ...removal, text: "In your name" });
  expect((await refused(edit)).code).toBe("forbidden");
  await lea.comments.reply.mutate({ ...removal, text: "Yes" });
  await ed.comments.remove.mutate(removal);
  expect(await threadsOf(world, track.id)).toMatchObject([
    { author: null, isDeleted: true, text: "", replies: [{ text: "Yes" }] },
  ]);
  expect(await read(guest, link, track.id)).toEqual([]);
});

test("twenty comments in ten minutes are enough for one network", async () => {
  const world = await annasTakes();
  const { track } = world;
  const link = await share(world, { canComment: true });
  const guest = await guestOf(world, link);
  const codes = [];
  for (let round = 0; round < 21; round += 1) {
    const outcome = await write(guest, link, track.id).then(
      () => "written",
      async () => (await refused(write(guest, link, track.id))).code,
    );
    codes.push(outcome);
  }
  expect(codes).toEqual([...Array.from({ length: 20 }, () => "written"), "rate_limited"]);
  expect(await threadsOf(world, track.id)).toHaveLength(20);
  const [first] = await read(guest, link, track.id);
  if (!first) throw new Error("Nothing was written.");
  const thread = { id: first.id, trackId: track.id };
  expect((await refused(reply(guest, link, thread))).code).toBe("rate_limited");
  await forgetTries(world.server);
  for (let round = 0; round < 20; round += 1) await reply(guest, link, thread);
  expect((await refused(write(guest, link, track.id))).code).toBe("rate_limited");
  await forgetTries(world.server);
  expect(await write(guest, link, track.id)).toHaveLength(21);
});
