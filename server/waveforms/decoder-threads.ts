import { Worker } from "node:worker_threads";

/** Without what WebAssembly takes, which is a few megabytes. */
const MAX_HEAP_MB = 128;
/** What decoders leave behind ends with their thread. */
const MOST_FILES = 64;
const IDLE_MS = 5_000;

/** Threads of `decode-worker.ts`, which decode one file after the other. */
export interface DecoderThreads {
  /** One that has nothing to do, or a new one. Whoever takes it gives it back or terminates it. */
  take(): Worker;
  /** Only one that has said what became of its file: it can have another. */
  giveBack(thread: Worker): void;
  /** Ends those that have nothing to do; what is given back later ends then. */
  close(): Promise<void>;
}

/**
 * To start a thread takes as long as to decode half a minute, so it is kept for the next file. Nothing
 * waits for one that has nothing to do, and it ends soon.
 */
export function createDecoderThreads(
  workerUrl = new URL("./decode-worker.ts", import.meta.url),
): DecoderThreads {
  const idle = new Map<Worker, NodeJS.Timeout>();
  const files = new WeakMap<Worker, number>();
  let isClosed = false;

  const start = (): Worker => {
    const thread = new Worker(workerUrl, {
      // The decoders grumble over damaged files, a line for each piece.
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB, maxYoungGenerationSizeMb: 16 },
    });
    thread.stdout.resume();
    thread.stderr.resume();
    // Out of memory, or broken in a way of its own; 'exit' follows.
    thread.on("error", () => {});
    thread.on("exit", () => forget(thread));
    return thread;
  };
  const forget = (thread: Worker): void => {
    clearTimeout(idle.get(thread));
    idle.delete(thread);
  };
  const end = async (thread: Worker): Promise<void> => {
    forget(thread);
    await thread.terminate();
  };

  return {
    take() {
      const [known] = idle.keys();
      const thread = known ?? start();
      forget(thread);
      thread.ref();
      files.set(thread, (files.get(thread) ?? 0) + 1);
      return thread;
    },
    giveBack(thread) {
      if (isClosed || (files.get(thread) ?? 0) >= MOST_FILES) return void end(thread);
      thread.unref();
      idle.set(thread, setTimeout(() => void end(thread), IDLE_MS).unref());
    },
    async close() {
      isClosed = true;
      await Promise.all([...idle.keys()].map(end));
    },
  };
}
