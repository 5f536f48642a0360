import fc from "fast-check";
import { expect, test } from "vitest";
import { agree } from "../../client/app/playback/one-at-a-time.ts";
import { type Listening, queueOf, startListening } from "./listening.ts";
import { tracks } from "./tracks.ts";

/** Tabs of one browser. What one says reaches the others when `deliver` is called. */
function openTabs(count: number) {
  const letters: (() => void)[] = [];
  const listeners: ((said: unknown) => void)[] = [];
  const time = { ms: 0 };
  const told = Array.from({ length: count }, () => 0);
  const tabs = Array.from({ length: count }, (_, own): Listening => {
    const listening = startListening();
    const line = {
      say: (claim: unknown) => {
        for (const [at, listener] of listeners.entries()) {
          if (at !== own) letters.push(() => listener(claim));
        }
      },
      hear: (listener: (said: unknown) => void) => listeners.push(listener),
    };
    agree(listening.player, line, { now: () => time.ms, random: Math.random }, () => {
      told[own] = (told[own] ?? 0) + 1;
    });
    return listening;
  });
  const deliver = () => {
    for (let count = 0; letters.length > 0; count += 1) {
      if (count > 1000) throw new Error("They never stop talking.");
      letters.shift()?.();
    }
  };
  return { tabs, told, time, deliver };
}

const playing = ({ player }: Listening) => player.state.get().isPlaying;

test("the tab where it began last plays, and the other one is told", () => {
  const { tabs, told, time, deliver } = openTabs(2);
  const [first, second] = tabs as [Listening, Listening];
  first.player.playQueue(queueOf([tracks(1, 1)]));
  deliver();
  time.ms = 10;
  second.player.playQueue(queueOf([tracks(2, 2)]));
  deliver();
  expect([tabs.map(playing), told]).toEqual([
    [false, true],
    [1, 0],
  ]);
  time.ms = 20;
  first.player.play();
  deliver();
  expect([tabs.map(playing), told]).toEqual([
    [true, false],
    [1, 1],
  ]);
});

test("one plays, whichever begin at once, before and after each other", () => {
  const starts = fc.array(fc.tuple(fc.nat(3), fc.boolean(), fc.boolean()), {
    minLength: 1,
    maxLength: 20,
  });
  fc.assert(
    fc.property(starts, (events) => {
      const { tabs, time, deliver } = openTabs(4);
      for (const [at, isLater, isHeard] of events) {
        if (isLater) time.ms += 1;
        tabs[at]?.player.playQueue(queueOf([tracks(1, 1)]));
        if (isHeard) deliver();
      }
      deliver();
      expect(tabs.filter(playing)).toHaveLength(1);
    }),
  );
});
