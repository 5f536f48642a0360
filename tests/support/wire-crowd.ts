import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

export interface WireAnswer {
  /** 0 when the line was cut without an answer. */
  readonly status: number;
  readonly text: string;
}

/** Many clients that keep their lines open and send whatever bytes they are given. */
export interface WireCrowd {
  /** Answers are in the order of the requests. */
  sendAll(requests: readonly string[]): Promise<WireAnswer[]>;
  close(): void;
}

interface Line {
  send(request: string): Promise<WireAnswer>;
  close(): void;
}

/** Plain sockets, so that the crowd costs little beside the server, and sends what no client would. */
export function openCrowd(ports: readonly number[], size: number): WireCrowd {
  const lines = Array.from({ length: size }, (_, index) => openLine(ports[index % ports.length]));
  return {
    async sendAll(requests) {
      const answers: WireAnswer[] = [];
      let next = 0;
      await Promise.all(
        lines.map(async (line) => {
          while (next < requests.length) {
            const index = next;
            next += 1;
            answers[index] = await line.send(requests[index] ?? "");
          }
        }),
      );
      return answers;
    },
    close() {
      for (const line of lines) line.close();
    },
  };
}

const PATIENCE = 60;
const NO_ANSWER: WireAnswer = { status: 0, text: "" };

/**
 * Sends again what a server refuses because it has too much to do at the moment, as it asks for.
 *
 * @param noteBusy - called for each of those refusals.
 */
export async function sendPatiently(
  crowd: WireCrowd,
  requests: readonly string[],
  noteBusy: () => void,
): Promise<WireAnswer[]> {
  const answers = await crowd.sendAll(requests);
  for (let attempt = 0; attempt < PATIENCE; attempt += 1) {
    const turnedAway = [...answers.keys()].filter((index) => isBusy(answers[index]));
    if (turnedAway.length === 0) break;
    turnedAway.forEach(noteBusy);
    await pause(1_000);
    const again = await crowd.sendAll(turnedAway.map((index) => requests[index] ?? ""));
    for (const [at, index] of turnedAway.entries()) answers[index] = again[at] ?? NO_ANSWER;
  }
  return answers;
}

const isBusy = ({ status, text } = NO_ANSWER): boolean =>
  status === 503 && text.includes('"code":"busy"') && text.includes('"retryAfterSeconds"');

function openLine(port = 0): Line {
  let socket: Socket | undefined;
  let settle: ((answer: WireAnswer) => void) | undefined;
  let received = "";

  const finish = (answer: WireAnswer): void => {
    received = "";
    settle?.(answer);
    settle = undefined;
  };
  const open = (): Socket => {
    const opened = connect({ port, host: "127.0.0.1", noDelay: true });
    opened.setEncoding("latin1").on("data", (piece: string) => {
      received += piece;
      const answer = findAnswer(received);
      if (answer) finish(answer);
    });
    opened
      .on("error", () => {})
      .once("close", () => {
        if (socket === opened) socket = undefined;
        const status = Number(received.split(" ")[1] ?? 0);
        if (settle) finish({ status, text: received });
      });
    return opened;
  };
  return {
    send: (request) =>
      new Promise((resolve) => {
        settle = resolve;
        socket = socket?.writable ? socket : open();
        socket.write(request, "latin1");
      }),
    close: () => socket?.destroy(),
  };
}

/** @returns `undefined` while it is not whole. */
function findAnswer(received: string): WireAnswer | undefined {
  const headEnd = received.indexOf("\r\n\r\n");
  if (headEnd < 0) return undefined;
  const status = Number(received.slice(9, 12));
  const head = received.slice(0, headEnd);
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
  const text = received.slice(headEnd + 4);
  const isWhole =
    length === undefined ? isWithoutLength(head, text) : text.length >= Number(length);
  // What the server closes is settled by the closing.
  return isWhole && !/\r\nconnection: close/i.test(head) ? { status, text } : undefined;
}

const isWithoutLength = (head: string, text: string): boolean =>
  /\r\ntransfer-encoding: chunked/i.test(head) ? text.endsWith("0\r\n\r\n") : true;
