import fc from "fast-check";
import { expect, test } from "vitest";
import {
  parseSavedOrder,
  toSaved,
  toSavedOrder,
  withSavedOrder,
} from "../../client/app/listening/queue-saving.ts";
import { parseModes, plainModes } from "../../client/app/playback/modes.ts";
import { appendPage, insertNext, jumpTo, type Queue } from "../../client/app/playback/queue.ts";
import { shuffle, shuffleAgain, unshuffle } from "../../client/app/playback/shuffle.ts";
import { hear, queueOf, settle, startListening, titleOf } from "./listening.ts";
import { track, tracks } from "./tracks.ts";

const titlesOf = ({ tracks }: Pick<Queue, "tracks">) => tracks.map(({ title }) => title);
const sorted = (titles: readonly string[]) => titles.toSorted();

/** A list in which the same track may stand twice, and where it plays. */
const lists = fc
  .array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 25 })
  .chain((numbers) =>
    fc.record({
      queue: fc
        .nat(numbers.length - 1)
        .map((index) => queueOf([numbers.map((number) => track(number))], index)),
      seed: fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
    }),
  );

const drawFrom = (seed: Iterator<number>) => () => Number(seed.next().value);

test("shuffle keeps what plays first, everything else once, and the way back", () => {
  fc.assert(
    fc.property(lists, ({ queue, seed }) => {
      const mixed = shuffle(queue, drawFrom(seed));
      expect(mixed.index).toBe(0);
      expect(mixed.tracks[0]).toBe(queue.tracks[queue.index]);
      expect(sorted(titlesOf(mixed))).toEqual(sorted(titlesOf(queue)));
      expect(unshuffle(mixed)).toEqual(queue);
      expect(unshuffle(shuffle(mixed, drawFrom(seed)))).toEqual(queue);
    }),
  );
});

test("what is added while shuffled comes still, and stands where it belongs afterwards", () => {
  fc.assert(
    fc.property(lists, fc.nat(24), ({ queue, seed }, heard) => {
      const random = drawFrom(seed);
      const index = Math.min(heard, queue.tracks.length - 1);
      const mixed = { ...shuffle({ ...queue, next: "more" }, random), index };
      const page = { tracks: tracks(30, 34), next: null };
      const longer = appendPage(mixed, "more", page, random);
      expect(titlesOf(longer).slice(0, index + 1)).toEqual(titlesOf(mixed).slice(0, index + 1));
      expect(longer.next).toBeNull();
      const back = unshuffle(longer);
      expect(titlesOf(back)).toEqual([...titlesOf(queue), ...titlesOf(page)]);
      expect(back.tracks[back.index]).toBe(mixed.tracks[index]);

      const with99 = insertNext(longer, track(99));
      expect(with99.tracks[index + 1]?.title).toBe("Track 99");
      const order = unshuffle(with99);
      expect(order.tracks[order.index + 1]?.title).toBe("Track 99");
      expect(titlesOf(order).filter((title) => title !== "Track 99")).toEqual(titlesOf(back));
    }),
  );
});

test("choosing a later track of a shuffled queue passes over none of those in between", () => {
  fc.assert(
    fc.property(lists, fc.nat(24), ({ queue, seed }, wanted) => {
      const mixed = shuffle(queue, drawFrom(seed));
      const at = Math.min(wanted, mixed.tracks.length - 1);
      const jumped = jumpTo(mixed, at);
      expect(jumped.tracks[jumped.index]).toBe(mixed.tracks[at]);
      expect(jumped.index).toBeLessThanOrEqual(1);
      expect(titlesOf(unshuffle(jumped))).toEqual(titlesOf(queue));
    }),
  );
});

test("another round has all of them, and not the last one first", () => {
  fc.assert(
    fc.property(lists, ({ queue, seed }) => {
      const last = queue.tracks.length - 1;
      const first = { ...shuffle(queue, drawFrom(seed)), index: last };
      const again = shuffleAgain(first, drawFrom(seed));
      expect(again.index).toBe(0);
      expect(titlesOf(unshuffle(again))).toEqual(titlesOf(queue));
      if (last > 0) expect(again.ranks?.[0]).not.toBe(first.ranks?.[last]);
    }),
  );
});

