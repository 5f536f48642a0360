import { createServer as createHttp, type RequestListener } from "node:http";
import { createServer as createHttps, type ServerOptions } from "node:https";
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { readBounded } from "#server/base/egress/body.ts";
import {
  createEgress,
  type Egress,
  type EgressOptions,
  type EgressPolicy,
  type EgressRequest,
} from "#server/base/egress/client.ts";
import type { AppError } from "#server/base/errors.ts";
import type { Certificate } from "./certificates.ts";

/** Something that listens on loopback and remembers who came. Closed when the test ends. */
export interface Peer {
  readonly port: number;
  /** All connections ever accepted. */
  accepted(): number;
  /** Those that are open now. */
  open(): number;
  /** Sent by us to them, of all connections together. */
  sentBytes(): number;
  /** Received from them, of all connections together. */
  receivedBytes(): number;
  close(): Promise<void>;
}

/** @param onConnection - what to do with the raw socket; by default it listens and says nothing. */
export function startTcp(
  onConnection: (socket: Socket) => void = (socket) => socket.resume(),
): Promise<Peer> {
  return listen(createTcp(onConnection));
}

export function startHttp(answer: RequestListener): Promise<Peer> {
  return listen(createHttp({ keepAliveTimeout: 60_000 }, answer));
}

export function startHttps(
  options: Certificate & Pick<ServerOptions, "maxVersion">,
  answer: RequestListener,
): Promise<Peer> {
  return listen(createHttps({ ...options, keepAliveTimeout: 60_000 }, answer));
}

/** A raw answer for `startTcp`: waits for a head, says its text and leaves the socket open. */
export function sayOnce(text: string): (socket: Socket) => void {
  return (socket) => {
    socket.once("data", () => socket.write(text));
    socket.on("error", () => {});
  };
}

let isForRanges = false;

/** From now on everything that is got is asked for as a range, as what is played is. */
export function askForRanges(): void {
  isForRanges = true;
}

const toRange = (request: EgressRequest): EgressRequest =>
  (request.method ?? "GET") === "GET" && !request.decompress
    ? { ...request, headers: { range: "bytes=0-", ...request.headers } }
    : request;

/** An egress that may go to loopback and finds every name there, unless `options` say otherwise. */
export function openEgress(
  options: EgressOptions = {},
  policy: Partial<EgressPolicy> = {},
): Egress {
  const egress = createEgress(
    { allow: [], allowLoopback: true, ...policy },
    { lookup: async () => [{ address: "127.0.0.1", family: 4 }], ...options },
  );
  onTestFinished(() => egress.close());
  if (!isForRanges) return egress;
  return { ...egress, request: (request) => egress.request(toRange(request)) };
}

export const patient = (): AbortSignal => new AbortController().signal;

/** The failure of a request that must fail. */
export async function failureOf(
  egress: Egress,
  request: Partial<EgressRequest>,
): Promise<AppError> {
  try {
    const answer = await egress.request({ url: "", signal: patient(), ...request });
    answer.body.destroy();
  } catch (error) {
    return error as AppError;
  }
  throw new Error("the request was answered");
}

/** The text of an answer. */
export async function ask(egress: Egress, url: string, method = "GET"): Promise<string> {
  const answer = await egress.request({ url, method, signal: patient() });
  return (await readBounded(answer.body, 1024)).toString();
}

async function listen(server: Server): Promise<Peer> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  let sentBytes = 0;
  let receivedBytes = 0;
  server.on("connection", (socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => {
      sockets.delete(socket);
      sentBytes += socket.bytesWritten;
      receivedBytes += socket.bytesRead;
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((done) => server.close(done));
  };
  onTestFinished(close);
  const sum = (field: "bytesWritten" | "bytesRead"): number =>
    [...sockets].reduce((total, socket) => total + socket[field], 0);
  return {
    port: (server.address() as AddressInfo).port,
    accepted: () => accepted,
    open: () => sockets.size,
    sentBytes: () => sentBytes + sum("bytesWritten"),
    receivedBytes: () => receivedBytes + sum("bytesRead"),
    close,
  };
}
