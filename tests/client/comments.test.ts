import fc from "fast-check";
import { expect, test } from "vitest";
import type { Thread } from "#contract/comments.ts";
import type { CommentId, TrackId } from "#contract/ids.ts";
import { toClusters } from "../../client/app/comments/clusters.ts";

const threadAt = (atMs: number | null, isResolved = false): Thread => ({
  id: `${atMs}` as CommentId,
  trackId: "take" as TrackId,
  atMs,
  author: { name: "Anna", isGuest: false },
  isMine: true,
  text: "Here",
  createdAt: "2026-03-14T20:00:00.000Z",
  editedAt: null,
  isDeleted: false,
  resolvedAt: isResolved ? "2026-03-15T20:00:00.000Z" : null,
  resolvedBy: null,
  replies: [],
});

test("a mark stands at its time, and for what is close to it; what is settled or about all of it has none", () => {
  const threads = [null, 0, 4_000, 6_000, 50_000, 100_000, 120_000].map((at) => threadAt(at));
  const clusters = toClusters([...threads, threadAt(99_000, true)], 100_000, 0.05);
  expect(clusters.map(({ at, threads: { length } }) => [at, length])).toEqual([
    [0, 2],
    [0.06, 1],
    [0.5, 1],
    [1, 2],
  ]);
});

test("every open thread with a time is in one mark, and no two marks lie on each other", () => {
  const times = fc.array(fc.integer({ min: 0, max: 200_000 }), { maxLength: 60 });
  fc.assert(
    fc.property(times, fc.double({ min: 0.001, max: 1, noNaN: true }), (given, apart) => {
      const threads = given.toSorted((one, two) => one - two).map((at) => threadAt(at));
      const clusters = toClusters(threads, 150_000, apart);
      expect(clusters.flatMap((each) => each.threads)).toEqual(threads);
      for (const [index, { at }] of clusters.entries()) {
        const before = clusters[index - 1];
        expect(at).toBeLessThanOrEqual(1);
        if (before) expect(at - before.at).toBeGreaterThanOrEqual(apart);
      }
    }),
  );
});
