import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { expect, onTestFinished } from "vitest";
import { streamPath } from "#contract/playback.ts";
import { cookieOf } from "#tests/support/cookie.ts";
import { requestText } from "#tests/support/raw-http.ts";
import { annasStorage, type StorageWorld, trackAt } from "#tests/support/world.ts";

/** More than connections hold by themselves. */
export const SIZE = 24_000_000;
export const take = randomBytes(SIZE);
export const LATER = { timeout: 20_000, interval: 20 };

export interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: Buffer;
  /** Whether Node's own HTTP has seen a request for it. */
  readonly isShort: boolean;
}

export interface Line {
  /** Sends this and waits for as many answers. */
  say(bytes: string | Buffer, answers?: number): Promise<Answer[]>;
  /** A request for bytes, as the same program sends it again and again. */
  toText(range: string, headers?: Record<string, string>): string;
  ask(range: string, headers?: Record<string, string>): Promise<Answer>;
  /** Takes the beginning of the answer that was asked for last, and nothing more until it is resumed. */
  hold(): Promise<void>;
  readonly socket: ReturnType<typeof connect>;
  readonly closed: Promise<void>;
  /** What has come and is no whole answer yet. */
  left(): Buffer;
}

export interface Place {
  readonly world: StorageWorld;
  openLine(): Line;
  /** One on which the next answer comes the short way; a slow machine needs more than one try. */
  shortLine(): Promise<Line>;
}

export async function annasTake(options: Parameters<typeof annasStorage>[1] = {}): Promise<Place> {
  const world = await annasStorage((cloud) => cloud.tree.put("take.mp3", take), options);
  const { id: trackId } = await trackAt(world, "take.mp3");
  const cookie = await cookieOf(world.server);
  let seen = 0;
  world.server.app.server.on("request", () => {
    seen += 1;
  });
  const openLine = (): Line => createLine(world, { path: streamPath(trackId), cookie }, () => seen);
  const shortLine = async (): Promise<Line> => {
    const line = openLine();
    await expect.poll(async () => (await line.ask("bytes=0-9")).isShort, LATER).toBe(true);
    return line;
  };
  return { world, openLine, shortLine };
}

function createLine(
  { server }: StorageWorld,
  { path, cookie }: { readonly path: string; readonly cookie: string },
  seen: () => number,
): Line {
  const socket = connect(server.port, "127.0.0.1");
  let bytes: Buffer = Buffer.alloc(0);
  let pieces: Buffer[] = [];
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket
    .on("error", () => {})
    .on("data", (piece) => {
      pieces.push(piece);
    });
  onTestFinished(() => void socket.destroy());

  /** Many at a time: of so much, joining them one by one would take longer than all the rest. */
  const join = (): Buffer => {
    if (pieces.length > 0) bytes = Buffer.concat([bytes, ...pieces]);
    pieces = [];
    return bytes;
  };

  const takeAnswer = (seenBefore: number): Answer | undefined => {
    const end = join().indexOf("\r\n\r\n");
    if (end < 0) return undefined;
    const head = bytes.toString("latin1", 0, end);
    if (!head.startsWith("HTTP/1.1 ")) throw new Error(`No answer: ${head.slice(0, 80)}`);
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
    if (bytes.length < end + 4 + length) return undefined;
    const body = Buffer.from(bytes.subarray(end + 4, end + 4 + length));
    bytes = bytes.subarray(end + 4 + length);
    return { status: Number(head.slice(9, 12)), head, body, isShort: seen() === seenBefore };
  };
  const say: Line["say"] = async (text, count = 1) => {
    const seenBefore = seen();
    socket.write(text);
    const answers: Answer[] = [];
    while (answers.length < count) {
      const answer = takeAnswer(seenBefore);
      if (answer) answers.push(answer);
      else if (socket.destroyed) throw new Error("cut");
      else await pause(5);
    }
    return answers;
  };
  const toText: Line["toText"] = (range, headers = {}) =>
    requestText("GET", path, { cookie, connection: "keep-alive", range, ...headers });
  const ask: Line["ask"] = async (range, headers) =>
    (await say(toText(range, headers)))[0] ?? expect.unreachable();
  const hold: Line["hold"] = () =>
    new Promise((resolve) => {
      socket.once("data", () => {
        socket.pause();
        resolve();
      });
    });
  return { say, toText, ask, hold, socket, closed, left: join };
}

export const random = (below: number): number => Math.floor(Math.random() * below);
