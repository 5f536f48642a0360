import { expect, test } from "vitest";
import { ask } from "#tests/support/raw-http.ts";
import { startServer } from "#tests/support/server.ts";

test("an answer of tRPC goes out whole, with its length and everything that every answer carries", async () => {
  const { port } = await startServer();
  const { status, headers, body } = await ask(port, "/trpc/system.info");
  expect(status).toBe(200);
  expect(headers["content-length"]).toBe(String(Buffer.byteLength(body)));
  expect(headers["transfer-encoding"]).toBeUndefined();
  expect(headers["content-type"]).toMatch(/^application\/json/);
  expect(headers.vary).toBe("trpc-accept, accept");
  expect(headers["content-security-policy"]).toMatch(/^default-src 'none';/);
  expect(headers["x-request-id"]).toBeDefined();
});

test("a refusal keeps its status", async () => {
  const { port } = await startServer();
  const { status, body } = await ask(port, "/trpc/bands.list");
  expect(status).toBe(401);
  expect(JSON.parse(body).error.data.app.code).toBe("unauthenticated");
});

test("the parts of a batch go out as they become ready", async () => {
  const { baseUrl } = await startServer();
  const answer = await fetch(`${baseUrl}/trpc/system.info,system.info?batch=1`, {
    headers: { accept: "application/jsonl", "trpc-accept": "application/jsonl" },
  });
  expect(answer.headers.get("transfer-encoding")).toBe("chunked");
  expect(answer.headers.get("content-length")).toBeNull();
  expect((await answer.text()).split("\n").length).toBeGreaterThan(2);
});
