import { describe, expect, test } from "vitest";
import { checkConditions, honoursRange } from "#server/base/preconditions.ts";

const modifiedAt = new Date("2026-03-14T12:00:00.700Z");
const strong = { etag: '"a"', modifiedAt };
const weak = { etag: 'W/"a"', modifiedAt };
const nothing = { etag: null, modifiedAt: null };
const before = "Sat, 14 Mar 2026 11:59:59 GMT";
const at = "Sat, 14 Mar 2026 12:00:00 GMT";

describe("conditions on a version", () => {
  test.each([
    ["no condition", {}, strong, "send"],
    ["If-None-Match with our tag", { ifNoneMatch: '"a"' }, strong, "not_modified"],
    ["If-None-Match in a list", { ifNoneMatch: '"x", W/"a", "y"' }, strong, "not_modified"],
    ["If-None-Match compares weakly", { ifNoneMatch: '"a"' }, weak, "not_modified"],
    ["If-None-Match with another tag", { ifNoneMatch: '"b"' }, strong, "send"],
    ["If-None-Match: *", { ifNoneMatch: "*" }, strong, "not_modified"],
    ["a tag when we have none", { ifNoneMatch: '"a"' }, nothing, "send"],
    [
      "If-None-Match beats If-Modified-Since",
      { ifNoneMatch: '"b"', ifModifiedSince: at },
      strong,
      "send",
    ],
    ["If-Modified-Since, same second", { ifModifiedSince: at }, strong, "not_modified"],
    ["If-Modified-Since, older", { ifModifiedSince: before }, strong, "send"],
    ["If-Modified-Since, not a date", { ifModifiedSince: "yesterday" }, strong, "send"],
    ["If-Modified-Since, a date of another kind", { ifModifiedSince: "2027" }, strong, "send"],
    ["If-Match with our tag", { ifMatch: '"a"' }, strong, "send"],
    ["If-Match with another", { ifMatch: '"b"' }, strong, "precondition_failed"],
    ["If-Match never takes a weak tag", { ifMatch: 'W/"a"' }, weak, "precondition_failed"],
    [
      "If-Match beats If-Unmodified-Since",
      { ifMatch: '"a"', ifUnmodifiedSince: before },
      strong,
      "send",
    ],
    ["If-Unmodified-Since, changed", { ifUnmodifiedSince: before }, strong, "precondition_failed"],
    ["If-Unmodified-Since, not a date", { ifUnmodifiedSince: "2020" }, strong, "send"],
    ["If-Unmodified-Since, unchanged", { ifUnmodifiedSince: at }, strong, "send"],
  ] as const)("%s", (_, conditions, current, verdict) => {
    expect(checkConditions(conditions, current)).toBe(verdict);
  });

  test.each([
    ["there is no If-Range", undefined, strong, true],
    ["it is our strong tag", '"a"', strong, true],
    ["it is another tag", '"b"', strong, false],
    ["it is a weak tag", 'W/"a"', weak, false],
    ["it is a date", at, strong, false],
    ["we have no tag", '"a"', nothing, false],
  ] as const)("a range counts when %s: %s", (_, ifRange, current, expected) => {
    expect(honoursRange(ifRange, current)).toBe(expected);
  });
});
