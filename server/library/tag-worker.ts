import { parentPort } from "node:worker_threads";
import { parseAudio } from "./audio-file.ts";
import type { FromTagWorker, ToTagWorker } from "./tag-reader.ts";

interface Waiting {
  resolve(bytes: Uint8Array): void;
  reject(error: Error): void;
}

const port = parentPort;
if (!port) throw new Error("This runs in a thread of its own.");

/** One fetch at a time is open for each file. */
const waiting = new Map<number, Waiting>();

const say = (message: FromTagWorker): void => port.postMessage(message);

port.on("message", (message: ToTagWorker) => {
  switch (message.kind) {
    case "ping":
      return say({ kind: "pong" });
    case "file":
      return void parse(message);
    case "bytes":
      return settle(message.id, (each) => each.resolve(message.bytes));
    case "drop":
      return settle(message.id, (each) => each.reject(new Error("Nobody waits for it.")));
  }
});

async function parse({ id, file }: Extract<ToTagWorker, { kind: "file" }>): Promise<void> {
  const fetch = (start: number, end: number): Promise<Uint8Array> =>
    new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      say({ kind: "need", id, start, end });
    });
  try {
    say({ kind: "parsed", id, parsed: (await parseAudio(file, fetch)) ?? null });
  } catch {
    // Whatever a parser makes of a broken file, it is the file that is broken.
    say({ kind: "parsed", id, parsed: null });
  }
}

function settle(id: number, tell: (each: Waiting) => void): void {
  const each = waiting.get(id);
  waiting.delete(id);
  if (each) tell(each);
}

// It is up: from now on, silence means that a file hangs.
say({ kind: "pong" });
