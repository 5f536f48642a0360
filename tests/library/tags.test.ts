import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isStorable, toTags, toText } from "#server/library/tags.ts";

describe("text from a stranger's file", () => {
  test.each([
    ["plain", "plain"],
    ["  a \n\t b\r\n ", "a b"],
    ["nul\0byte", "nul byte"],
    ["\0", null],
    ["", null],
    [undefined, null],
    [42, null],
    [["a"], null],
    ["half \ud83d", "half \ufffd"],
    ["bell\u0007", "bell"],
  ])("%j becomes %j", (value, expected) => {
    expect(toText(value)).toBe(expected);
  });

  test("is short, whatever came in", () => {
    expect(toText("x".repeat(1_000_000))).toHaveLength(500);
    expect(toText("😀".repeat(400))?.isWellFormed()).toBe(true);
  });

  test("is text that a database takes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 1_200 }), (value) => {
        const text = toText(value);
        if (text === null) return;
        expect(isStorable(text)).toBe(true);
        expect(text.length).toBeLessThanOrEqual(500);
        expect(text.trim()).toBe(text);
      }),
    );
  });
});

test("numbers that no column takes are not known", () => {
  const anything = fc.oneof(fc.double(), fc.bigInt(), fc.string(), fc.constant(null), fc.integer());
  fc.assert(
    fc.property(anything, (value) => {
      const tags = toTags(
        {
          format: {
            duration: value,
            bitrate: value,
            sampleRate: value,
            numberOfChannels: value,
            codec: value,
          },
          common: {
            track: { no: value },
            disk: { no: value },
            year: value,
            genre: value,
            title: value,
          },
        },
        null,
      );
      for (const number of Object.values(tags).filter((each) => typeof each === "number")) {
        expect(Number.isInteger(number) && number > 0 && number < 2 ** 31).toBe(true);
      }
    }),
  );
  const format = { duration: 1e9, bitrate: 2 ** 31, numberOfChannels: 256 };
  const common = { track: { no: 100_000 }, disk: { no: 0 }, year: 20_240 };
  expect(Object.values(toTags({ format, common }, null)).every((each) => each === null)).toBe(true);
});
