import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parsePlainHead } from "#server/base/egress/answer-head.ts";
import { createHeadPattern } from "#server/base/egress/head-pattern.ts";

const SIZE = "10000000";
const LINES = [
  "HTTP/1.1 206 Partial Content",
  "Server: nginx/1.22.1",
  "Date: Sat, 28 Nov 2026 06:17:23 GMT",
  "Content-Type: audio/mpeg",
  "Content-Length: 262144",
  "Last-Modified: Fri, 27 Nov 2026 10:00:00 GMT",
  "Connection: keep-alive",
  'ETag: "6928-989680"',
  "Content-Range: bytes 262144-524287/10000000",
] as const;
const FIRST = { start: 262144, end: 524287 };

const toHead = ({ start, end }: typeof FIRST, date = "Sun, 29 Nov 2026 23:59:59 GMT"): string =>
  LINES.map((line) => {
    if (line.startsWith("Date")) return `Date: ${date}`;
    if (line.startsWith("Content-Length")) return `Content-Length: ${end - start + 1}`;
    return line.startsWith("Content-Range") ? `Content-Range: bytes ${start}-${end}/${SIZE}` : line;
  }).join("\r\n");

const pattern = createHeadPattern(LINES.join("\r\n"), SIZE);
const range = fc
  .tuple(fc.nat(9_999_999), fc.nat(9_999_999))
  .map(([one, other]) => ({ start: Math.min(one, other), end: Math.max(one, other) }));

describe("a head that says what another one said", () => {
  test("is known by whatever range and time it names, and its end is found", () => {
    fc.assert(
      fc.property(range, fc.string(), (asked, body) => {
        const head = toHead(asked);
        const text = `${head}\r\n\r\n${body}`;
        expect(pattern.endIn(text, asked)).toBe(head.length + 4);
        expect(head.length + 4).toBeLessThanOrEqual(pattern.longest);
      }),
    );
  });

  test("is known wherever its lines stand, and without a date", () => {
    for (const dropped of ["Date", "Server"]) {
      const some = LINES.filter((line) => !line.startsWith(dropped));
      for (let turn = 1; turn < some.length; turn += 1) {
        const turned = [some[0], ...some.slice(turn), ...some.slice(1, turn)].join("\r\n");
        expect(createHeadPattern(turned, SIZE).endIn(`${turned}\r\n\r\n`, FIRST)).toBe(
          turned.length + 4,
        );
      }
    }
  });

  test("is never known where a parser reads anything else in it", () => {
    const good = `${toHead(FIRST)}\r\n\r\nID3`;
    const said = parsePlainHead(toHead(FIRST));
    let known = 0;
    const change = fc.record({
      at: fc.nat(good.length - 1),
      removed: fc.nat(3),
      added: fc.oneof(
        fc.string({ maxLength: 4 }),
        fc.constantFrom("\r\n", "\r\n\r\n", "0", " ", "\t", ",", "\r\nx: y", "\n", "\u0000"),
      ),
    });
    fc.assert(
      fc.property(change, ({ at, removed, added }) => {
        const text = good.slice(0, at) + added + good.slice(at + removed);
        const end = pattern.endIn(text, FIRST);
        if (end < 0) return;
        known += 1;
        const read = parsePlainHead(text.slice(0, end - 4));
        expect(read).toMatchObject({ status: 206, lengthBytes: said?.lengthBytes });
        expect({ ...read?.headers, date: "" }).toEqual({ ...said?.headers, date: "" });
        expect(text.slice(end - 4, end)).toBe("\r\n\r\n");
        expect(text.indexOf("\r\n\r\n")).toBe(end - 4);
      }),
      { numRuns: 20_000 },
    );
    expect(known).toBeGreaterThan(100);
  });

  test.each([
    ["another part", { start: 0, end: 262143 }],
    ["a part that ends sooner", { ...FIRST, end: 524286 }],
  ])("is not known for %s than was asked for", (_what, asked) => {
    expect(pattern.endIn(`${toHead(FIRST)}\r\n\r\n`, asked)).toBe(-1);
  });

  test("is not known before all of it is there", () => {
    const text = `${toHead(FIRST)}\r\n\r\n`;
    for (let length = 0; length < text.length; length += 1) {
      expect(pattern.endIn(text.slice(0, length), FIRST)).toBe(-1);
    }
  });
});
