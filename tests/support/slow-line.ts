import type { AddressInfo } from "node:net";
import { connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** A line between browsers and a server of ours, in the test's hands. */
export interface SlowLine {
  readonly baseUrl: string;
  /** Before anybody uses it. @param port - of the server, on loopback. */
  leadTo(port: number): void;
  /** Each connection stands still once it has carried so many bytes towards the server. */
  holdAfter(bytes: number): void;
  /** What stands still moves on, and nothing is held any more. */
  release(): void;
  /** Every connection breaks. */
  cut(): void;
}

export async function startSlowLine(): Promise<SlowLine> {
  const ends = new Map<Socket, Socket>();
  let mostBytes = Number.POSITIVE_INFINITY;
  let port = 0;

  const server = createServer((browser) => {
    const behind = connect(port, "127.0.0.1");
    ends.set(browser, behind);
    let carried = 0;
    browser.on("data", (chunk) => {
      carried += chunk.length;
      behind.write(chunk);
      if (carried > mostBytes) browser.pause();
    });
    behind.pipe(browser);
    for (const [end, other] of [
      [browser, behind],
      [behind, browser],
    ] as const) {
      end.on("error", () => {});
      end.once("close", () => {
        ends.delete(browser);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cut = () => {
    for (const browser of [...ends.keys()]) browser.destroy();
  };
  onTestFinished(() => {
    cut();
    server.close();
  });
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    leadTo(other) {
      port = other;
    },
    holdAfter(bytes) {
      mostBytes = bytes;
    },
    release() {
      mostBytes = Number.POSITIVE_INFINITY;
      for (const browser of ends.keys()) browser.resume();
    },
    cut,
  };
}
