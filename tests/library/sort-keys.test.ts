import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fold, toSearchPatterns, toSearchText } from "#server/library/search.ts";
import { toSortKeys } from "#server/library/sort-keys.ts";

const named = (title: string, more: Partial<Parameters<typeof toSortKeys>[0]> = {}) =>
  toSortKeys({
    title,
    artist: null,
    album: null,
    discNumber: null,
    trackNumber: null,
    durationMs: null,
    path: title,
    ...more,
  });

const byCodePoint = (left: string, right: string): number =>
  Buffer.compare(Buffer.from(left), Buffer.from(right));

const sortedTitles = (titles: string[]): string[] =>
  titles.toSorted((left, right) => byCodePoint(named(left).sortTitle, named(right).sortTitle));

describe("tracks sort as people expect", () => {
  test.each([
    [
      ["Take 10", "Take 2", "take 1"],
      ["take 1", "Take 2", "Take 10"],
    ],
    [
      ["Zebra", "Över", "apple", "Ønske"],
      ["apple", "Ønske", "Över", "Zebra"],
    ],
    [
      ["Take 007", "Take 8", "Take 0"],
      ["Take 0", "Take 007", "Take 8"],
    ],
    [
      ["2 Birds", "10 Birds", "１ Bird"],
      ["１ Bird", "2 Birds", "10 Birds"],
    ],
  ])("%j", (titles, expected) => {
    expect(sortedTitles(titles)).toEqual(expected);
  });

  test("numbers of any length sort by value", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 40n }),
        fc.bigInt({ min: 0n, max: 10n ** 40n }),
        (a, b) => {
          const order = byCodePoint(named(`take ${a}`).sortTitle, named(`take ${b}`).sortTitle);
          expect(order).toBe(a === b ? 0 : a < b ? -1 : 1);
        },
      ),
    );
  });

  test("an album is in the order of its discs and tracks, not of its titles", () => {
    const track = (discNumber: number | null, trackNumber: number | null, title: string) => ({
      title,
      key: named(title, { album: "Tides", discNumber, trackNumber }).sortAlbum,
    });
    const tracks = [track(1, 10, "A"), track(2, 1, "B"), track(1, 2, "C"), track(1, null, "D")];
    const order = tracks.toSorted((left, right) => byCodePoint(left.key, right.key));
    expect(order.map((each) => each.title)).toEqual(["C", "A", "D", "B"]);
  });

  test("an artist's tracks are sorted by album, and one artist is not mixed with a longer name", () => {
    const key = (artist: string | null, album: string) => named("x", { artist, album }).sortArtist;
    expect(byCodePoint(key("Abba", "Z"), key("Abba Revival", "A"))).toBeLessThan(0);
    expect(byCodePoint(key("Abba", "Arrival"), key("abba", "Voulez"))).toBeLessThan(0);
  });

  test("what is unknown comes last, whatever the script of what is known", () => {
    expect(
      byCodePoint(named("x", { artist: "𠮷野" }).sortArtist, named("x").sortArtist),
    ).toBeLessThan(0);
    expect(named("x", { durationMs: 1 }).sortDurationMs).toBeLessThan(named("x").sortDurationMs);
  });

  test("no key is longer than an index takes, and all are well-formed", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 600 }),
        fc.string({ unit: "binary", maxLength: 600 }),
        (title, album) => {
          const keys = named(title, { album, artist: album });
          for (const key of [keys.sortTitle, keys.sortAlbum, keys.sortArtist]) {
            expect(Buffer.byteLength(key)).toBeLessThanOrEqual(900);
            expect(key.isWellFormed()).toBe(true);
          }
        },
      ),
    );
  });
});

/** What LIKE does, for patterns whose `_` are escaped. */
function isLike(text: string, pattern: string): boolean {
  const source = pattern.replaceAll(/\\(.)|%|[^\\%]+/gu, (part, escaped) =>
    part === "%" ? "[^]*" : (escaped ?? part).replaceAll(/[$()*+./?[\\\]^{|}-]/g, "\\$&"),
  );
  return new RegExp(`^${source}$`, "u").test(text);
}

const finds = (search: string, ...texts: string[]): boolean =>
  toSearchPatterns(search).every((pattern) => isLike(toSearchText(texts), pattern));

describe("a search", () => {
  test.each([
    ["forst LJUS", "Först ljus"],
    ["först", "Forst ljus"],
    ["strasse", "Straße"],
    ["Ｓｏｎｇ", "song"],
    ["bour ligh", "Harbour Lights (take 3)"],
    ["li take", "Harbour Lights (take 3)"],
    ["3", "Harbour Lights (take 3)"],
    ["t", "Don't"],
    ["100%", "Don't Wait Up #2 (100% + tambourine)"],
    ["#2", "Don't Wait Up #2 (100% + tambourine)"],
    ["汽車", "夜汽車"],
    ["車", "夜汽車"],
    ["a_b", "x a_b y"],
    ["c\\d", "c\\d"],
    ["", "anything"],
    ["   ", "anything"],
  ])("for %j finds %j", (search, text) => {
    expect(finds(search, text)).toBe(true);
  });

  test.each([
    ["100%", "1000 nights"],
    ["a_b", "axb"],
    ["%", "percent"],
    ["_", "underscore"],
    ["\\", "backslash"],
    ["rb", "Harbour"],
    ["night day", "night only"],
  ])("for %j does not find %j", (search, text) => {
    expect(finds(search, text)).toBe(false);
  });

  test("finds any word of a text by any three letters in it", () => {
    const letters = fc.string({
      unit: fc.constantFrom(..."abcäöß%_\\'(1é"),
      minLength: 3,
      maxLength: 9,
    });
    fc.assert(
      fc.property(
        fc.array(letters, { minLength: 1, maxLength: 5 }),
        fc.nat(),
        fc.nat(),
        (words, which, from) => {
          const word = words[which % words.length] ?? "";
          const part = word.slice(from % (word.length - 2));
          expect(finds(fold(part), words.join(" "))).toBe(true);
        },
      ),
    );
  });
});
