import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { describe, expect, onTestFinished, test } from "vitest";
import { ask, failureOf, openEgress, startTcp } from "./peers.ts";

/**
 * A storage in a thread of its own: it hangs up 50 ms after each answer, without having said so,
 * also while this thread is busy.
 */
async function startHasty(): Promise<{ port: number; heard: string[] }> {
  const source = `
    const { parentPort } = require("node:worker_threads");
    const server = require("node:net").createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", (chunk) => {
        parentPort.postMessage(String(chunk).split(" ", 1)[0]);
        socket.write("HTTP/1.1 200 OK\\r\\ncontent-length: 5\\r\\n\\r\\nhello");
        setTimeout(() => socket.end(), 50);
      });
    });
    server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
  `;
  const worker = new Worker(source, { eval: true });
  onTestFinished(async () => void (await worker.terminate()));
  const [port] = (await once(worker, "message")) as [number];
  const heard: string[] = [];
  worker.on("message", (method: string) => heard.push(method));
  return { port, heard };
}

/** Keeps the process from turning to anything else, as a busy server does. */
function blockFor(durationMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
}

describe("a kept connection that the storage has closed", () => {
  /** Answers the first request of each connection and hangs up on the second. */
  const startFickle = () => {
    const heard: string[] = [];
    const peer = startTcp((socket) => {
      let requests = 0;
      socket.on("data", (chunk) => {
        requests += 1;
        heard.push(chunk.toString().split(" ", 1)[0] ?? "");
        if (requests > 1) socket.destroy();
        else socket.write("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
      });
    });
    return { peer, heard };
  };

  test.each(["GET", "PROPFIND", "REPORT"])("does not fail a %s", async (method) => {
    const { peer, heard } = startFickle();
    const { port, accepted } = await peer;
    const egress = openEgress();
    const url = `http://cloud.example:${port}/`;
    expect(await ask(egress, url)).toBe("hello");
    expect(await ask(egress, url, method)).toBe("hello");
    expect(heard).toEqual(["GET", method, method]);
    expect(accepted()).toBe(2);
  });

  test.each(["POST", "PUT", "DELETE", "MOVE"])("never makes a %s happen twice", async (method) => {
    const { peer, heard } = startFickle();
    const { port } = await peer;
    const egress = openEgress();
    const url = `http://cloud.example:${port}/`;
    expect(await ask(egress, url)).toBe("hello");
    expect(await failureOf(egress, { url, method })).toMatchObject({ code: "storage_unavailable" });
    expect(heard).toEqual(["GET", method]);
  });

  test("while we were busy fails nothing, because nothing was sent on it", async () => {
    const { port, heard } = await startHasty();
    const egress = openEgress();
    expect(await ask(egress, `http://cloud.example:${port}/`)).toBe("hello");
    // From a timer, so that the loop looks at its sockets before it writes.
    await new Promise((done) => setTimeout(done, 0));
    blockFor(100);
    expect(await ask(egress, `http://cloud.example:${port}/`, "POST")).toBe("hello");
    await expect.poll(() => heard).toEqual(["GET", "POST"]);
  });

  test("is not followed by another kept one, which may be just as old", async () => {
    const { peer, heard } = startFickle();
    const { port, accepted } = await peer;
    const egress = openEgress();
    const url = `http://cloud.example:${port}/`;
    await Promise.all(Array.from({ length: 3 }, () => ask(egress, url)));
    expect(accepted()).toBe(3);
    expect(await ask(egress, url)).toBe("hello");
    expect(accepted()).toBe(4);
    expect(heard).toHaveLength(5);
  });

  test("is tried once more and not for ever", async () => {
    let requests = 0;
    const peer = await startTcp((socket) => {
      socket.on("data", () => {
        requests += 1;
        if (requests > 1) socket.destroy();
        else socket.write("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
      });
    });
    const egress = openEgress();
    const url = `http://cloud.example:${peer.port}/`;
    expect(await ask(egress, url)).toBe("hello");
    expect(await failureOf(egress, { url })).toMatchObject({ code: "storage_unavailable" });
    expect(requests).toBe(3);
  });
});
