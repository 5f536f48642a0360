import { createHash, randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { readBounded } from "#server/base/egress/body.ts";
import type { EgressOptions } from "#server/base/egress/client.ts";
import { takeFlow } from "#server/base/egress/flow.ts";
import { createAuthority } from "./certificates.ts";
import { askForRanges, failureOf, openEgress, patient, startHttps, startTcp } from "./peers.ts";

askForRanges();

const MB = 1024 * 1024;
const song = randomBytes(3 * MB);
const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Answers every request on every connection with the same text or bytes. */
const say =
  (...pieces: (string | Uint8Array)[]) =>
  (socket: Socket) => {
    socket.on("error", () => {});
    socket.on("data", () => {
      for (const piece of pieces) socket.write(piece);
    });
  };

const head = (length: number, more = ""): string =>
  `HTTP/1.1 200 OK\r\ncontent-length: ${length}\r\n${more}\r\n`;

async function read(url: string, options: EgressOptions = {}): Promise<Buffer> {
  const answer = await openEgress(options).request({ url, signal: patient() });
  return readBounded(answer.body, 10 * MB);
}

describe("a range of a file", () => {
  test.each([
    ["with the head", 64],
    ["long after the head", 0],
  ])("arrives whole, whatever its pieces are, and %s", async (_when, together) => {
    const peer = await startTcp((socket) => {
      socket.once("data", () => {
        socket.write(Buffer.concat([Buffer.from(head(song.length)), song.subarray(0, together)]));
        setTimeout(() => socket.write(song.subarray(together)), 20);
      });
    });
    const bytes = await read(`http://cloud.example:${peer.port}/`);
    expect(digest(bytes)).toBe(digest(song));
  });

  test("is read when its head comes letter by letter", async () => {
    const peer = await startTcp((socket) => {
      socket.once("data", async () => {
        for (const letter of `${head(5, "x: y\r\n")}hello`) {
          socket.write(letter);
          await new Promise((done) => setImmediate(done));
        }
      });
    });
    expect(String(await read(`http://cloud.example:${peer.port}/`))).toBe("hello");
  });

  test("may be empty", async () => {
    const peer = await startTcp(say(head(0)));
    expect(await read(`http://cloud.example:${peer.port}/`)).toHaveLength(0);
  });

  test("is asked for as it should be, and by name", async () => {
    let asked = "";
    const peer = await startTcp((socket) => {
      socket.once("data", (chunk) => {
        asked = String(chunk);
        socket.write(head(0));
      });
    });
    await read(`http://cloud.example:${peer.port}/a%20b?c=d`);
    expect(asked.split("\r\n")).toEqual([
      "GET /a%20b?c=d HTTP/1.1",
      `host: cloud.example:${peer.port}`,
      "connection: keep-alive",
      "accept-encoding: identity",
      "user-agent: Backline",
      "range: bytes=0-",
      "",
      "",
    ]);
  });
});

describe("a connection", () => {
  test.each([
    ["keeps", "", 1],
    ["keeps, where the server says so,", "connection: Keep-Alive\r\n", 1],
    ["closes, where the server says so,", "connection: close\r\n", 3],
    ["closes, where the server is about to,", "keep-alive: timeout=2, max=100\r\n", 3],
  ])("%s after an answer", async (_what, line, connections) => {
    const peer = await startTcp(say(head(5, line), "hello"));
    const egress = openEgress();
    for (let time = 0; time < 3; time += 1) {
      const answer = await egress.request({
        url: `http://cloud.example:${peer.port}/`,
        signal: patient(),
      });
      expect(String(await readBounded(answer.body, MB))).toBe("hello");
    }
    expect(peer.accepted()).toBe(connections);
  });

  test("that says something of its own accord is not used again", async () => {
    const peer = await startTcp((socket) => {
      socket.on("data", () => {
        socket.write(`${head(5)}hello`);
        setTimeout(() => socket.write(`${head(5)}wrong`), 20);
      });
    });
    const egress = openEgress();
    const request = { url: `http://cloud.example:${peer.port}/`, signal: patient() };
    for (let time = 1; time <= 3; time += 1) {
      const answer = await egress.request(request);
      expect(String(await readBounded(answer.body, MB))).toBe("hello");
      await expect.poll(() => peer.open()).toBe(0);
    }
    expect(peer.accepted()).toBe(3);
  });

  test("that was hung up on meanwhile is replaced once, and not for ever", async () => {
    let requests = 0;
    let isFickle = true;
    const peer = await startTcp((socket) => {
      let own = 0;
      socket.on("data", () => {
        requests += 1;
        own += 1;
        if (own > 1 || !isFickle) socket.destroy();
        else socket.write(`${head(5)}hello`);
      });
    });
    const egress = openEgress();
    const request = { url: `http://cloud.example:${peer.port}/`, signal: patient() };
    for (let time = 0; time < 2; time += 1) {
      const answer = await egress.request(request);
      expect(String(await readBounded(answer.body, MB))).toBe("hello");
    }
    expect([requests, peer.accepted()]).toEqual([3, 2]);
    isFickle = false;
    expect(await failureOf(egress, request)).toMatchObject({ code: "storage_unavailable" });
    expect(requests).toBe(5);
  });
});

describe("an answer that is not plain", () => {
  const chunked = "transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";

  test.each([
    ["chunks", `HTTP/1.1 200 OK\r\n${chunked}`, 200],
    ["another status", "HTTP/1.1 404 No\r\ncontent-length: 5\r\n\r\nhello", 404],
    ["the end of a range", "HTTP/1.1 416 No\r\ncontent-length: 5\r\n\r\nhello", 416],
    ["a hint before", `HTTP/1.1 103 Early\r\nlink: a\r\n\r\n${head(5)}hello`, 200],
    ["packed bytes", head(5, "content-encoding: br\r\n").concat("hello"), 200],
  ])(
    "is read all the same, asked for once, and leaves the connection: %s",
    async (_, text, status) => {
      let requests = 0;
      const peer = await startTcp((socket) => {
        socket.on("data", () => {
          requests += 1;
          socket.write(text);
        });
      });
      const egress = openEgress();
      for (let time = 1; time <= 3; time += 1) {
        const answer = await egress.request({
          url: `http://cloud.example:${peer.port}/`,
          signal: patient(),
        });
        expect(answer.status).toBe(status);
        expect(String(await readBounded(answer.body, MB))).toBe("hello");
        expect(requests).toBe(time);
      }
      expect(peer.accepted()).toBe(1);
    },
  );

  test.each([
    ["no length", "HTTP/1.1 200 OK\r\n\r\nhello"],
    ["HTTP/1.0", "HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nhello"],
  ])("is read to the end of the connection: %s", async (_, text) => {
    const peer = await startTcp((socket) => socket.once("data", () => socket.end(text)));
    expect(String(await read(`http://cloud.example:${peer.port}/`))).toBe("hello");
  });

  test.each([
    ["two lengths that are the same", `${head(5, "content-length: 5\r\n")}hello`],
    ["a length with a sign", "HTTP/1.1 200 OK\r\ncontent-length: +5\r\n\r\nhello"],
    ["a length and chunks", `HTTP/1.1 200 OK\r\ncontent-length: 5\r\n${chunked}`],
    ["a space before the colon", "HTTP/1.1 200 OK\r\ncontent-length : 5\r\n\r\nhello"],
    ["a folded header", "HTTP/1.1 200 OK\r\nx: a\r\n b\r\ncontent-length: 5\r\n\r\nhello"],
    ["a NUL", head(5, "x: a\u0000b\r\n").concat("hello")],
  ])("is refused as undici refuses it: %s", async (_, text) => {
    const peer = await startTcp(say(text));
    const url = `http://cloud.example:${peer.port}/`;
    const [ours, undicis] = [
      await failureOf(openEgress(), { url }),
      await failureOf(openEgress({ isOrdinary: true }), { url }),
    ];
    expect(ours.message).toBe(undicis.message);
    expect(ours.code).toBe("storage_refused");
  });
});

describe("a flow", () => {
  test("pauses for who still needs the memory, and never writes into it meanwhile", async () => {
    const peer = await startTcp(say(head(song.length), song));
    const answer = await openEgress().request({
      url: `http://cloud.example:${peer.port}/`,
      signal: patient(),
    });
    const flow = takeFlow(answer.body);
    const sum = createHash("sha256");
    let [length, held, pieces] = [0, 0, 0];
    let isOver = false;
    await new Promise<void>((done, fail) => {
      flow.open({
        take(piece) {
          expect(held).toBe(0);
          pieces += 1;
          length += piece.length;
          if (pieces % 3 > 0) {
            sum.update(piece);
            return "more";
          }
          held += 1;
          // Others are read meanwhile, into memory that this must not be.
          read(`http://cloud.example:${peer.port}/`).then(() => {
            sum.update(piece);
            held -= 1;
            if (isOver) done();
            else flow.resume();
          }, fail);
          return "hold";
        },
        end() {
          isOver = true;
          if (held === 0) done();
        },
        fail,
      });
    });
    expect(length).toBe(song.length);
    expect(sum.digest("hex")).toBe(digest(song));
  });

  test("that is stopped closes its connection, and tells nothing more", async () => {
    const peer = await startTcp(say(head(song.length), song));
    const answer = await openEgress().request({
      url: `http://cloud.example:${peer.port}/`,
      signal: patient(),
    });
    const flow = takeFlow(answer.body);
    const heard: string[] = [];
    flow.open({
      take() {
        heard.push("piece");
        return "wait";
      },
      end: () => heard.push("end"),
      fail: () => heard.push("failure"),
    });
    await expect.poll(() => heard).toEqual(["piece"]);
    flow.stop();
    flow.resume();
    await expect.poll(() => peer.open()).toBe(0);
    expect(heard).toEqual(["piece"]);
  });
});

test("an encrypted connection whose reader paused up to the last byte is good for the next", async () => {
  const authority = createAuthority("Test authority");
  const certificate = authority.issue({ names: ["cloud.example"] });
  const bytes = song.subarray(0, 60_000);
  const peer = await startHttps(certificate, (_request, response) =>
    response.setHeader("content-length", bytes.length).end(bytes),
  );
  const egress = openEgress({ ca: authority.cert });
  const request = { url: `https://cloud.example:${peer.port}/`, signal: patient() };
  for (let time = 0; time < 20; time += 1) {
    const answer = await egress.request({ ...request, headersTimeoutMs: 1_000 });
    const flow = takeFlow(answer.body);
    const pieces: Buffer[] = [];
    await new Promise<void>((end, fail) => {
      flow.open({
        take(piece) {
          pieces.push(Buffer.from(piece));
          setTimeout(() => flow.resume(), 5);
          return "wait";
        },
        end,
        fail,
      });
    });
    expect(digest(Buffer.concat(pieces))).toBe(digest(bytes));
  }
  expect(peer.accepted()).toBe(1);
});

test("a stream that fails before its flow is opened tells so then, and ends nothing else", async () => {
  const body = new Readable({ read() {} });
  const flow = takeFlow(body);
  const broken = new Error("broken");
  body.destroy(broken);
  await new Promise((done) => setImmediate(done));
  const told = await new Promise((fail) => {
    flow.open({ take: () => "more", end: () => fail("end"), fail });
  });
  expect(told).toBe(broken);
});
