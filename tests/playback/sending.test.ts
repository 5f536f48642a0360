import { createHash, randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { recordLog } from "#tests/support/log.ts";
import { requestText } from "#tests/support/raw-http.ts";
import { annasStorage, type StorageWorld, trackAt } from "#tests/support/world.ts";

const SIZE = 6_000_000;
const take = randomBytes(SIZE);
const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

interface Place {
  readonly world: StorageWorld;
  /** Of a recording of `SIZE` bytes, for who has no cookie. */
  readonly path: string;
}

async function annasTake(options: Parameters<typeof annasStorage>[1] = {}): Promise<Place> {
  const world = await annasStorage((cloud) => cloud.tree.put("take.mp3", take), options);
  const { id: trackId } = await trackAt(world, "take.mp3");
  return {
    world,
    path: (await world.anna.api.playback.ticket.query({ trackId, use: "stream" })).path,
  };
}

const keep = { connection: "keep-alive" };
const ask = (path: string, headers: Record<string, string> = {}, method = "GET"): string =>
  requestText(method, path, { ...keep, ...headers });

/** A connection of a listener's own, and all that has come over it. */
function open({ world }: Place) {
  const pieces: Buffer[] = [];
  const socket = connect(world.server.port, "127.0.0.1");
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("data", (piece) => pieces.push(piece)).on("error", () => {});
  onTestFinished(() => void socket.destroy());
  return { socket, closed, all: () => Buffer.concat(pieces) };
}

interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: Buffer;
}

/** All answers in a row, and nothing else. @throws Error for a byte too much or too few. */
function split(bytes: Buffer, withoutBody: readonly number[] = []): Answer[] {
  const answers: Answer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf("\r\n\r\n", at);
    if (end < 0) throw new Error(`No head: ${bytes.subarray(at, at + 80)}`);
    const head = bytes.toString("latin1", at, end);
    if (!head.startsWith("HTTP/1.1 ")) throw new Error(`No answer: ${head.slice(0, 80)}`);
    const isBare = withoutBody.includes(answers.length);
    const length = isBare ? 0 : Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
    const body = bytes.subarray(end + 4, end + 4 + length);
    if (body.length < length) throw new Error("cut");
    answers.push({ status: Number(head.slice(9, 12)), head, body });
    at = end + 4 + length;
  }
  return answers;
}

async function converse(place: Place, requests: string[], withoutBody?: readonly number[]) {
  const { socket, closed, all } = open(place);
  socket.write(requests.join(""));
  await closed;
  return split(all(), withoutBody);
}

describe("on one connection", () => {
  test("what is asked all at once is answered in turn, byte by byte", async () => {
    const place = await annasTake();
    const answers = await converse(place, [
      ask(place.path, { range: "bytes=0-299999" }),
      ask(place.path),
      ask("/health/live"),
      ask(place.path, { range: "bytes=5-5" }),
      ask(place.path, { range: "bytes=-70000", connection: "close" }),
    ]);

    expect(answers.map(({ status }) => status)).toEqual([206, 200, 200, 206, 206]);
    expect(answers.map(({ body }) => digest(body))).toEqual(
      [
        take.subarray(0, 300_000),
        take,
        Buffer.from('{"status":"ok"}'),
        take.subarray(5, 6),
        take.subarray(SIZE - 70_000),
      ].map(digest),
    );
  });

  test("one after the other, with every other kind of answer in between", async () => {
    const place = await annasTake();
    const { socket, closed, all } = open(place);
    const requests = [
      ask(place.path, { range: "bytes=0-199999" }),
      ask(place.path, {}, "HEAD"),
      ask(place.path, { range: `bytes=${SIZE}-` }),
      ask(place.path, { "if-match": '"other"' }),
      ask(place.path, { "if-none-match": "*" }),
      // A body that nobody wants.
      `${ask(place.path, { range: "bytes=7-8", "content-length": "5" })}hello`,
      ask(place.path),
      ask(place.path, { range: "bytes=1-1", connection: "close" }),
    ];
    const bare = [1, 4];
    for (const [index, request] of requests.entries()) {
      socket.write(request);
      const came = (): number => {
        try {
          return split(all(), bare).length;
        } catch {
          return 0;
        }
      };
      await expect.poll(came, { timeout: 5_000 }).toBe(index + 1);
    }
    await closed;

    const answers = split(all(), bare);
    expect(answers.map(({ status }) => status)).toEqual([206, 200, 416, 412, 304, 206, 200, 206]);
    expect(answers[5]?.body).toEqual(take.subarray(7, 9));
    expect(digest(answers[6]?.body ?? Buffer.alloc(0))).toBe(digest(take));
    expect(answers[0]?.head).toMatch(/\r\nconnection: keep-alive/i);
    expect(answers[7]?.head).toMatch(/\r\nconnection: close/i);
  });

  test("of HTTP/1.0 it ends with the answer", async () => {
    const place = await annasTake();
    const answers = await converse(place, [
      `GET ${place.path} HTTP/1.0\r\nhost: localhost\r\n\r\n`,
    ]);

    expect(answers.map(({ body }) => digest(body))).toEqual([digest(take)]);
  });

  test.each([
    ["more bytes than it announces", { extraBytes: 5_000 }],
    ["another answer behind the right one", { extraBytes: 100_000 }],
  ])("nothing follows that was not announced, when the storage sends %s", async (_, fault) => {
    const place = await annasTake();
    place.world.cloud.fault({ method: "GET", ...fault });
    const { socket, closed, all } = open(place);
    socket.write(
      ask(place.path, { range: "bytes=0-99999" }) + ask("/health/live", { connection: "close" }),
    );
    await closed;

    const bytes = all();
    const start = bytes.indexOf("\r\n\r\n") + 4;
    const announced = /^HTTP\/1\.1 206/.test(String(bytes.subarray(0, 12))) ? 100_000 : 0;
    if (announced > 0) {
      expect(take.indexOf(bytes.subarray(start, Math.min(start + announced, bytes.length)))).toBe(
        0,
      );
      expect(bytes.length - start - announced).toBeLessThan(3_000);
      expect(String(bytes.subarray(start + announced, start + announced + 9))).toMatch(
        /^(HTTP\/1\.1 )?$/,
      );
    } else {
      expect(String(bytes)).toMatch(/^HTTP\/1\.1 50\d/);
    }
  });
});

