import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { diagnose } from "../../client/app/playback/diagnosis.ts";
import { playback } from "../../client/app/words/playback.ts";

async function startServer(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/stream/1`;
}

const refuse =
  (status: number, code: string, more = {}): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify({ code, message: `It is ${code}.`, ...more }));
  };

const io = (isSignedIn = true) => ({ fetch, isSignedIn: async () => isSignedIn });

test("one byte is enough to know that a track comes", async () => {
  let range: string | undefined;
  const url = await startServer((request, response) => {
    range = request.headers.range;
    response.writeHead(206, { "content-type": "audio/mpeg" });
    response.end("x");
  });
  expect(await diagnose(io(), url)).toEqual({ kind: "fine" });
  expect(range).toBe("bytes=0-0");
});

test.each([
  [503, "storage_unavailable", "later"],
  [503, "busy", "later"],
  [500, "internal", "later"],
  [409, "storage_reconnect", "stuck"],
  [422, "storage_refused", "stuck"],
  [403, "forbidden", "gone"],
  [404, "not_found", "gone"],
  [409, "conflict", "gone"],
  [416, "range_not_satisfiable", "gone"],
])("%d %s is told as the server tells it: %s", async (status, code, kind) => {
  const url = await startServer(refuse(status, code));
  expect(await diagnose(io(), url)).toEqual({ kind, message: `It is ${code}.` });
});

test("a recording that its storage should send is not followed there, which tells scripts nothing", async () => {
  const asked: (string | undefined)[] = [];
  const url = await startServer((request, response) => {
    asked.push(request.url);
    response.writeHead(302, { location: "/elsewhere" });
    response.end();
  });
  expect(await diagnose(io(), url)).toEqual({ kind: "elsewhere" });
  expect(asked).toEqual(["/stream/1"]);
});

test("a server that sends the whole file is not listened to", async () => {
  const closed = Promise.withResolvers<string>();
  const url = await startServer((_request, response) => {
    response.once("close", () => closed.resolve("closed"));
    response.writeHead(200, { "content-type": "audio/mpeg" });
    response.write("x");
  });
  expect(await diagnose(io(), url)).toEqual({ kind: "fine" });
  expect(await closed.promise).toBe("closed");
});

test("an answer in somebody else's words is not shown", async () => {
  const url = await startServer((_request, response) => {
    response.writeHead(500, { "content-type": "application/json" });
    response.end(JSON.stringify({ error: "Bad gateway", message: "upstream" }));
  });
  expect(await diagnose(io(), url)).toEqual({ kind: "later", message: playback.trouble.unknown });
});

test("a wait that the server names is kept to", async () => {
  const url = await startServer(refuse(429, "rate_limited", { retryAfterSeconds: 9 }));
  expect(await diagnose(io(), url)).toMatchObject({ kind: "later", retryAfterSeconds: 9 });
});

test("an expired access is renewed, and only then is somebody signed out", async () => {
  const url = await startServer(refuse(401, "unauthenticated"));
  expect(await diagnose(io(true), url)).toEqual({ kind: "renewed" });
  expect(await diagnose(io(false), url)).toEqual({ kind: "signed_out" });
});

test("silence is silence, and a proxy's error page is no sentence for people", async () => {
  const url = await startServer((_request, response) => {
    response.writeHead(502, { "content-type": "text/html" });
    response.end("<html>Bad gateway</html>");
  });
  expect(await diagnose(io(), url)).toMatchObject({ kind: "later" });
  expect(JSON.stringify(await diagnose(io(), url))).not.toContain("html");
  expect(await diagnose(io(), "http://127.0.0.1:9/")).toEqual({ kind: "unreachable" });
});