test("each place is as likely for what is added as for what was there", () => {
  let seed = 1;
  const random = () => {
    seed = (seed * 16_807) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const counts = new Map<string, number>();
  const rounds = 6_000;
  for (let round = 0; round < rounds; round += 1) {
    const mixed = shuffle({ ...queueOf([tracks(1, 3)]), next: "more" }, random);
    const longer = appendPage(mixed, "more", { tracks: tracks(4, 4), next: null }, random);
    const second = longer.tracks[1]?.title ?? "";
    counts.set(second, (counts.get(second) ?? 0) + 1);
  }
  expect([...counts.keys()].toSorted()).toEqual(["Track 2", "Track 3", "Track 4"]);
  for (const count of counts.values()) expect(Math.abs(count / rounds - 1 / 3)).toBeLessThan(0.03);
});

test("repeat all goes from the end to the start, and over what is missing there", async () => {
  const listening = startListening();
  const gone = track(1, { state: "missing", missingSince: "2026-03-14T19:30:00.000Z" });
  listening.player.cycleRepeat();
  listening.player.playQueue(queueOf([[gone, track(2), track(3)]], 1));
  expect(await hear(listening, 3)).toEqual(["Track 2", "Track 3", "Track 2"]);
});

test("repeat one plays the same again, while 'next' goes on all the same", async () => {
  const listening = startListening();
  listening.player.cycleRepeat();
  listening.player.cycleRepeat();
  listening.player.playQueue(queueOf([tracks(1, 2)]));
  expect(await hear(listening, 2)).toEqual(["Track 1", "Track 1"]);
  listening.player.next();
  await settle();
  expect(titleOf(listening)).toBe("Track 2");
  listening.player.cycleRepeat();
  await hear(listening, 1);
  expect(listening.player.state.get().isPlaying).toBe(false);
});

test("a shuffled list of several pages is heard once, then all of it again", async () => {
  const listening = startListening(
    undefined,
    {},
    { ...plainModes, repeat: "all", isShuffled: true },
  );
  listening.player.playQueue(queueOf([tracks(1, 3), tracks(4, 6)], 1));
  await settle();
  const first = await hear(listening, 6);
  const second = await hear(listening, 6);
  const all = titlesOf({ tracks: tracks(1, 6) });
  expect(first[0]).toBe("Track 2");
  expect(first.toSorted()).toEqual(all);
  expect(second.toSorted()).toEqual(all);
  listening.player.toggleShuffle();
  expect(titlesOf(listening.player.state.get().queue ?? { tracks: [] })).toEqual(all);
});

test("shuffling goes on playing where it is, without a gap", () => {
  const listening = startListening();
  listening.player.playQueue(queueOf([tracks(1, 9)], 4));
  listening.sound.starts();
  listening.sound.playsTo(33);
  listening.player.toggleShuffle();
  expect(titleOf(listening)).toBe("Track 5");
  expect(listening.sound.currentTime).toBe(33);
});

test("modes are kept, and what is none of them counts as off", () => {
  const kept: unknown[] = [];
  const { player } = startListening(undefined, { saveModes: (modes) => kept.push(modes) });
  player.cycleRepeat();
  player.toggleShuffle();
  expect(parseModes(kept.at(-1))).toMatchObject({ repeat: "all", isShuffled: true });
  expect(parseModes({ repeat: "twice", isShuffled: 1 })).toMatchObject({
    repeat: "off",
    isShuffled: false,
  });
  expect(parseModes("all")).toBeUndefined();
});

test("who comes back to a shuffled queue can still have the order of its list", () => {
  fc.assert(
    fc.property(lists, ({ queue, seed }) => {
      const mixed = shuffle(queue, drawFrom(seed));
      const saved = toSaved(mixed, 0);
      if (!saved) throw new Error("It is of no band.");
      const order = parseSavedOrder(JSON.parse(JSON.stringify(toSavedOrder(mixed, saved))));
      const { ranks: _, ...shown } = mixed;
      const again = withSavedOrder(shown, order ?? null);
      expect(titlesOf(unshuffle(again))).toEqual(titlesOf(queue));
    }),
  );
  const other = queueOf([tracks(1, 2)]);
  const order = { trackIds: tracks(2, 3).map(({ id }) => id), ranks: [1, 0] };
  expect(withSavedOrder(other, order)).toBe(other);
  expect(parseSavedOrder({ trackIds: ["a"], ranks: [] })).toBeUndefined();
  expect(parseSavedOrder({ trackIds: ["a"], ranks: ["b"] })).toBeUndefined();
});
