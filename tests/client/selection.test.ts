import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Track } from "#contract/library.ts";
import { createSelection, MOST_SELECTED } from "../../client/app/library/selection.ts";
import { track } from "./tracks.ts";

const rowsOf = (count: number): Track[] =>
  Array.from({ length: count }, (_, index) => track(index, { title: String(index) }));

const titlesOf = ({ picked }: ReturnType<typeof createSelection>): string[] =>
  [...picked.get().values()].map(({ title }) => title);

describe("a selection of rows", () => {
  test("takes in and out, in the order of picking, and all up to a row from the last one", () => {
    const rows = rowsOf(10);
    const selection = createSelection(() => rows);
    selection.toggle(5);
    selection.toggle(2);
    selection.toggle(9);
    selection.toggle(5);
    expect(titlesOf(selection)).toEqual(["2", "9"]);
    selection.toggle(3);
    selection.extendTo(6);
    expect(titlesOf(selection)).toEqual(["3", "4", "5", "6"]);
    selection.extendTo(1);
    expect(titlesOf(selection)).toEqual(["3", "2", "1"]);
    selection.startAt(8);
    selection.extendTo(9);
    expect(titlesOf(selection)).toEqual(["8", "9"]);
    selection.clear();
    expect(titlesOf(selection)).toEqual([]);
  });

  test("is of tracks as they are now, in its order", () => {
    const rows = rowsOf(5);
    const selection = createSelection(() => rows);
    selection.extendTo(2);
    selection.refresh([track(2, { title: "Two" }), track(4, { title: "Four" })]);
    expect(titlesOf(selection)).toEqual(["0", "1", "Two"]);
  });

  test("stops at what goes into a playlist at a time, and passes over what is not loaded", () => {
    const rows = rowsOf(MOST_SELECTED + 20);
    const selection = createSelection(() => rows);
    selection.pickAll();
    expect(titlesOf(selection)).toHaveLength(MOST_SELECTED);
    selection.toggle(MOST_SELECTED + 3);
    expect(titlesOf(selection)).toHaveLength(MOST_SELECTED);
    selection.clear();
    selection.toggle(MOST_SELECTED + 20);
    expect(titlesOf(selection)).toEqual([]);
    selection.startAt(MOST_SELECTED + 17);
    selection.extendTo(MOST_SELECTED + 40);
    expect(titlesOf(selection)).toHaveLength(3);
  });

  test("is never more than there is, whatever is done", () => {
    const step = fc.record({
      what: fc.constantFrom("toggle", "extendTo", "startAt", "pickAll", "clear"),
      at: fc.nat(30),
    });
    fc.assert(
      fc.property(fc.nat(25), fc.array(step, { maxLength: 30 }), (count, steps) => {
        const rows = rowsOf(count);
        const selection = createSelection(() => rows);
        for (const { what, at } of steps) {
          if (what === "pickAll" || what === "clear") selection[what]();
          else selection[what as "toggle"](at);
        }
        const picked = [...selection.picked.get().values()];
        expect(new Set(picked).size).toBe(picked.length);
        for (const track of picked) expect(rows).toContain(track);
      }),
    );
  });
});
