import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { recordLog } from "#tests/support/log.ts";
import { requestText } from "#tests/support/raw-http.ts";
import {
  type Answer,
  annasTake,
  LATER,
  type Place,
  random,
  SIZE,
  take,
} from "./short-way-world.ts";

test("who goes on gets every byte the short way, and the same head as ever", async () => {
  const place = await annasTake();
  const line = place.openLine();
  const first = await line.ask("bytes=0-9");
  expect(first.isShort).toBe(false);
  let short = 0;
  for (let asked = 0; asked < 300; asked += 1) {
    const start = random(SIZE);
    const end = Math.min(start + random(600_000), SIZE - 1);
    const last = asked % 7 === 0 ? "" : String(end);
    const sizeBytes = (last === "" ? SIZE - 1 : end) - start + 1;
    if (sizeBytes > 2_000_000) continue;
    const answer = await line.ask(`bytes=${start}-${last}`);
    expect(answer.status).toBe(206);
    expect(answer.body.equals(take.subarray(start, start + sizeBytes))).toBe(true);
    expect(namesOf(answer)).toEqual(namesOf(first));
    expect(answer.head).toContain(`bytes ${start}-${start + sizeBytes - 1}/${SIZE}`);
    expect(constant(answer)).toEqual(constant(first));
    if (answer.isShort) short += 1;
  }
  expect(short).toBeGreaterThan(100);
});

const linesOf = ({ head }: Answer): string[] => head.split("\r\n");
const namesOf = (answer: Answer): string[] =>
  linesOf(answer)
    .map((line) => line.split(":")[0]?.toLowerCase() ?? "")
    .sort();
/** What is the same in every answer. */
const constant = (answer: Answer): string[] =>
  linesOf(answer)
    .filter((line) => !/^(content-range|content-length|date|x-request-id):/i.test(line))
    .map((line) => line.toLowerCase())
    .sort();

test("whatever else is asked in between is answered in its turn", async () => {
  const place = await annasTake();
  const line = await place.shortLine();
  const two = await line.say(line.toText("bytes=0-99999") + line.toText("bytes=5-5"), 2);
  expect(two.map(({ body }) => body)).toEqual([take.subarray(0, 100_000), take.subarray(5, 6)]);
  expect((await line.ask("bytes=1-2")).body).toEqual(take.subarray(1, 3));
  // The next one comes while the answer before it is on its way.
  const short = await place.shortLine();
  const answers = short.say(short.toText(`bytes=0-${SIZE - 1}`), 3);
  await expect.poll(() => short.socket.bytesRead, LATER).toBeGreaterThan(1_000);
  short.socket.write(short.toText("bytes=7-8"));
  short.socket.write(requestText("GET", "/health/live", { connection: "keep-alive" }));
  const [whole, part, health] = await answers;
  expect(whole?.body.equals(take)).toBe(true);
  expect(part?.body).toEqual(take.subarray(7, 9));
  expect(String(health?.body)).toBe('{"status":"ok"}');
  // With a body that nobody wants, in two pieces, and with a condition.
  const odd = `${line.toText("bytes=3-4", { "content-length": "5" })}hello`;
  expect((await line.say(odd))[0]?.body).toEqual(take.subarray(3, 5));
  const text = line.toText("bytes=9-10");
  line.socket.write(text.slice(0, 40));
  await pause(30);
  expect((await line.say(text.slice(40)))[0]?.body).toEqual(take.subarray(9, 11));
  expect((await line.ask("bytes=0-1", { "if-match": '"other"' })).status).toBe(412);
  expect((await line.ask(`bytes=${SIZE}-`)).status).toBe(416);
  expect((await line.ask("bytes=0-1")).body).toEqual(take.subarray(0, 2));
  const last = await line.ask("bytes=0-1", { connection: "close" });
  expect(last.head).toMatch(/\r\nconnection: close/i);
  await line.closed;
});

