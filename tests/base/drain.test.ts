import { Agent, type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import { describe, expect, test } from "vitest";
import { openBrowser } from "#tests/auth/browser.ts";
import { signIn } from "#tests/auth/people.ts";
import { listen as listenLive } from "#tests/security/live.ts";
import { ask } from "#tests/support/raw-http.ts";
import { ADMIN, startServer } from "#tests/support/server.ts";
import { annasStorage } from "#tests/support/world.ts";

/** Ten pieces, and then it is over; `endless` never is. */
async function* song(pieces: number, everyMs: number): AsyncGenerator<string> {
  for (let i = 0; i < pieces; i += 1) {
    await pause(everyMs);
    yield `piece ${i}\n`;
  }
}

function addSongs(app: FastifyInstance): void {
  app.get("/test/song", (_, reply) => reply.send(Readable.from(song(10, 100))));
  app.get("/test/endless", (_, reply) => reply.send(Readable.from(song(1e9, 50))));
  app.get("/test/events", (_, reply) =>
    reply.type("text/event-stream").send(Readable.from(song(1e9, 50))),
  );
}

/** Starts a request and gives what it brings, to the end or to the cut. */
function listen(port: number, path: string, agent?: Agent) {
  const begun = Promise.withResolvers<IncomingMessage>();
  const over = Promise.withResolvers<{ body: string; isComplete: boolean }>();
  let body = "";
  const sent = request({ host: "127.0.0.1", port, path, agent: agent ?? false }, (response) => {
    begun.resolve(response);
    response.setEncoding("utf8").on("data", (piece) => {
      body += piece;
    });
    response.on("error", () => {});
    response.once("close", () => over.resolve({ body, isComplete: response.complete }));
  });
  sent.once("error", (error) => {
    begun.reject(error);
    over.resolve({ body, isComplete: false });
  });
  begun.promise.catch(() => {});
  sent.end();
  return { begun: begun.promise, over: over.promise };
}

describe("a server that stops", () => {
  test("first says that it is not ready, and still takes everybody in", async () => {
    const { app, port } = await startServer({ prepare: addSongs });
    const stopped = app.drain.begin({ noticeMs: 400, deadlineMs: 5_000 });
    const ready = await ask(port, "/health/ready");
    expect([ready.status, JSON.parse(ready.body)]).toEqual([
      503,
      { status: "stopping", checks: {} },
    ]);
    expect((await ask(port, "/health/live")).status).toBe(200);
    expect((await ask(port, "/trpc/system.info")).status).toBe(200);
    await stopped;
    await expect(listen(port, "/health/live").begun).rejects.toMatchObject({
      code: "ECONNREFUSED",
    });
  });

  test("lets a song play to its end, and closes connections that wait for nothing", async () => {
    const { app, port } = await startServer({ prepare: addSongs });
    const keeping = new Agent({ keepAlive: true });
    await listen(port, "/health/live", keeping).over;
    const song = listen(port, "/test/song", new Agent({ keepAlive: true }));
    await song.begun;

    const stopped = app.drain.begin({ noticeMs: 0, deadlineMs: 20_000 });
    const { body, isComplete } = await song.over;
    expect(body.split("\n")).toHaveLength(11);
    expect(isComplete).toBe(true);
    const overAtMs = performance.now();
    await stopped;
    // Without an eye on connections that become idle later this takes until the deadline.
    expect(performance.now() - overAtMs).toBeLessThan(5_000);
    keeping.destroy();
  });

  test("ends subscriptions at once, because they would never end", async () => {
    const { app, port } = await startServer({ prepare: addSongs });
    const [events, song] = [listen(port, "/test/events"), listen(port, "/test/song")];
    await Promise.all([events.begun, song.begun]);
    const stopped = app.drain.begin({ noticeMs: 0, deadlineMs: 20_000 });
    const first = await Promise.race([
      events.over.then(() => "events"),
      song.over.then(() => "song"),
    ]);
    expect(first).toBe("events");
    expect((await song.over).isComplete).toBe(true);
    await stopped;
  });

  test("ends the live updates of a page at once, too", async () => {
    const world = await annasStorage((cloud) => cloud.tree.put("take.mp3", "bytes"));
    const { app, baseUrl } = world.server;
    const browser = openBrowser(baseUrl);
    await signIn(browser, ADMIN);
    const visitor = { baseUrl, browser, csrf: "", person: null };
    const live = await listenLive(visitor, "connections.scanProgress", {
      connectionId: world.connection.id,
    });
    expect((await live.next())?.name).toBe("message");
    const startedMs = performance.now();
    const stopped = app.drain.begin({ noticeMs: 0, deadlineMs: 20_000 });
    await expect(live.next()).rejects.toThrow("terminated");
    await stopped;
    expect(performance.now() - startedMs).toBeLessThan(10_000);
  });

  test("takes no new subscription, and answers what else comes on an open connection", async () => {
    const { app, port } = await startServer({ prepare: addSongs });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const song = listen(port, "/test/song");
    await song.begun;
    const stopped = app.drain.begin({ noticeMs: 300, deadlineMs: 20_000 });
    const late = listen(port, "/test/events", agent);
    expect((await late.over).isComplete).toBe(false);
    const short = listen(port, "/health/live", new Agent({ keepAlive: true }));
    expect((await short.begun).statusCode).toBe(200);
    await stopped;
    agent.destroy();
  });

  test("answers what is asked behind a running song, and then closes the connection", async () => {
    const { app, port } = await startServer({ prepare: addSongs });
    let received = "";
    const socket = connect(port, "127.0.0.1");
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.setEncoding("utf8").on("data", (piece) => {
      received += piece;
    });
    socket.write("GET /test/song HTTP/1.1\r\nhost: localhost\r\n\r\n");
    await expect.poll(() => received).toContain("piece 1");
    const stopped = app.drain.begin({ noticeMs: 0, deadlineMs: 20_000 });
    await pause(100);
    socket.write("GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n");
    await Promise.all([closed, stopped]);
    const [song = "", short = ""] = received.split(/(?=HTTP\/1\.1)/);
    expect(song).toContain("piece 9");
    expect(short).toMatch(/^HTTP\/1\.1 200 /);
    expect(short).toMatch(/^connection: close/im);
    expect(short).toMatch(/^x-content-type-options: nosniff/im);
  });

  test("cuts off at the deadline what does not end", async () => {
    const { app, port } = await startServer({ prepare: addSongs });
    const endless = listen(port, "/test/endless");
    await endless.begun;
    await app.drain.begin({ noticeMs: 0, deadlineMs: 300 });
    const { body, isComplete } = await endless.over;
    expect(body).toContain("piece 1");
    expect(isComplete).toBe(false);
  });
});
