import { describe, expect, test } from "vitest";
import { OutsideOfFile, parseRange } from "#server/playback/range.ts";

describe("a Range header", () => {
  test.each([
    ["the first bytes", "bytes=0-99", 1000, { start: 0, end: 99 }],
    ["one byte", "bytes=0-0", 1000, { start: 0, end: 0 }],
    ["Safari's question", "bytes=0-1", 1000, { start: 0, end: 1 }],
    ["from somewhere to the end", "bytes=200-", 1000, { start: 200, end: 999 }],
    ["the last byte", "bytes=999-", 1000, { start: 999, end: 999 }],
    ["more than there is", "bytes=900-5000", 1000, { start: 900, end: 999 }],
    ["far more than a number holds", `bytes=1-${"9".repeat(400)}`, 1000, { start: 1, end: 999 }],
    ["the last bytes", "bytes=-10", 1000, { start: 990, end: 999 }],
    ["more last bytes than there are", "bytes=-5000", 1000, { start: 0, end: 999 }],
    ["another case", "BYTES=5-6", 1000, { start: 5, end: 6 }],
    [
      "bytes beyond 4 GB",
      "bytes=4294967296-4294967299",
      2 ** 33,
      { start: 2 ** 32, end: 2 ** 32 + 3 },
    ],
  ])("asks for %s", (_, header, size, expected) => {
    expect(parseRange(header, size)).toEqual(expected);
  });

  test.each([
    ["there is none", undefined, 1000],
    ["another unit", "items=0-1", 1000],
    ["several ranges", "bytes=0-1,5-6", 1000],
    ["a thousand ranges", `bytes=${Array.from({ length: 1000 }, (_, i) => `${i}-${i}`)}`, 100_000],
    ["an end before its start", "bytes=5-4", 1000],
    ["nothing at all", "bytes=-", 1000],
    ["no numbers", "bytes=a-b", 1000],
    ["a negative start", "bytes=--5", 1000],
    ["a suffix of an empty file", "bytes=-5", 0],
  ])("is passed over: %s", (_, header, size) => {
    expect(parseRange(header, size)).toBeNull();
  });

  test.each([
    ["starts at the end", "bytes=1000-", 1000],
    ["starts beyond a number", `bytes=${"9".repeat(400)}-`, 1000],
    ["asks for the last zero bytes", "bytes=-0", 1000],
    ["asks for the first byte of an empty file", "bytes=0-", 0],
  ])("cannot be met when it %s", (_, header, size) => {
    expect(() => parseRange(header, size)).toThrow(OutsideOfFile);
  });
});