test("who asks the short way while an ordinary answer is on its way waits for its end", async () => {
  const place = await annasTake();
  const line = await place.shortLine();
  for (let round = 0; round < 6; round += 1) {
    expect((await line.ask("bytes=0-9")).status).toBe(206);
    const answers = line.say(line.toText("bytes=0-", { "if-match": "*" }), 2);
    await line.hold();
    line.socket.write(line.toText("bytes=7-8"));
    await pause(50);
    line.socket.resume();
    const [whole, part] = await answers;
    expect(whole?.body.equals(take)).toBe(true);
    expect(part?.body).toEqual(take.subarray(7, 9));
  }
});

test.each([
  ["in a header", `GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-Note: `, 200],
  ["in a body", "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: ", 404],
])("what looks like a request %s is none", async (_, beginning, status) => {
  const place = await annasTake();
  const line = await place.shortLine();
  for (let round = 0; round < 6; round += 1) {
    await expect.poll(async () => (await line.ask("bytes=0-9")).isShort, LATER).toBe(true);
    const text = line.toText("bytes=7-8");
    const isBody = beginning.startsWith("POST");
    line.socket.write(isBody ? `${beginning}${text.length}\r\n\r\n` : beginning);
    await pause(30);
    const [answer] = await line.say(text);
    expect(answer?.status).toBe(status);
    await pause(30);
    expect(line.left()).toHaveLength(0);
  }
});

test("who asks for much at a time and takes it slowly gets each byte once, in its place", async () => {
  const place = await annasTake();
  const line = await place.shortLine();
  const starts = Array.from({ length: 12 }, () => random(SIZE - 2_000_000));
  line.socket.pause();
  const texts = starts.map((start) => line.toText(`bytes=${start}-${start + 1_999_999}`));
  // Each by itself, or they would come in one piece.
  const said = line.say(texts[0] ?? "", starts.length);
  for (const text of texts.slice(1)) {
    await pause(20);
    line.socket.write(text);
  }
  for (let turn = 0; turn < 60; turn += 1) {
    line.socket.resume();
    await pause(5);
    line.socket.pause();
    await pause(10);
  }
  line.socket.resume();
  for (const [at, { body }] of (await said).entries()) {
    const start = starts[at] ?? 0;
    expect(body.equals(take.subarray(start, start + 2_000_000))).toBe(true);
  }
});

test.each([
  ["hangs up", { reset: true }],
  ["is in trouble", { status: 503 }],
  ["sends the whole file", { ignoreRange: true }],
  ["sends it in chunks", { chunked: true }],
  ["says that it is another part", { contentRange: `bytes 0-899999/${SIZE}` }],
  ["does not say which part it is", { contentRange: null }],
  ["sends more than it announces", { extraBytes: 5_000 }],
  ["sends less than it announces", { extraBytes: -5 }],
  ["has another version from now on", { etag: "changing" }],
  ["has no validator any more", { etag: "none" }],
  ["cuts the head's answer off", { cutAfterBytes: 0 }],
  ["stops in the middle", { cutAfterBytes: 100_000 }],
] as const)(
  "once when the storage %s, the right bytes come all the same, or it is said",
  async (_, fault) => {
    const place = await annasTake();
    const line = await place.shortLine();
    place.world.cloud.fault({ method: "GET", times: 1, ...fault });
    const answer = await line.ask("bytes=1000-900999");
    if (answer.status === 206) {
      expect(answer.body.equals(take.subarray(1_000, 901_000))).toBe(true);
    } else {
      expect(answer.status).toBeGreaterThanOrEqual(500);
    }
    place.world.cloud.heal();
    await expect.poll(async () => (await line.ask("bytes=0-9")).status, LATER).toBe(206);
  },
);

