import { expect, test } from "vitest";
import { parseHttpDate } from "#server/base/http-date.ts";

const now = new Date("2026-03-14T19:30:00Z");

test.each([
  ["as it is sent", "Sat, 14 Mar 2026 19:30:00 GMT", "2026-03-14T19:30:00Z"],
  ["as RFC 850 has it", "Saturday, 14-Mar-26 19:30:00 GMT", "2026-03-14T19:30:00Z"],
  ["fifty years ahead at most", "Sunday, 06-Nov-76 08:49:37 GMT", "2076-11-06T08:49:37Z"],
  ["more than fifty years ahead", "Sunday, 06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37Z"],
  ["as asctime prints it", "Sun Nov  6 08:49:37 1994", "1994-11-06T08:49:37Z"],
  ["as asctime prints a late day", "Sat Mar 14 19:30:00 2026", "2026-03-14T19:30:00Z"],
])("a date %s is read", (_, text, expected) => {
  expect(parseHttpDate(` ${text} `, now)).toEqual(new Date(expected));
});

test.each([
  ["2026-03-14"],
  ["take 5"],
  ["14 Mar 2026"],
  ["Sat, 14 Mar 2026 25:61:00 GMT"],
  ["Tue, 31 Feb 2026 12:00:00 GMT"],
  ["Sat, 14 Mai 2026 19:30:00 GMT"],
  ["Sat, 14 Mar 2026 19:30:00 CET"],
  ["Sat, 14 Mar 2026 19:30:00"],
  ["0"],
  [undefined],
])("%s is no date", (text) => {
  expect(parseHttpDate(text, now)).toBeNull();
});
