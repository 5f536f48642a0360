import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Listeners who each take as much as they hear. */
export interface SlowLoad {
  readonly port: number;
  readonly path: string;
  /** One for each listener. */
  readonly cookies: readonly string[];
  readonly bytesPerSecond: number;
  readonly durationMs: number;
}

export interface SlowResult {
  /** Who have got nine tenths of what they were to hear. */
  readonly served: number;
  /** Who have not even got a first byte. */
  readonly silent: number;
}

const TICK_MS = 100;

export async function runSlowLoad(load: SlowLoad): Promise<SlowResult> {
  const heard = load.cookies.map(() => 0);
  const sockets = load.cookies.map((cookie) => {
    // What comes is left in the kernel until somebody listens.
    const socket = connect({ port: load.port, host: "127.0.0.1" });
    socket.pause();
    socket.on("error", () => {});
    socket.write(`GET ${load.path} HTTP/1.1\r\nhost: localhost\r\ncookie: ${cookie}\r\n\r\n`);
    return socket;
  });
  const startedMs = performance.now();
  const endsAtMs = startedMs + load.durationMs;
  while (performance.now() < endsAtMs) {
    const due = ((performance.now() - startedMs) * load.bytesPerSecond) / 1000;
    for (const [at, socket] of sockets.entries()) {
      const before = heard[at] ?? 0;
      heard[at] = before + take(socket, Math.floor(due - before));
    }
    await sleep(TICK_MS);
  }
  for (const socket of sockets) socket.destroy();
  const enough = (0.9 * load.bytesPerSecond * load.durationMs) / 1000;
  return {
    served: heard.filter((bytes) => bytes >= enough).length,
    silent: heard.filter((bytes) => bytes === 0).length,
  };
}

function take(socket: Socket, most: number): number {
  const bytes = Math.min(most, socket.readableLength);
  const taken: Buffer | null = bytes > 0 ? socket.read(bytes) : socket.read(0);
  return taken?.length ?? 0;
}

process.once("message", async (load: SlowLoad) => {
  process.send?.(await runSlowLoad(load));
  process.exit();
});
