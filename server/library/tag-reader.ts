import { Worker } from "node:worker_threads";
import type { AudioFile, ParsedFile } from "./audio-file.ts";
import type { FetchBytes } from "./sparse-file.ts";

export type ToTagWorker =
  | { readonly kind: "file"; readonly id: number; readonly file: AudioFile }
  | { readonly kind: "bytes"; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: "drop"; readonly id: number }
  | { readonly kind: "ping" };

export type FromTagWorker =
  | { readonly kind: "need"; readonly id: number; readonly start: number; readonly end: number }
  | { readonly kind: "parsed"; readonly id: number; readonly parsed: ParsedFile | null }
  | { readonly kind: "pong" };

/** Reads tags in a thread of its own, where a file can do no harm. */
export interface TagReader {
  /**
   * @param fetch - for what the parser needs beyond head and tail; its failure is the result's.
   * @returns `null` when the file is no audio, or the parser hangs or breaks over it.
   */
  read(file: AudioFile, fetch: FetchBytes): Promise<ParsedFile | null>;
  close(): Promise<void>;
}

interface Job {
  readonly id: number;
  readonly file: AudioFile;
  readonly fetch: FetchBytes;
  resolve(parsed: ParsedFile | null): void;
  reject(error: unknown): void;
  /** When it was given bytes last. */
  heardAtMs: number;
  isFetching: boolean;
}

export interface TagReaderOptions {
  /** How long the parser may think without listening. */
  readonly patienceMs?: number;
  readonly workerUrl?: URL;
}

const PATIENCE_MS = 5_000;
/** So many questions without an answer are as long as our patience. */
const QUESTIONS = 4;
/** A thread that starts, and a file whose parser listens but gets nowhere, get so much more. */
const LENIENCE = 6;
const MAX_HEAP_MB = 96;

/**
 * Starts the thread at the first file. When a parser hangs or dies, nobody can tell over which of
 * the files in its hands; a new thread then gets them one by one, and the one that is alone with it
 * when it happens again is the culprit.
 */
export function startTagReader({
  patienceMs = PATIENCE_MS,
  workerUrl = new URL("./tag-worker.ts", import.meta.url),
}: TagReaderOptions = {}): TagReader {
  const inHand = new Map<number, Job>();
  const queue: Job[] = [];
  const suspects: Job[] = [];
  let worker: Worker | undefined;
  let watch: NodeJS.Timeout | undefined;
  let [lastId, unanswered, isUp, isClosed] = [0, 0, false, false];

  const fill = (): void => {
    if (isClosed) return;
    if (suspects.length > 0) {
      if (inHand.size === 0) give(suspects.shift() as Job);
      return;
    }
    for (const job of queue.splice(0)) give(job);
  };
  const give = (job: Job): void => {
    worker ??= startWorker();
    inHand.set(job.id, job);
    job.heardAtMs = performance.now();
    post({ kind: "file", id: job.id, file: job.file });
    watch ??= setInterval(check, patienceMs / QUESTIONS);
  };
  const post = (message: ToTagWorker): void => worker?.postMessage(message);
  const finish = (id: number, tell: (job: Job) => void): void => {
    const job = inHand.get(id);
    inHand.delete(id);
    if (job) tell(job);
    fill();
  };

  const startWorker = (): Worker => {
    const started = new Worker(workerUrl, {
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB, maxYoungGenerationSizeMb: 8 },
    });
    [unanswered, isUp] = [0, false];
    started.on("message", (message: FromTagWorker) => {
      if (worker === started) hear(message);
    });
    // 'exit' follows, and says it for whatever reason.
    started.on("error", () => {});
    started.on("exit", () => {
      if (worker === started) bury();
    });
    return started;
  };
  const hear = (message: FromTagWorker): void => {
    [unanswered, isUp] = [0, true];
    if (message.kind === "pong") for (const job of inHand.values()) giveUpIfStuck(job);
    if (message.kind === "parsed") finish(message.id, (job) => job.resolve(message.parsed));
    if (message.kind === "need") void bring(message);
  };
  const bring = async ({ id, start, end }: { id: number; start: number; end: number }) => {
    const job = inHand.get(id);
    if (!job) return;
    job.isFetching = true;
    try {
      post({ kind: "bytes", id, bytes: await job.fetch(start, end) });
      [job.isFetching, job.heardAtMs] = [false, performance.now()];
    } catch (error) {
      post({ kind: "drop", id });
      finish(id, () => job.reject(error));
    }
  };

  const isSilent = (): boolean => unanswered >= QUESTIONS * (isUp ? 1 : LENIENCE);
  const check = (): void => {
    if (inHand.size === 0) {
      stopWatching();
    } else if (!isSilent()) {
      unanswered += 1;
      post({ kind: "ping" });
    } else {
      // An answer that lies here unread, because this thread was busy itself, counts first.
      setImmediate(() => {
        if (isSilent()) bury();
      });
    }
  };
  /** It listens, but asks for nothing more and does not come to an end. */
  const giveUpIfStuck = (job: Job): void => {
    const isStuck = performance.now() - job.heardAtMs > LENIENCE * patienceMs;
    if (!isStuck || job.isFetching) return;
    post({ kind: "drop", id: job.id });
    finish(job.id, () => job.resolve(null));
  };
  const stopWatching = (): void => {
    clearInterval(watch);
    watch = undefined;
  };
  const bury = (): void => {
    void worker?.terminate();
    worker = undefined;
    const lost = [...inHand.values()];
    inHand.clear();
    const [culprit] = lost;
    if (!isUp) for (const job of lost) job.reject(notStarted());
    else if (lost.length === 1) culprit?.resolve(null);
    else suspects.push(...lost);
    fill();
  };

  return {
    read: (file, fetch) =>
      new Promise((resolve, reject) => {
        lastId += 1;
        queue.push({ id: lastId, file, fetch, resolve, reject, heardAtMs: 0, isFetching: false });
        fill();
      }),
    async close() {
      isClosed = true;
      stopWatching();
      const last = worker;
      worker = undefined;
      for (const job of [...inHand.values(), ...suspects, ...queue]) job.reject(closed());
      await last?.terminate();
    },
  };
}

/** No file's fault. */
const notStarted = (): Error => new Error("The thread that reads tags did not start.");
const closed = (): Error => new Error("Nobody waits for these tags any more.");
