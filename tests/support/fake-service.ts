import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | number>>;
  readonly body?: string | Buffer;
}

/** A stand-in for somebody's service, on a loopback port of its own. */
export interface FakeService {
  readonly url: string;
  /** Parts of files that are on their way. */
  openDownloads(): number;
  /** What is on its way breaks off. */
  cutDownloads(): void;
  /** From now on it takes requests and never answers. */
  stall(): void;
  /** Requests that are not answered, and whose connection is still there. */
  unanswered(): number;
}

/** @param answer - `reset`: the connection breaks instead. */
export async function startFakeService(
  answer: (url: URL, request: IncomingMessage) => Promise<Answer | "reset">,
): Promise<FakeService> {
  const downloads = new Set<ServerResponse>();
  const unanswered = new Set<ServerResponse>();
  let isStalling = false;
  const server = createServer(async (request, response) => {
    unanswered.add(response);
    response.once("close", () => unanswered.delete(response));
    if (isStalling) return;
    const said = await answer(new URL(request.url ?? "", "http://localhost"), request);
    if (said === "reset") return void response.destroy();
    const { status, headers = {}, body = "" } = said;
    if (status === 206) downloads.add(response);
    response.once("close", () => downloads.delete(response));
    response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
    response.end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    openDownloads: () => downloads.size,
    cutDownloads: () => {
      for (const response of downloads) response.destroy();
    },
    stall: () => {
      isStalling = true;
    },
    unanswered: () => unanswered.size,
  };
}

export const json = (value: unknown, status = 200): Answer => ({
  status,
  headers: { "content-type": "application/json; charset=UTF-8" },
  body: JSON.stringify(value),
});

/** A file's bytes, or the part of them that a `Range` asks for; `null` when there is none of it. */
export function answerBytes(bytes: Buffer, contentType: string, range: string): Answer | null {
  const said = { "content-type": contentType };
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
  if (first === undefined) return { status: 200, headers: said, body: bytes };
  const [start, end] = [Number(first), Math.min(Number(last), bytes.length - 1)];
  if (start >= bytes.length) return null;
  const contentRange = `bytes ${start}-${end}/${bytes.length}`;
  return {
    status: 206,
    headers: { ...said, "content-range": contentRange },
    body: bytes.subarray(start, end + 1),
  };
}

/** Fails the next so many requests. */
export function createFailures() {
  let next: { answer: Answer; times: number; part: string } | null = null;
  return {
    fail: (answer: Answer | null, times = 1, part = ""): void => {
      next = answer && { answer, times, part };
    },
    take(path = ""): Answer | undefined {
      if (!next || next.times === 0 || !path.includes(next.part)) return undefined;
      next.times -= 1;
      return next.answer;
    },
  };
}
