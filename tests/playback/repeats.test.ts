import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { expect, onTestFinished, test } from "vitest";
import type { TrackId } from "#contract/ids.ts";
import { streamPath } from "#contract/playback.ts";
import { write } from "#server/base/db.ts";
import { connectionTopic } from "#server/connections/service.ts";
import { cookieOf } from "#tests/support/cookie.ts";
import { recordLog } from "#tests/support/log.ts";
import { requestText } from "#tests/support/raw-http.ts";
import { annasStorage, type StorageWorld, trackAt } from "#tests/support/world.ts";
import { type Answer, createAsking } from "./range-table.ts";

/** More than connections hold by themselves. */
const SIZE = 24_000_000;
const take = randomBytes(SIZE);
const LATER = { timeout: 20_000, interval: 20 };

interface Place {
  readonly world: StorageWorld;
  readonly trackId: TrackId;
  readonly cookie: string;
  /** Asks for some bytes, as the same program does again and again. */
  ask(start: number, headers?: Record<string, string>): Promise<Answer>;
}

async function annasTake(options: Parameters<typeof annasStorage>[1] = {}): Promise<Place> {
  const world = await annasStorage((cloud) => cloud.tree.put("take.mp3", take), options);
  const { id: trackId } = await trackAt(world, "take.mp3");
  const cookie = await cookieOf(world.server);
  const asking = createAsking(world, 4);
  const ask: Place["ask"] = (start, headers = {}) =>
    asking(streamPath(trackId), { cookie, range: `bytes=${start}-${start + 99}`, ...headers });
  return { world, trackId, cookie, ask };
}

const right = (start: number) => take.subarray(start, start + 100);

/**
 * Asks while nobody can read who is in which band, a moment after the same was asked while they could.
 * A slow machine needs more than one try to be within that moment.
 *
 * @returns what came; `undefined` when it had to wait until they could, however often it was tried.
 */
async function askInTheDark(
  place: Place,
  headers: Record<string, string> = {},
  tries = 12,
  meanwhile: () => Promise<void> = async () => {},
): Promise<Answer | undefined> {
  const { db } = place.world.server.deps;
  for (let tried = 0; tried < tries; tried += 1) {
    expect((await place.ask(1_000)).status).toBe(206);
    await meanwhile();
    const found = await write({ db }, async (tx) => {
      await tx.execute(sql`lock table members in access exclusive mode`);
      const waiting = pause(700, undefined);
      const asked = place.ask(2_000, headers);
      asked.catch(() => {});
      return Promise.race([asked, waiting]);
    });
    if (found) return found;
  }
  return undefined;
}

test("who goes on with a recording is not looked up again for a moment", async () => {
  const place = await annasTake();
  const answer = await askInTheDark(place);
  expect(answer?.status).toBe(206);
  expect(answer?.body).toEqual(right(2_000));
});

test.each([
  ["another cookie", { cookie: "backline-access=x" }],
  ["one header more", { "x-other": "1" }],
  ["another website in front", { "sec-fetch-site": "cross-site" }],
])(
  "a request with %s is another one",
  async (_, headers) => {
    const place = await annasTake();
    const answer = await askInTheDark(place, headers, 1);
    // Nobody, and another website, are turned away without looking.
    if (answer) expect([401, 403]).toContain(answer.status);
  },
  60_000,
);

test("when something about the storage has changed, it is looked at again", async () => {
  const place = await annasTake();
  const { deps } = place.world.server;
  const topic = connectionTopic(place.world.connection.id);
  const answer = await askInTheDark(place, {}, 1, async () => {
    await write(deps, (tx) => deps.events.publish(tx, topic));
    // On its way through the database.
    await pause(150);
  });
  expect(answer).toBeUndefined();
});

test("who goes on with twenty at once has as many open as they may have", async () => {
  const place = await annasTake();
  const lines = await Promise.all(Array.from({ length: 20 }, () => hangOn(place)));
  expect((await place.ask(0)).status).toBe(429);
  for (const { leave } of lines) leave();
});

test("it is answered as the first was, but for its own range, id and time", async () => {
  const { log, lines } = recordLog();
  const place = await annasTake({ server: { log } });
  const first = await place.ask(0);
  const answer = await askInTheDark(place, { "x-request-id": "a-proxy-s-own-id" });

  const { date: _1, "x-request-id": _2, "content-range": range, ...expected } = first.headers;
  expect(range).toBe(`bytes 0-99/${SIZE}`);
  expect(answer?.headers).toMatchObject(expected);
  expect(Object.keys(answer?.headers ?? {}).sort()).toEqual(Object.keys(first.headers).sort());
  expect(answer?.headers["content-range"]).toBe(`bytes 2000-2099/${SIZE}`);
  expect(answer?.headers["x-request-id"]).toBe("a-proxy-s-own-id");
  const logged = () =>
    lines.map((line) => JSON.parse(line)).find(({ reqId }) => reqId === "a-proxy-s-own-id");
  await expect.poll(logged, LATER).toBeDefined();
  expect(logged()).toMatchObject({
    ...{ method: "GET", route: "/stream/:trackId", path: streamPath(place.trackId) },
    ...{ status: 206, msg: "request" },
  });
  expect(logged()?.bytes).toBeGreaterThan(100);
});

/** A connection on which the same is asked for again and again, and what is not wanted yet waits. */
async function openLine({ world, trackId, cookie }: Place) {
  const socket: Socket = connect(world.server.port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  const closed = once(socket, "close");
  socket.on("error", () => {});
  const ask = (range: string): void => {
    const headers = { cookie, connection: "keep-alive", range };
    socket.write(requestText("GET", streamPath(trackId), headers));
  };
  return { socket, closed, ask };
}

/** Two answers on one line: a short one, and then the same again to the end, which is not read. */
async function hangOn(place: Place) {
  const { socket, closed, ask } = await openLine(place);
  ask("bytes=0-9");
  await once(socket, "data");
  ask("bytes=10-");
  await once(socket, "data");
  socket.pause();
  const untilCut = async (): Promise<void> => {
    socket.resume();
    await closed;
  };
  const leave = (): void => void socket.destroy();
  return { untilCut, leave, receivedBytes: () => socket.bytesRead };
}

test.each([
  [
    "whose session has ended",
    401,
    async ({ world }: Place) => {
      const [other] = (await world.anna.api.account.sessions.list.query()).filter(
        ({ isThis }) => !isThis,
      );
      await world.anna.api.account.sessions.revoke.mutate({
        sessionId: other?.id ?? expect.unreachable(),
      });
    },
  ],
  [
    "whose storage is paused",
    422,
    ({ world }: Place) =>
      world.anna.api.connections.pause.mutate({
        connectionId: world.connection.id,
      }),
  ],
])("who goes on, %s, is cut off and let in no more", async (_, status, end) => {
  const place = await annasTake();
  const line = await hangOn(place);
  await end(place);
  await expect.poll(async () => (await place.ask(0)).status, LATER).toBe(status);
  await line.untilCut();
  expect(line.receivedBytes()).toBeLessThan(SIZE);
  await expect.poll(() => place.world.cloud.openDownloads(), LATER).toBe(0);
});

test("who is not in the band any more gets nothing more within moments, however often they ask", async () => {
  const place = await annasTake();
  const { db } = place.world.server.deps;
  expect((await place.ask(0)).status).toBe(206);
  await write({ db }, (tx) =>
    tx.execute(sql`delete from members where band_id = ${place.world.bandId}`),
  );
  const soon = { timeout: 5_000, interval: 20 };
  await expect.poll(async () => (await place.ask(0)).status, soon).toBe(403);
});
