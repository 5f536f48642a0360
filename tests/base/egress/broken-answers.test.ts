import type { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { readBounded } from "#server/base/egress/body.ts";
import { nameConnectFailure } from "#server/base/egress/failures.ts";
import { failureOf, openEgress, patient, sayOnce, startTcp } from "./peers.ts";

const MB = 1024 * 1024;

describe("a head that will not do", () => {
  const failureFrom = async (
    onConnection: (socket: Socket) => void,
    wish: { headersTimeoutMs?: number } = {},
  ) => {
    const peer = await startTcp(onConnection);
    const failure = await failureOf(openEgress(), {
      url: `http://cloud.example:${peer.port}/secret?token=x`,
      ...wish,
    });
    await expect.poll(() => peer.open()).toBe(0);
    expect(failure.name).toBe("AppError");
    expect(failure.message).not.toMatch(/secret|token/);
    return failure;
  };

  test("because it has more than 64 kB of headers", async () => {
    const line = `x-padding: ${"a".repeat(1000)}\r\n`;
    const failure = await failureFrom(
      sayOnce(`HTTP/1.1 200 OK\r\n${line.repeat(70)}content-length: 0\r\n\r\n`),
    );
    expect(failure.code).toBe("storage_refused");
    expect(failure.message).toMatch(/more headers/);
  });

  test("because its headers never end", async () => {
    const failure = await failureFrom((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n");
      const more = setInterval(() => socket.write(`x: ${"a".repeat(4096)}\r\n`), 1);
      socket.on("close", () => clearInterval(more));
    });
    expect(failure.code).toBe("storage_refused");
  });

  test("but has 60 kB of headers is read", async () => {
    const line = `x-padding: ${"a".repeat(1000)}\r\n`;
    const peer = await startTcp(
      sayOnce(`HTTP/1.1 200 OK\r\n${line.repeat(58)}content-length: 0\r\n\r\n`),
    );
    const answer = await openEgress().request({
      url: `http://cloud.example:${peer.port}/`,
      signal: patient(),
    });
    expect(answer.headers["x-padding"]).toHaveLength(58 * 1000 + 57 * 2);
  });

  test("because it never comes", async () => {
    const failure = await failureFrom((socket) => socket.resume(), { headersTimeoutMs: 200 });
    expect(failure.code).toBe("storage_unavailable");
    expect(failure.message).toMatch(/did not answer in time/);
  });

  test("because it comes a letter at a time", async () => {
    const failure = await failureFrom(
      (socket) => {
        const text = `HTTP/1.1 200 OK\r\nx: ${"a".repeat(10_000)}`;
        let at = 0;
        const drip = setInterval(() => socket.write(text[at++] ?? "a"), 20);
        socket.on("close", () => clearInterval(drip));
      },
      { headersTimeoutMs: 300 },
    );
    expect(failure.code).toBe("storage_unavailable");
  });

  test("because something else is said for ever before it", async () => {
    const failure = await failureFrom(
      (socket) => {
        const hint = setInterval(() => socket.write("HTTP/1.1 103 Early Hints\r\n\r\n"), 10);
        socket.on("close", () => clearInterval(hint));
      },
      { headersTimeoutMs: 10_000 },
    );
    expect(failure.code).toBe("storage_refused");
  });

  test.each([
    ["SSH", "SSH-2.0-OpenSSH_9.6\r\n"],
    ["SMTP", "220 mail.example ESMTP\r\n"],
    ["nonsense", "\u0000\u0001\u0002\u0003\r\n\r\n"],
    ["two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab"],
    [
      "a length and chunks",
      "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
    ],
    ["a bare line feed in a header", "HTTP/1.1 200 OK\r\nx: a\rb\r\n\r\n"],
  ])("because it is not HTTP but %s", async (_what, text) => {
    const failure = await failureFrom(sayOnce(text));
    expect(failure.code).toBe("storage_refused");
    expect(failure.message).toMatch(/not a web server/);
  });

  test("because the server hangs up instead", async () => {
    const failure = await failureFrom((socket) => socket.once("data", () => socket.end()));
    expect(failure.code).toBe("storage_unavailable");
  });

  test("because nobody is there", async () => {
    const peer = await startTcp();
    await peer.close();
    const failure = await failureOf(openEgress(), { url: `http://cloud.example:${peer.port}/` });
    expect(failure.code).toBe("storage_unavailable");
    expect(failure.message).toMatch(/^cloud\.example cannot be reached/);
    expect(failure.message).not.toContain("127.0.0.1");
  });

  test("for the same told reason, whatever kept the connection from being made", () => {
    const codes = ["ECONNREFUSED", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "ECONNRESET"];
    const told = codes.map((code) => {
      const error = Object.assign(new Error(code), { code });
      const { code: ours, message } = nameConnectFailure(error, "nas.example");
      return `${ours} ${message}`;
    });
    expect(new Set(told).size).toBe(1);
    expect(told[0]).toMatch(/^storage_unavailable nas\.example cannot be reached/);
  });

  test.each([
    ["ENOTFOUND", "storage_refused", /^There is no server with the name cloud\.example;/],
    ["EAI_AGAIN", "storage_unavailable", /cannot be looked up/],
  ])("because its name gives %s", async (code, expected, sentence) => {
    const egress = openEgress({
      lookup: () => Promise.reject(Object.assign(new Error("dns"), { code })),
    });
    const failure = await failureOf(egress, { url: "https://cloud.example/" });
    expect(failure.code).toBe(expected);
    expect(failure.message).toMatch(sentence);
  });

  test("because its name has no address", async () => {
    const failure = await failureOf(openEgress({ lookup: async () => [] }), {
      url: "https://cloud.example/",
    });
    expect(failure.message).toMatch(/There is no server/);
  });
});

describe("a body that will not do", () => {
  const bodyFailure = async (text: string, onConnection = sayOnce(text)) => {
    const peer = await startTcp(onConnection);
    const answer = await openEgress().request({
      url: `http://cloud.example:${peer.port}/`,
      signal: patient(),
      bodyTimeoutMs: 200,
    });
    expect(answer.status).toBe(200);
    const failure: unknown = await readBounded(answer.body, MB).catch((error: unknown) => error);
    await expect.poll(() => peer.open()).toBe(0);
    return failure;
  };

  test("because it stops coming", async () => {
    expect(await bodyFailure("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc")).toMatchObject({
      name: "AppError",
      code: "storage_unavailable",
      message: expect.stringMatching(/did not answer in time/),
    });
  });

  test.each(["content-length: 10\r\n\r\nabc", "transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n"])(
    "because it breaks off after %j",
    async (rest) => {
      const failure = await bodyFailure("", (socket) => {
        socket.once("data", () => socket.end(`HTTP/1.1 200 OK\r\n${rest}`));
      });
      expect(failure).toMatchObject({ name: "AppError", code: "storage_unavailable" });
    },
  );

  test("because its chunks are not chunks", async () => {
    const failure = await bodyFailure(
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nabc\r\n",
    );
    expect(failure).toMatchObject({ name: "AppError", code: "storage_unavailable" });
  });

  test("does not spoil the next request with what it has too much", async () => {
    let said = 0;
    const peer = await startTcp((socket) => {
      socket.on("data", () => {
        said += 1;
        const text = `answer ${said}`;
        socket.write(
          `HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\n\r\n${text}HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwrong`,
        );
      });
    });
    const egress = openEgress();
    for (let time = 1; time <= 3; time += 1) {
      const answer = await egress.request({
        url: `http://cloud.example:${peer.port}/`,
        signal: patient(),
      });
      expect((await readBounded(answer.body, MB)).toString()).toBe(`answer ${time}`);
    }
    expect(peer.accepted()).toBe(3);
  });
});
