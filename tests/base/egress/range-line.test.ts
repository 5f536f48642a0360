import { expect, test } from "vitest";
import { takeFlow } from "#server/base/egress/flow.ts";
import type { RangeLine } from "#server/base/egress/range-line.ts";
import { putInFront } from "#server/base/egress/wire.ts";
import { openEgress, startTcp } from "./peers.ts";

const patient = (): AbortSignal => AbortSignal.timeout(10_000);
const song = Buffer.from("0123456789");
const version = 'etag: "1"\r\n';

const part = (start: number, end: number, more = version): string =>
  `HTTP/1.1 206 Partial Content\r\n${more}content-length: ${end - start + 1}\r\ncontent-range: bytes ${start}-${end}/${song.length}\r\n\r\n${song.subarray(start, end + 1)}`;

/** Says one answer after the other, and what was asked. */
async function startSaying(answers: readonly string[]) {
  const asked: string[] = [];
  const peer = await startTcp((socket) => {
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      asked.push(String(bytes));
      const answer = answers[asked.length - 1];
      if (answer === undefined) socket.destroy();
      else socket.write(answer);
    });
  });
  return { ...peer, asked };
}

/** Asks for the first range in full. */
async function openLine(port: number): Promise<RangeLine> {
  const answer = await openEgress().request({
    url: `http://cloud.example:${port}/song`,
    headers: { range: "bytes=0-1", authorization: "Basic abc" },
    signal: patient(),
  });
  const line = answer.line?.();
  for await (const _ of answer.body);
  if (!line) throw new Error("There is no line.");
  return line;
}

/** @returns what came, or that nothing of it may be used. */
const ask = (line: RangeLine, start: number, end: number): Promise<string> =>
  new Promise((resolve) => {
    let bytes = "";
    const stop = line.ask(
      { start, end },
      {
        begin(flow) {
          flow.open({
            take(piece) {
              bytes += String(piece);
              return "more";
            },
            end: () => resolve(bytes),
            fail: (error) => resolve(`failed: ${error.message}`),
          });
        },
        giveUp: () => resolve("nothing"),
      },
    );
    if (!stop) resolve("not asked");
  });

/** The connection is idle a moment after the end of an answer. */
const settle = (): Promise<void> => new Promise((wake) => setTimeout(wake, 20));

test("a further range is the same question, and only its bytes come of it", async () => {
  const { port, asked, accepted } = await startSaying([
    ...[part(0, 1), part(2, 4), part(9, 9), part(0, 9)],
  ]);
  const line = await openLine(port);
  const got: string[] = [];
  for (const [start, end] of [
    [2, 4],
    [9, 9],
    [0, 9],
  ] as const) {
    await settle();
    got.push(await ask(line, start, end));
  }
  expect(got).toEqual(["234", "9", "0123456789"]);
  expect(accepted()).toBe(1);
  const lines = (text = ""): string[] =>
    text
      .split("\r\n")
      .filter((each) => !each.startsWith("range"))
      .sort();
  for (const again of asked) expect(lines(again)).toEqual(lines(asked[0]));
  expect(asked[2]).toContain("\r\nrange: bytes=9-9\r\n");
});

const bad: readonly (readonly [string, string])[] = [
  ["another version", part(2, 4, 'etag: "2"\r\n')],
  ["no version", part(2, 4, "")],
  [
    "a version and a date more",
    part(2, 4, `${version}last-modified: Sat, 28 Nov 2026 06:17:23 GMT\r\n`),
  ],
  ["another part", part(3, 5)],
  ["less of it", part(2, 3)],
  ["a file of another size", part(2, 4).replace("/10", "/11")],
  ["all of it", `HTTP/1.1 200 OK\r\n${version}content-length: 10\r\n\r\n${song}`],
  ["no part by its status", part(2, 4).replace("206 Partial Content", "200 OK")],
  ["another length than its range", part(2, 4).replace("length: 3", "length: 30")],
  ["its length twice", part(2, 4, `${version}content-length: 3\r\n`)],
  ["packed", part(2, 4, `${version}content-encoding: gzip\r\n`)],
  ["in chunks", part(2, 4, `${version}transfer-encoding: chunked\r\n`)],
  ["a refusal", "HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n"],
  ["half a head", part(2, 4).slice(0, 60)],
  ["no HTTP", "hello\r\n\r\n"],
];

test.each(bad)(
  "of %s nothing is used, whether it is the first or the tenth",
  async (_what, answer) => {
    for (const goodOnes of [0, 1, 9]) {
      const good = Array.from({ length: goodOnes }, () => part(2, 4));
      const { port, open } = await startSaying([part(0, 1), ...good, answer]);
      const line = await openLine(port);
      for (const _ of good) {
        await settle();
        expect(await ask(line, 2, 4)).toBe("234");
      }
      await settle();
      expect(await ask(line, 2, 4)).toBe("nothing");
      await expect.poll(open).toBe(0);
    }
  },
);

test("what comes beyond the range goes nowhere", async () => {
  const { port, open } = await startSaying([part(0, 1), `${part(2, 4)}HTTP/1.1 200 OK\r\n`]);
  const line = await openLine(port);
  await settle();
  expect(await ask(line, 2, 4)).toBe("234");
  await expect.poll(open).toBe(0);
  expect(await ask(line, 2, 4)).toBe("not asked");
});

test("a head goes in front of what was read, and of nothing else", async () => {
  const { port } = await startSaying([part(0, 1), part(2, 4), part(2, 9)]);
  const line = await openLine(port);
  const seen: unknown[] = [];
  for (const end of [4, 9]) {
    await settle();
    await new Promise<void>((done) => {
      line.ask(
        { start: 2, end },
        {
          begin(flow) {
            flow.open({
              take(piece, isLent) {
                const before = String(piece);
                const both = isLent ? putInFront("HEAD: ä|", piece) : undefined;
                seen.push([isLent, both?.toString("latin1"), String(piece) === before]);
                expect(putInFront("x".repeat(64 * 1024), piece)).toBeUndefined();
                return "more";
              },
              end: done,
              fail: done as never,
            });
          },
          giveUp: done,
        },
      );
    });
  }
  expect(seen.at(-1)).toEqual([true, "HEAD: ä|23456789", true]);
  expect(putInFront("x", Buffer.from("a piece of everybody's memory"))).toBeUndefined();
});

test("a body that is a stream comes without a line to it", async () => {
  const { port } = await startSaying([
    `HTTP/1.1 200 OK\r\n${version}content-length: 10\r\n\r\n${song}`,
  ]);
  const answer = await openEgress().request({
    url: `http://cloud.example:${port}/song`,
    headers: { range: "bytes=0-9" },
    signal: patient(),
  });
  expect(answer.line?.()).toBeUndefined();
  takeFlow(answer.body).stop();
});
