import { setPriority } from "node:os";
import { parentPort } from "node:worker_threads";
import { decode, NoDecoder } from "./decoders.ts";
import type { FromDecoder, ToDecoder } from "./decoding.ts";

const port = parentPort;
if (!port) throw new Error("This runs in a thread of its own.");

const say = (message: FromDecoder): void => port.postMessage(message);
const LEAST_URGENT = 19;

// Elsewhere it would be the whole process that yields.
if (process.platform === "linux") setPriority(0, LEAST_URGENT);

let deliver: (piece: Uint8Array | null) => void = () => {};
port.on("message", (message: ToDecoder) => {
  if (message.kind === "file") void draw(message.name);
  else deliver(message.bytes);
});

async function draw(name: string): Promise<void> {
  try {
    say({ kind: "done", peaks: (await decode(source(), name)) ?? null });
  } catch (error) {
    // Whatever a decoder makes of a broken file, it is the file that is broken.
    say({ kind: error instanceof NoDecoder ? "no decoder" : "broken" });
  }
}

async function* source(): AsyncGenerator<Buffer> {
  for (;;) {
    const { promise, resolve } = Promise.withResolvers<Uint8Array | null>();
    deliver = resolve;
    say({ kind: "need" });
    const piece = await promise;
    if (piece === null) return;
    yield Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
  }
}