describe("a listener who pauses", () => {
  /** Reads a little, pauses, and reads on. */
  async function listenWith(place: Place, during: () => Promise<void>): Promise<Buffer> {
    const { socket, closed, all } = open(place);
    socket.write(ask(place.path, { connection: "close" }));
    await expect.poll(() => all().length).toBeGreaterThan(1_000);
    socket.pause();
    await during();
    socket.resume();
    await closed;
    return split(all())[0]?.body ?? Buffer.alloc(0);
  }

  test("gets every byte, although the storage has hung up meanwhile", async () => {
    const big = randomBytes(40_000_000);
    const world = await annasStorage((cloud) => cloud.tree.put("long.mp3", big));
    const { id: trackId } = await trackAt(world, "long.mp3");
    const { path } = await world.anna.api.playback.ticket.query({ trackId, use: "stream" });
    world.cloud.fault({ method: "GET", cutAfterBytes: 15_000_000, times: 2 });
    const before = world.cloud.count({ method: "GET" });
    const body = await listenWith({ world, path }, () => pause(1_500));

    expect(digest(body)).toBe(digest(big));
    expect(world.cloud.count({ method: "GET" }) - before).toBe(3);
  });

  test("is heard out by a server that stops", async () => {
    const place = await annasTake();
    const { app } = place.world.server;
    let stopped: Promise<void> | undefined;
    const body = await listenWith(place, async () => {
      stopped = app.drain.begin({ noticeMs: 0, deadlineMs: 20_000 });
      await pause(600);
    });

    expect(digest(body)).toBe(digest(take));
    await stopped;
  });
});

test("the log has a line of it, with what was sent, and says when it was cut", async () => {
  const { log, lines } = recordLog();
  const place = await annasTake({ server: { log } });
  await converse(place, [ask(place.path, { range: "bytes=0-99999", connection: "close" })]);
  place.world.cloud.fault({ method: "GET", stallAfterBytes: 50_000 });
  const { socket, all } = open(place);
  socket.write(ask(place.path));
  await expect.poll(() => all().length).toBeGreaterThan(50_000);
  socket.destroy();

  const streams = (): { status: number; bytes: number; isCut?: boolean }[] =>
    lines.map((line) => JSON.parse(line)).filter(({ route }) => route === "/stream/:trackId");
  await expect.poll(() => streams().length).toBe(2);
  const [whole, cut] = streams();
  expect(whole).toMatchObject({ status: 206 });
  expect(whole?.bytes).toBeGreaterThan(100_000);
  expect(whole?.bytes).toBeLessThan(102_000);
  expect(whole?.isCut).toBeUndefined();
  expect(cut).toMatchObject({ status: 200, isCut: true });
});