test("when the file is another one by now, nothing of it comes under the old name", async () => {
  const place = await annasTake();
  const line = await place.shortLine();
  const { head } = await line.ask("bytes=0-9");
  const other = randomBytes(SIZE);
  place.world.cloud.tree.put("take.mp3", other);
  const answer = await line.ask("bytes=1000-1999");
  const etagOf = (text: string): string => /\r\netag: (\S+)/i.exec(text)?.[1] ?? "";
  expect(answer.body).toEqual(other.subarray(1_000, 2_000));
  expect(etagOf(answer.head)).not.toBe(etagOf(head));
});

test("a transfer that breaks off goes on where it was, and never into another version", async () => {
  const place = await annasTake();
  const line = await place.shortLine();
  const cut = { method: "GET", times: 1, cutAfterBytes: 20_000_000 } as const;
  place.world.cloud.fault(cut);
  const [whole] = await line.say(line.toText("bytes=1-"));
  expect(whole?.isShort).toBe(true);
  expect(whole?.body.equals(take.subarray(1))).toBe(true);

  const other = await place.shortLine();
  place.world.cloud.fault(cut);
  other.socket.write(other.toText("bytes=1-"));
  await other.hold();
  place.world.cloud.tree.put("take.mp3", randomBytes(SIZE));
  other.socket.resume();
  await other.closed;
  const got = other.left();
  const bytes = got.subarray(got.indexOf("\r\n\r\n") + 4);
  expect(bytes.length).toBeGreaterThan(1_000_000);
  expect(bytes.equals(take.subarray(1, 1 + bytes.length))).toBe(true);
});

test("when a storage refuses, it is asked in full, and no place stays taken however often it does", async () => {
  const place = await annasTake();
  const line = await place.shortLine();
  for (let round = 0; round < 22; round += 1) {
    await expect.poll(async () => (await line.ask("bytes=0-9")).isShort, LATER).toBe(true);
    place.world.cloud.fault({ method: "GET", times: 1, status: 503 });
    const answer = await line.ask("bytes=7-8");
    expect(answer.body).toEqual(take.subarray(7, 9));
    expect(answer.isShort).toBe(false);
  }
});

test.each([
  ["before anything has come", { stall: true }],
  ["in the middle", { stallAfterBytes: 50_000 }],
] as const)("who leaves %s frees the storage, and the log says so", async (_, fault) => {
  const { log, lines } = recordLog();
  const place = await annasTake({ server: { log } });
  const line = await place.shortLine();
  await expect.poll(() => place.world.cloud.openDownloads(), LATER).toBe(0);
  place.world.cloud.fault({ method: "GET", ...fault });
  line.socket.write(line.toText("bytes=0-999999", { "x-request-id": "who-leaves" }));
  await expect.poll(() => place.world.cloud.openDownloads(), LATER).toBe(1);
  line.socket.destroy();
  await expect.poll(() => place.world.cloud.openDownloads(), LATER).toBe(0);
  const told = () =>
    lines.map((each) => JSON.parse(each)).filter(({ reqId }) => reqId === "who-leaves");
  await expect.poll(() => told().length, LATER).toBe(1);
  expect(told()[0]).toMatchObject({ isCut: true, route: "/stream/:trackId", method: "GET" });
  place.world.cloud.heal();
});

test("who has as many open as they may gets no more of it, and again when one is closed", async () => {
  const place = await annasTake();
  const last = await place.shortLine();
  const lines = Array.from({ length: 20 }, place.openLine);
  for (const line of lines) {
    line.say(line.toText("bytes=1-")).catch(() => {});
    await line.hold();
  }
  expect((await last.ask("bytes=0-9")).status).toBe(429);
  lines[7]?.socket.destroy();
  await expect.poll(async () => (await last.ask("bytes=0-9")).status, LATER).toBe(206);
});

