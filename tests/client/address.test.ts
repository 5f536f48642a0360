import { describe, expect, test } from "vitest";
import { toOwnPath } from "../../client/app/auth/next.ts";
import {
  isFiltered,
  PRESETS,
  parseLibrarySearch,
  presetOf,
  sortBy,
} from "../../client/app/library/list-query.ts";

describe("the address of the library", () => {
  test("says nothing of what is as usual", () => {
    expect(parseLibrarySearch({ q: "", sort: "artist", dir: "asc", state: "all" })).toEqual({});
  });

  test("keeps search, order and filter", () => {
    const search = {
      q: "take 3",
      sort: "added",
      dir: "desc",
      state: "missing",
      connection: "0199c9a0-0000-7000-8000-000000000001",
    };
    expect(parseLibrarySearch(search)).toEqual(search);
  });

  test("is of no harm when somebody has edited it", () => {
    const search = parseLibrarySearch({ q: ["a"], sort: "drop", state: 7, connection: "x" });
    expect(search).toEqual({});
    expect(isFiltered(search)).toBe(false);
  });

  test("keeps the lists that are asked for by name, and knows them again", () => {
    for (const [name, preset] of Object.entries(PRESETS)) {
      expect(parseLibrarySearch(preset)).toEqual(preset);
      expect(presetOf({ ...preset, q: "take" })).toBe(name);
    }
    expect(presetOf({ q: "take", sort: "added" })).toBeNull();
    expect(parseLibrarySearch({ listened: "often" })).toEqual({});
  });

  test("takes a year for words, and no novel", () => {
    expect(parseLibrarySearch({ q: 1975 }).q).toBe("1975");
    expect(parseLibrarySearch({ q: "x".repeat(5000) }).q).toHaveLength(200);
  });

  test("turns the order round with a second click, and starts new and long ones from the top", () => {
    const byTitle = sortBy({ q: "take" }, "title");
    expect(byTitle).toEqual({ q: "take", sort: "title" });
    expect(sortBy(byTitle, "title")).toEqual({ q: "take", sort: "title", dir: "desc" });
    expect(sortBy(sortBy(byTitle, "title"), "title")).toEqual(byTitle);
    expect(sortBy(byTitle, "added")).toEqual({ q: "take", sort: "added", dir: "desc" });
    expect(sortBy(byTitle, "artist")).toEqual({ q: "take", sort: "artist" });
    expect(sortBy(sortBy({}, "title"), "artist")).toEqual({});
  });
});

describe("after signing in", () => {
  test("people come back to where they were going", () => {
    expect(toOwnPath("/b/1/library?q=take%203")).toBe("/b/1/library?q=take%203");
  });

  test.each([
    "//evil.example",
    "/\\evil.example",
    "https://evil.example",
    "javascript:alert(1)",
    7,
  ])("nobody is sent to %s", (next) => {
    expect(toOwnPath(next)).toBeUndefined();
  });
});