test("who leaves before anything has come, as with each seek, is no fault that the log tells of", async () => {
  const { log, lines } = recordLog();
  const place = await annasTake({ server: { log } });
  place.world.cloud.fault({ method: "GET", stall: true });
  const { socket } = open(place);
  socket.write(ask(place.path));
  await expect.poll(() => place.world.cloud.openDownloads()).toBe(1);
  socket.destroy();
  await expect.poll(() => place.world.cloud.openDownloads()).toBe(0);
  await expect.poll(() => lines.filter((line) => line.includes('"isCut":true'))).toHaveLength(1);
  // Whatever else is told of it comes before the answer to whoever asks now.
  expect((await fetch(`${place.world.server.baseUrl}/health/live`)).status).toBe(200);

  const told = lines.map((line): { level: number; msg: string } => JSON.parse(line));
  expect(told.filter(({ level }) => level >= 40)).toEqual([]);
});

test("a page of another website that is allowed to may read it, and caches are told so", async () => {
  const origin = "https://player.example";
  const place = await annasTake({ server: { environment: { CORS_ORIGINS: origin } } });
  const [theirs] = await converse(place, [ask(place.path, { origin, connection: "close" })]);
  const [ours] = await converse(place, [ask(place.path, { connection: "close" })]);

  expect(theirs?.head).toMatch(/\r\nvary: Origin(\r\n|$)/i);
  expect(theirs?.head).toMatch(/\r\naccess-control-allow-origin: https:\/\/player\.example/i);
  expect(ours?.head).toMatch(/\r\nvary: Origin(\r\n|$)/i);
  expect(ours?.head).not.toMatch(/access-control-allow-origin/i);
});

describe("faults", () => {
  const STREAMS = 150;
  const AT_ONCE = 15;

  const openFiles = async (): Promise<number> => (await readdir("/proc/self/fd")).length;

  /** What a listener has got of the file, or of a part of it, to the end or to the cut. */
  async function listen(place: Place, start: number, leaveAfterMs: number | null): Promise<Buffer> {
    const { socket, closed, all } = open(place);
    socket.write(ask(place.path, { range: `bytes=${start}-`, connection: "close" }));
    const timer =
      leaveAfterMs === null ? undefined : setTimeout(() => socket.destroy(), leaveAfterMs);
    await closed;
    clearTimeout(timer);
    const bytes = all();
    const end = bytes.indexOf("\r\n\r\n");
    return /^HTTP\/1\.1 206/.test(String(bytes.subarray(0, 12)))
      ? bytes.subarray(end + 4)
      : Buffer.alloc(0);
  }

  const random = (below: number): number => Math.floor(Math.random() * below);

  const spoil = ({ cloud }: StorageWorld): void => {
    cloud.heal();
    const cutAfterBytes = random(SIZE);
    const faults = [
      { cutAfterBytes },
      { cutAfterBytes, etag: "weak" },
      { stallAfterBytes: cutAfterBytes, bytesPerSecond: 20_000_000 },
      { extraBytes: random(9) - 4 },
      { chunked: true, cutAfterBytes },
      { ignoreRange: true, cutAfterBytes },
      { etag: "changing", cutAfterBytes },
      { reset: true },
      { status: 503 },
    ] as const;
    cloud.fault({
      method: "GET",
      times: 1 + random(AT_ONCE),
      ...(faults[random(faults.length)] ?? {}),
    });
  };

  type Outcome = "wrong" | "whole" | "part";

  async function hear(place: Place, leaveAfterMs: number | null): Promise<Outcome> {
    const start = random(SIZE);
    const got = await listen(place, start, leaveAfterMs);
    const right = take.subarray(start, start + got.length);
    if (got.length > right.length || digest(got) !== digest(right)) return "wrong";
    return got.length === SIZE - start ? "whole" : "part";
  }

  test("of every kind, many at once, bring no wrong byte and leave nothing open", async () => {
    const place = await annasTake();
    const { world } = place;
    await listen(place, 0, null);
    const filesBefore = await openFiles();
    const outcomes: Outcome[] = [];
    for (let begun = 0; begun < STREAMS; begun += AT_ONCE) {
      spoil(world);
      const listeners = Array.from({ length: AT_ONCE }, (_, index) =>
        hear(place, index % 3 === 0 ? 1_500 : 50 + random(400)),
      );
      outcomes.push(...(await Promise.all(listeners)));
    }
    world.cloud.heal();

    expect(outcomes.filter((each) => each === "wrong")).toEqual([]);
    expect(outcomes.filter((each) => each === "whole").length).toBeGreaterThan(STREAMS / 4);
    await expect.poll(() => world.cloud.openDownloads(), { timeout: 5_000 }).toBe(0);
    await world.server.deps.egress.close();
    await expect.poll(openFiles, { timeout: 10_000 }).toBeLessThanOrEqual(filesBefore + 2);
  }, 120_000);
});
