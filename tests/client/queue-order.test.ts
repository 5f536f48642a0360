import fc from "fast-check";
import { expect, test } from "vitest";
import { type QueueToSave, watchQueue } from "../../client/app/listening/queue-saving.ts";
import { insertNext, moveTrack, type Queue, removeTrack } from "../../client/app/playback/queue.ts";
import { shuffle, unshuffle } from "../../client/app/playback/shuffle.ts";
import { queueOf, startListening } from "./listening.ts";
import { track, tracks } from "./tracks.ts";

const titlesOf = ({ tracks }: Pick<Queue, "tracks">) => tracks.map(({ title }) => title);

const queues = fc
  .record({ count: fc.integer({ min: 1, max: 12 }), isShuffled: fc.boolean() })
  .chain(({ count, isShuffled }) =>
    fc.nat(count - 1).map((index) => {
      const plain = queueOf([tracks(1, count)], index);
      return isShuffled ? shuffle(plain, () => 0.4) : plain;
    }),
  );

const steps = fc.array(
  fc.oneof(
    fc.tuple(fc.constant("move" as const), fc.nat(13), fc.nat(13)),
    fc.tuple(fc.constant("remove" as const), fc.nat(13), fc.constant(0)),
  ),
  { maxLength: 12 },
);

type Change = readonly [what: "move" | "remove", from: number, to: number];

function change(queue: Queue, [what, from, to]: Change): Queue {
  const after = what === "move" ? moveTrack(queue, from, to) : removeTrack(queue, from);
  if (after === queue) return queue;
  const titles = titlesOf(queue).toSpliced(from, 1);
  const moved = queue.tracks[from]?.title ?? "";
  expect(titlesOf(after)).toEqual(what === "move" ? titles.toSpliced(to, 0, moved) : titles);
  return after;
}

test("a queue that is put in order by hand keeps what plays, each of the rest once, and its list", () => {
  fc.assert(
    fc.property(queues, steps, (begun, changes) => {
      const queue = changes.reduce<Queue>(change, begun);
      expect(queue.tracks[queue.index]).toBe(begun.tracks[begun.index]);
      const ranks = queue.ranks ?? [...queue.tracks.keys()];
      expect(ranks.toSorted((left, right) => left - right)).toEqual([...ranks.keys()]);
      if (!queue.ranks) return;
      const numbers = titlesOf(unshuffle(queue)).map((title) => Number(title.slice(6)));
      expect(numbers).toEqual(numbers.toSorted((left, right) => left - right));
    }),
  );
});

test("what plays is not taken out, nor what is not there", () => {
  const queue = queueOf([tracks(1, 3)], 1);
  expect(removeTrack(queue, 1)).toBe(queue);
  expect(removeTrack(queue, 3)).toBe(queue);
  expect(moveTrack(queue, 0, 3)).toBe(queue);
});

function saving() {
  const listening = startListening();
  const saved: QueueToSave[] = [];
  const due = new Set<() => void>();
  const later = (_: number, run: () => void) => {
    due.add(run);
    return () => due.delete(run);
  };
  const save = (queue: QueueToSave) => saved.push(queue);
  watchQueue(listening.player, { now: () => 0, later }, save);
  const lastSaved = () => {
    for (const run of due) run();
    due.clear();
    return saved.at(-1);
  };
  return { ...listening, lastSaved };
}

test("a new order is kept although nothing plays; what another device left is not kept anew", () => {
  const { player, lastSaved } = saving();
  player.cueQueue(queueOf([tracks(1, 3)]), 30);
  player.refresh([track(2, { title: "Harbour lights" })]);
  expect(lastSaved()).toBeUndefined();
  player.moveInQueue(2, 1);
  const ids = [track(1), track(3), track(2)].map(({ id }) => id);
  expect(lastSaved()).toMatchObject({ trackIds: ids, index: 0, positionMs: 30_000 });
  player.removeFromQueue(2);
  expect(lastSaved()?.trackIds).toEqual(ids.slice(0, 2));
  expect(insertNext(queueOf([tracks(1, 1)]), track(2)).arranged).toBe(1);
});

test("a pause is kept where the sound is, not where it last said that it was", () => {
  const { player, sound, lastSaved } = saving();
  player.playQueue(queueOf([tracks(1, 1)]));
  sound.starts();
  sound.playsTo(10);
  sound.currentTime = 10.24;
  const places: number[] = [];
  const stop = player.state.subscribe(() => places.push(player.progress.get().positionSeconds));
  player.pause();
  stop();
  expect(places[0], "it is there by the time that others hear of the pause").toBe(10.24);
  expect(lastSaved()?.positionMs).toBe(10_240);
  player.play();
  sound.playsTo(12);
  sound.currentTime = 12.2;
  sound.isSilenced();
  expect(lastSaved()?.positionMs).toBe(12_200);
});
