import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect } from "node:net";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { keyOf } from "#server/playback/repeated-request.ts";
import { keyOfText, rangeWithin, readRequestText } from "#server/playback/request-text.ts";

const PATH = "/stream/01a2201a-7440-7c09-962a-dee84c69f5be";
const text = (...lines: string[]): Buffer => Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
const plain = [`GET ${PATH} HTTP/1.1`, "Host: localhost", "Cookie: a=b"];

/** What Node's parser makes of it. */
async function startParser(): Promise<(bytes: Buffer) => Promise<string[]>> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return async (bytes) => {
    const keys: string[] = [];
    const hear = (raw: IncomingMessage): void => {
      keys.push(keyOf(raw));
      raw.socket.end();
    };
    server.on("request", hear);
    const socket = connect(port, "127.0.0.1", () => socket.end(bytes));
    socket.on("error", () => {}).resume();
    await once(socket, "close");
    server.off("request", hear);
    return keys;
  };
}

const names = [
  "Host",
  "cookie",
  "Accept",
  "Range",
  "X-Request-Id",
  "If-Match",
  "Connection",
  "x y",
];
const values = [
  "a",
  "a=b; c",
  "bytes=0-5",
  "keep-alive",
  "close",
  "",
  " a",
  "a ",
  "a\tb",
  "ä",
  "a,b",
];
const gaps = [": ", ":", ":  ", " : ", ":\t", ":\r\n "];
const field = fc
  .tuple(fc.constantFrom(...names), fc.constantFrom(...gaps), fc.constantFrom(...values))
  .map((parts) => parts.join(""));
const request = fc
  .tuple(
    fc.constantFrom(`GET ${PATH} HTTP/1.1`, `GET ${PATH} HTTP/1.0`, `GET  ${PATH} HTTP/1.1`),
    fc.array(field, { maxLength: 4 }),
    fc.nat(4),
  )
  .map(([first, fields, at]) => {
    const lines = ["Host: localhost", ...fields];
    lines.splice(at % (lines.length + 1), 0, "Range: bytes=3-9");
    return text(first, ...lines);
  });

test("whatever is read as text is what Node's parser reads", async () => {
  const parse = await startParser();
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(request, async (bytes) => {
      const read = readRequestText(bytes);
      const key = read && keyOfText(read.rest);
      if (key === undefined) return;
      expect(await parse(bytes)).toEqual([key]);
      compared += 1;
    }),
    { numRuns: 3_000 },
  );
  expect(compared).toBeGreaterThan(100);
});

test("range and id are read, and are no part of who asks for what", () => {
  const id = "X-Request-Id: 0123456789";
  const one = readRequestText(text(...plain, "Range: bytes=3-9", id, "Accept: */*"));
  const other = readRequestText(text(...plain, "Accept: */*", "range: bytes=70-"));
  expect(one).toMatchObject({ range: { start: 3, end: 9 }, id: "0123456789" });
  expect(other).toMatchObject({ range: { start: 70, end: undefined }, id: undefined });
  expect(one?.rest).toBe(other?.rest);
  expect(keyOfText(one?.rest ?? "")).toBe(`${PATH}\nhost:localhost\ncookie:a=b\naccept:*/*`);
});

test.each([
  ["a range twice", [...plain, "Range: bytes=0-1", "Range: bytes=2-3"]],
  [
    "an id twice",
    [...plain, "Range: bytes=0-1", "X-Request-Id: 12345678", "X-Request-Id: 87654321"],
  ],
  ["an id that is none", [...plain, "Range: bytes=0-1", "X-Request-Id: a"]],
  ["a condition", [...plain, "Range: bytes=0-1", 'If-Range: "1"']],
  ["the end of the connection", [...plain, "Range: bytes=0-1", "Connection: close"]],
  ["a line that goes on", [...plain, "Range: bytes=0-1", "X: a", " b"]],
  ["no range", plain],
  ["several ranges", [...plain, "Range: bytes=0-1,3-4"]],
  ["the last bytes", [...plain, "Range: bytes=-5"]],
  ["another method", ["POST /stream/ HTTP/1.1", "Range: bytes=0-1"]],
  ["another version", [`GET ${PATH} HTTP/1.0`, "Range: bytes=0-1"]],
])("with %s it is left to the parser", (_, lines) => {
  const read = readRequestText(text(...lines));
  expect(read && keyOfText(read.rest)).toBeUndefined();
});

test("two requests, and a part of one, are left to the parser", () => {
  const one = text(...plain, "Range: bytes=0-1");
  expect(readRequestText(one)).toBeDefined();
  expect(readRequestText(Buffer.concat([one, one]))).toBeUndefined();
  expect(readRequestText(one.subarray(0, -1))).toBeUndefined();
  expect(readRequestText(one.subarray(0, 5))).toBeUndefined();
});

test("of a range, what the file has is taken", () => {
  expect(rangeWithin({ start: 3, end: 9 }, 8)).toEqual({ start: 3, end: 7 });
  expect(rangeWithin({ start: 3, end: undefined }, 8)).toEqual({ start: 3, end: 7 });
  expect(rangeWithin({ start: 8, end: 9 }, 8)).toBeUndefined();
  expect(rangeWithin({ start: 3, end: 2 }, 8)).toBeUndefined();
});