test("who pauses for longer than an idle connection is kept gets every byte", async () => {
  const place = await annasTake({
    server: {
      prepare(app) {
        app.server.keepAliveTimeout = 100;
        app.server.keepAliveTimeoutBuffer = 100;
      },
    },
  });
  const line = await place.shortLine();
  const whole = line.say(line.toText(`bytes=1-${SIZE - 1}`));
  await line.hold();
  await pause(1_500);
  line.socket.resume();
  const [answer] = await whole;
  expect(answer?.isShort).toBe(true);
  expect(answer?.body.equals(take.subarray(1))).toBe(true);
  // And then it is an idle one.
  await line.closed;
});

test("a server that is about to stop answers the ordinary way, which says so", async () => {
  const place = await annasTake();
  const line = await place.shortLine();
  const stopped = place.world.server.app.drain.begin({ noticeMs: 1_000, deadlineMs: 20_000 });
  expect((await line.ask("bytes=0-9")).isShort).toBe(false);
  await stopped;
});

test("is heard out by a server that stops", async () => {
  const place = await annasTake();
  const line = await place.shortLine();
  const whole = line.say(line.toText(`bytes=1-${SIZE - 1}`));
  await line.hold();
  const stopped = place.world.server.app.drain.begin({ noticeMs: 0, deadlineMs: 20_000 });
  await pause(600);
  line.socket.resume();
  const [answer] = await whole;
  expect(answer?.isShort).toBe(true);
  expect(answer?.body.equals(take.subarray(1))).toBe(true);
  await stopped;
});

test.each([
  [
    "whose session has ended",
    async ({ world }: Place) => {
      const sessions = await world.anna.api.account.sessions.list.query();
      const other = sessions.find(({ isThis }) => !isThis) ?? expect.unreachable();
      await world.anna.api.account.sessions.revoke.mutate({ sessionId: other.id });
    },
  ],
  [
    "whose storage is paused",
    ({ world }: Place) =>
      world.anna.api.connections.pause.mutate({ connectionId: world.connection.id }),
  ],
])("a listener %s is cut off in the middle, and gets nothing more", async (_, end) => {
  const place = await annasTake();
  const line = await place.shortLine();
  line.socket.write(line.toText(`bytes=1-${SIZE - 1}`));
  await line.hold();
  const idle = await place.shortLine();
  await end(place);
  expect((await idle.ask("bytes=0-9")).status).toBeGreaterThanOrEqual(400);
  await expect.poll(() => place.world.cloud.openDownloads(), LATER).toBe(0);
  line.socket.resume();
  await line.closed;
  expect(line.left().length).toBeLessThan(SIZE);
});

test("of those who ask the same at the same moment, one is looked up for all", async () => {
  let ordinary = 0;
  const place = await annasTake({
    server: {
      prepare(app) {
        app.addHook("onRequest", async ({ url }) => {
          if (url.startsWith("/stream/")) ordinary += 1;
        });
      },
    },
  });
  const askAll = async (): Promise<number> => {
    // Nobody stands in for them any more.
    await pause(1_100);
    const before = ordinary;
    const lines = Array.from({ length: 16 }, () => place.openLine());
    const answers = await Promise.all(lines.map((line, at) => line.ask(`bytes=${at}-${at + 99}`)));
    for (const [at, { body }] of answers.entries()) {
      expect(body).toEqual(take.subarray(at, at + 100));
    }
    for (const { socket } of lines) socket.destroy();
    return ordinary - before;
  };
  // A slow machine needs more than one try to find it out in time.
  await expect.poll(askAll, LATER).toBeLessThanOrEqual(2);
});

test("who waits for another one's leave asks for their own when that one gets none", async () => {
  const place = await annasTake();
  place.world.cloud.fault({ method: "GET", times: 1, stall: true });
  const [first, second] = [place.openLine(), place.openLine()];
  first.socket.write(first.toText("bytes=0-9"));
  await expect.poll(() => place.world.cloud.openDownloads(), LATER).toBe(1);
  expect((await second.ask("bytes=5-9")).body).toEqual(take.subarray(5, 10));
  first.socket.destroy();
});
