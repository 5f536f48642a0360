import { PassThrough, Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { toReadable } from "#server/base/egress/flow.ts";
import { createResumingBody } from "#server/playback/resuming-body.ts";
import type { ByteRange } from "#server/storage/stored.ts";
import { readAll } from "#tests/storage/worlds.ts";

/** Where the range lies in its file: not at the start, so that positions cannot be mixed up. */
const START = 1000;
const MEGABYTE = 1024 * 1024;

/** One transfer after another, each as the test wants it; what was asked for is kept. */
function storageOf(bytes: Buffer, transfers: readonly ((rest: Buffer) => Readable)[]) {
  const opened: Readable[] = [];
  const asked: ByteRange[] = [];
  const range = { start: START, end: START + bytes.length - 1 };
  const open = (rest: ByteRange) => {
    const body = transfers[opened.length]?.(bytes.subarray(rest.start - START));
    if (!body) throw new Error("The storage does not answer.");
    opened.push(body);
    return { range: rest, sizeBytes: START + bytes.length, etag: '"1"', modifiedAt: null, body };
  };
  const play = ({ canResume = true } = {}): Readable =>
    createResumingBody({
      first: open(range),
      canResume,
      async reopen(rest) {
        asked.push(rest);
        return open(rest);
      },
    });
  return { opened, asked, play };
}

/** Sends so many bytes and breaks. */
const cutAfter = (count: number) => (rest: Buffer) =>
  Readable.from(
    (function* () {
      if (count > 0) yield rest.subarray(0, count);
      throw new Error("cut");
    })(),
  );

/** Is broken by the time that somebody begins to read it, and says so at once. */
const brokenAlready = (): Readable =>
  toReadable({
    open: (sink) => sink.fail(new Error("cut before it began")),
    resume: () => {},
    stop: () => {},
  });

/** Sends so many bytes and ends as if that were all. */
const endAfter = (count: number) => (rest: Buffer) => Readable.from([rest.subarray(0, count)]);

const whole = (rest: Buffer): Readable => Readable.from([rest]);

const bytes = Buffer.from(Array.from({ length: 240 }, (_, index) => index));

/** Longer than what the storage or the listener could be up to in the meantime. */
const aMoment = () => new Promise((resolve) => setTimeout(resolve, 400));

describe("a recording that is played over an unsteady line", () => {
  test("is whole, however often its transfers are cut, as long as bytes come", async () => {
    const cuts = Array.from({ length: 6 }, () => cutAfter(30));
    const { asked, play } = storageOf(bytes, [...cuts, whole]);

    expect(await readAll(play())).toEqual(bytes);
    expect(asked.map(({ start }) => start - START)).toEqual([30, 60, 90, 120, 150, 180]);
    expect(new Set(asked.map(({ end }) => end - START))).toEqual(new Set([239]));
  });

  test("goes on, too, when the storage ends early and calls it the end", async () => {
    const { play } = storageOf(bytes, [endAfter(100), whole]);
    expect(await readAll(play())).toEqual(bytes);
  });

  test("is fetched on once, however eagerly somebody reads meanwhile", async () => {
    const { asked, play } = storageOf(bytes, [cutAfter(100), whole, whole]);
    const body = play();
    await new Promise((resolve) => body.once("readable", resolve));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const head = body.read();
    expect(Buffer.concat([head, await readAll(body)])).toEqual(bytes);
    expect(asked).toHaveLength(1);
  });

  test("goes on where a transfer that shall go on with it is broken before it begins", async () => {
    const { asked, play } = storageOf(bytes, [cutAfter(100), brokenAlready, whole]);
    expect(await readAll(play())).toEqual(bytes);
    expect(asked).toHaveLength(2);
  });

  test("is given up where all of them are", async () => {
    const { asked, play } = storageOf(bytes, [cutAfter(100), ...Array(9).fill(brokenAlready)]);
    await expect(readAll(play())).rejects.toThrow("before it began");
    expect(asked).toHaveLength(3);
  });

  test("is given up after three tries that bring nothing", async () => {
    const { asked, play } = storageOf(bytes, [cutAfter(10), ...Array(9).fill(cutAfter(0))]);
    await expect(readAll(play())).rejects.toThrow("cut");
    expect(asked).toHaveLength(3);
  });

  test("is given up, too, when the storage does not answer any more", async () => {
    const { asked, play } = storageOf(bytes, [cutAfter(10)]);
    await expect(readAll(play())).rejects.toThrow("does not answer");
    expect(asked).toHaveLength(3);
  });

  test("ends at the first cut when nobody can tell whether the rest is of the same version", async () => {
    const { asked, play } = storageOf(bytes, [cutAfter(10), whole]);
    await expect(readAll(play({ canResume: false }))).rejects.toThrow("cut");
    expect(asked).toEqual([]);
  });

  test("ends when the storage sends more than it announced", async () => {
    const more = (rest: Buffer) => Readable.from([rest, Buffer.from("more")]);
    const { play } = storageOf(bytes, [more]);
    await expect(readAll(play())).rejects.toThrow(/stopped sending/);
  });
});

describe("a listener who pauses", () => {
  const long = Buffer.alloc(4 * MEGABYTE, 7);

  /** Reads a little and pauses until the buffer is full. */
  async function pauseEarly(body: Readable): Promise<Buffer> {
    await new Promise((resolve) => body.once("readable", resolve));
    const head = body.read(1000);
    await aMoment();
    return head;
  }

  test("stops the transfer: the storage is not read ahead of them", async () => {
    let sent = 0;
    const { play } = storageOf(long, [
      (rest) =>
        Readable.from(
          (function* () {
            for (; sent < rest.length; sent += 65_536) yield rest.subarray(sent, sent + 65_536);
          })(),
          { highWaterMark: 1 },
        ),
    ]);
    const body = play();
    await pauseEarly(body);
    expect(sent).toBeLessThan(MEGABYTE);
    body.destroy();
  });

  test("leaves a storage alone that hung up meanwhile, and hears the rest when going on", async () => {
    const { asked, play } = storageOf(long, [cutAfter(MEGABYTE), whole]);
    const body = play();
    const head = await pauseEarly(body);
    expect(asked).toEqual([]);

    const rest = await readAll(body);
    expect(Buffer.concat([head, rest]).equals(long)).toBe(true);
    expect(asked).toEqual([{ start: START + MEGABYTE, end: START + long.length - 1 }]);
  });
});

describe("a listener who leaves", () => {
  test("ends the transfer", async () => {
    const { opened, play } = storageOf(bytes, [() => new PassThrough()]);
    play().destroy();
    expect(opened[0]?.destroyed).toBe(true);
  });

  test("before the next try has the storage asked no more", async () => {
    const { asked, play } = storageOf(bytes, [cutAfter(10), whole]);
    const body = play();
    body.resume();
    await new Promise((resolve) => body.once("data", resolve));
    body.destroy();
    await aMoment();
    expect(asked).toEqual([]);
  });

  test("while the next transfer is being opened has it closed at once", async () => {
    const late = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const next = new PassThrough();
    const opened = { range: { start: START, end: START + 239 }, sizeBytes: 2000 };
    const facts = { ...opened, etag: '"1"', modifiedAt: null };
    const body = createResumingBody({
      first: { ...facts, body: cutAfter(10)(bytes) },
      canResume: true,
      async reopen() {
        begun.resolve();
        await late.promise;
        return { ...facts, body: next };
      },
    });
    body.resume();
    await begun.promise;
    body.destroy();
    late.resolve();
    await expect.poll(() => next.destroyed).toBe(true);
  });
});
