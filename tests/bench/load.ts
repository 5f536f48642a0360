import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { quantile } from "./table.ts";

/** One server under load. */
export interface Load {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** One for each account that listens, which its connections share; left out where nobody asks. */
  readonly cookies?: readonly string[];
  /** Of the file behind `path`. */
  readonly sizeBytes: number;
  /** Bytes a request, at random places; `null` asks for the whole file. */
  readonly rangeBytes: number | null;
  readonly connections: number;
  /** From the end of an answer until more is asked for; left out for at once. */
  readonly pauseMs?: number;
  readonly durationMs: number;
}

export interface LoadResult {
  readonly bytesPerSecond: number;
  readonly requests: number;
  /** Milliseconds from request to first byte of the answer. */
  readonly firstByteP50Ms: number;
  readonly firstByteP99Ms: number;
  /** Of one core, of whoever loads: near 1 it is itself what is measured. */
  readonly busy: number;
}

const HEAD_END = "\r\n\r\n";
/** Each piece is looked at before the next one is read, so all connections can have the same. */
const buffer = Buffer.allocUnsafe(256 * 1024);

/**
 * Loads a server with keep-alive HTTP/1.1 and throws the bytes away. Plain sockets, so that the
 * generator costs little beside what it measures. Every answer must be a 200 or 206 of the length
 * that was asked for.
 */
export async function runLoad(load: Load): Promise<LoadResult> {
  const endsAtMs = performance.now() + load.durationMs;
  const firstBytesMs: number[] = [];
  let bytes = 0;
  const startedMs = performance.now();
  const before = process.cpuUsage();
  await Promise.all(
    Array.from({ length: load.connections }, async (_, index) => {
      // Those who pause do not all do so at the same time.
      await sleep(((load.pauseMs ?? 0) * index) / load.connections);
      const cookie = load.cookies?.[index % load.cookies.length];
      const headers = cookie === undefined ? load.headers : { ...load.headers, cookie };
      await runConnection({ ...load, headers }, endsAtMs, (length, firstByteMs) => {
        bytes += length;
        firstBytesMs.push(firstByteMs);
      });
    }),
  );
  const seconds = (performance.now() - startedMs) / 1000;
  const { user, system } = process.cpuUsage(before);
  firstBytesMs.sort((left, right) => left - right);
  return {
    bytesPerSecond: bytes / seconds,
    requests: firstBytesMs.length,
    firstByteP50Ms: quantile(firstBytesMs, 0.5),
    firstByteP99Ms: quantile(firstBytesMs, 0.99),
    busy: (user + system) / 1e6 / seconds,
  };
}

function runConnection(
  load: Load,
  endsAtMs: number,
  done: (length: number, firstByteMs: number) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const onread = { buffer, callback: (length: number) => receive(buffer.subarray(0, length)) };
    const socket = connect({ port: load.port, host: "127.0.0.1", noDelay: true, onread });
    let askedMs = 0;
    let firstByteMs = 0;
    let answer = createAnswer(0);

    const ask = (): void => {
      if (performance.now() >= endsAtMs) {
        socket.destroy();
        return;
      }
      const [request, length] = toRequest(load);
      answer = createAnswer(length);
      firstByteMs = 0;
      askedMs = performance.now();
      socket.write(request);
    };
    const askNext = (): void => {
      // Whoever asks on a connection that is being closed is answered with a reset.
      if (answer.isLast()) socket.destroy();
      else if (load.pauseMs === undefined) ask();
      else setTimeout(ask, load.pauseMs);
    };
    const take = (chunk: Buffer): void => {
      if (firstByteMs === 0) firstByteMs = performance.now() - askedMs;
      if (!answer.take(chunk)) return;
      done(answer.length, firstByteMs);
      askNext();
    };

    const receive = (chunk: Buffer): boolean => {
      try {
        take(chunk);
      } catch (error) {
        socket.destroy();
        reject(error);
      }
      return true;
    };

    socket.on("connect", ask);
    socket.on("error", reject);
    // Servers end a connection after so many requests; the next one opens another.
    socket.on("close", () => {
      if (answer.hasBegun()) reject(new Error(`Port ${load.port} cut an answer to ${load.path}.`));
      else resolve(performance.now() < endsAtMs ? runConnection(load, endsAtMs, done) : undefined);
    });
  });
}

interface Answer {
  readonly length: number;
  hasBegun(): boolean;
  /** Whether the server closes its connection after this one. */
  isLast(): boolean;
  /** True when the answer is complete. */
  take(chunk: Buffer): boolean;
}

function createAnswer(length: number): Answer {
  let head = "";
  let left = -1;

  /** @returns how many bytes of the chunk belong to the body. */
  const takeHead = (chunk: Buffer): number => {
    const before = head.length;
    // Mostly all of it is in the first chunk, and all the rest of that is not made a string for it.
    const inChunk = chunk.indexOf(HEAD_END);
    head += chunk.toString("latin1", 0, inChunk < 0 ? undefined : inChunk + HEAD_END.length);
    const end = head.indexOf(HEAD_END);
    if (end < 0) return 0;
    checkHead(head.slice(0, end + 2), length);
    left = length;
    return before + chunk.length - end - HEAD_END.length;
  };

  return {
    length,
    hasBegun: () => head !== "" && left !== 0,
    isLast: () => /\r\nconnection: *close/i.test(head),
    take(chunk) {
      const taken = left < 0 ? takeHead(chunk) : chunk.length;
      if (left < 0) return false;
      left -= taken;
      if (left < 0) throw new Error("More bytes than announced.");
      return left === 0;
    },
  };
}

function checkHead(head: string, length: number): void {
  const status = Number(head.slice(9, 12));
  const announced = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1]);
  if ((status !== 200 && status !== 206) || announced !== length) {
    throw new Error(`An unexpected answer:\n${head}`);
  }
}

function toRequest({ path, headers, port, rangeBytes, sizeBytes }: Load): [string, number] {
  const lines = [`GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, "Accept: */*"];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  if (rangeBytes !== null) {
    const start = Math.floor(Math.random() * (sizeBytes - rangeBytes));
    lines.push(`Range: bytes=${start}-${start + rangeBytes - 1}`);
  }
  return [`${lines.join("\r\n")}${HEAD_END}`, rangeBytes ?? sizeBytes];
}

if (process.send) {
  process.once("message", (load: Load) => {
    runLoad(load).then(
      (result) => process.send?.(result, () => process.exit(0)),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
}
